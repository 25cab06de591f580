//! Chat completions as they are written on the wire; what providers add is passed over.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{call::Call, model_name::ModelName};

/// The question.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: Vec<Said<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    /// What newer models call `max_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: &'a str,
}

impl<'a> Request<'a> {
    pub(super) fn of(call: &'a Call, model: &'a ModelName) -> Self {
        let said = call
            .messages
            .iter()
            .map(|message| Said { role: message.speaker.as_str(), content: &message.text });
        Self {
            model: model.as_str(),
            messages: said.collect(),
            stream: true,
            stream_options: Some(StreamOptions { include_usage: true }),
            temperature: call.temperature.filter(|warmth| (0.0..=2.0).contains(warmth)),
            max_tokens: call.longest_answer.filter(|tokens| *tokens > 0),
            max_completion_tokens: None,
        }
    }

    /// Does without a parameter that the model does not take, and says whether that makes a difference.
    pub(super) fn do_without(&mut self, parameter: &str) -> bool {
        match parameter {
            "stream_options" => self.stream_options.take().is_some(),
            "temperature" => self.temperature.take().is_some(),
            "max_tokens" => {
                self.max_completion_tokens = self.max_tokens.take();
                self.max_completion_tokens.is_some()
            }
            "max_completion_tokens" => self.max_completion_tokens.take().is_some(),
            _ => false,
        }
    }
}

/// A frame of the answer. What ends no answer when it is odd is read as it comes.
#[derive(Deserialize)]
pub(super) struct Frame {
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<Value>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<Value>,
}

impl Frame {
    /// Reads a frame.
    pub(super) fn read(data: &str) -> Option<Self> {
        let frame = serde_json::from_str(data);
        // Where a gateway cuts a character in two, what is around it is still good.
        frame.or_else(|_| serde_json::from_str(&without_half_characters(data))).ok()
    }

    /// What went wrong, if something did.
    pub(super) fn complaint(&self) -> Option<Complaint> {
        self.error.as_ref().map(Complaint::of)
    }

    /// How many tokens went in and came out, if both are numbers.
    pub(super) fn tokens(&self) -> Option<(u64, u64)> {
        let tokens = |name| self.usage.as_ref()?.get(name)?.as_u64();
        Some((tokens("prompt_tokens")?, tokens("completion_tokens")?))
    }

    /// What is said, and why it ends.
    pub(super) fn said(self) -> (Option<String>, Option<String>) {
        // Nobody asked for a second choice.
        let Some(choice) = self.choices.and_then(|choices| choices.into_iter().next()) else {
            return (None, None);
        };
        let piece = choice.delta.and_then(|delta| delta.content).map(text);
        let reason = choice.finish_reason.and_then(|reason| Some(reason.as_str()?.to_owned()));
        let is_empty = |text: &String| text.is_empty();
        (piece.filter(|piece| !is_empty(piece)), reason.filter(|reason| !is_empty(reason)))
    }
}

/// The text of a content: a text, or parts of which some are, and others what a model thinks.
fn text(content: Value) -> String {
    match content {
        Value::String(text) => text,
        Value::Array(parts) => {
            let is_text = |part: &&Value| part.get("type").is_none_or(|kind| kind == "text");
            parts.iter().filter(is_text).filter_map(|part| part.get("text")?.as_str()).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

/// JSON in which each `\uXXXX` that is half a character alone is the sign for one that is not known.
fn without_half_characters(json: &str) -> String {
    let half = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
    };
    let mut whole = String::with_capacity(json.len());
    let mut rest = 0;
    while let Some(backslash) = json[rest..].find('\\').map(|at| rest + at) {
        whole.push_str(&json[rest..backslash]);
        let (sequence, length) = match (half(backslash), half(backslash + 6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..)) => (&json[backslash..backslash + 12], 12),
            (Some(_), _) => ("\\ufffd", 6),
            (None, _) => {
                let escaped = json[backslash + 1..].chars().next().map_or(0, char::len_utf8);
                (&json[backslash..=backslash + escaped], 1 + escaped)
            }
        };
        whole.push_str(sequence);
        rest = backslash + length;
    }
    whole + &json[rest..]
}

/// What a provider says of an error, as far as a log may hear of it: words, and never its message, which may quote a key or a
/// question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// What it calls the error.
    pub(super) word: String,
    /// The parameter that it does not like, if it names one.
    pub(super) parameter: Option<String>,
}

impl Complaint {
    /// What the body of a refusal says.
    pub(super) fn in_body(body: &[u8]) -> Self {
        let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        // Some send a list of one.
        let body = body.get(0).unwrap_or(&body);
        Self::of(body.get("error").unwrap_or(&Value::Null))
    }

    fn of(error: &Value) -> Self {
        let word = ["code", "type"].into_iter().find_map(|name| plain_word(error.get(name)?));
        let parameter = error.get("param").and_then(plain_word);
        Self { word: word.unwrap_or_else(|| "unknown".to_owned()), parameter }
    }
}

/// A word without anything that makes no word.
fn plain_word(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    Some(text.chars().filter(is_plain).take(60).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complaint(body: &Value) -> (String, Option<String>) {
        let Complaint { word, parameter } = Complaint::in_body(body.to_string().as_bytes());
        (word, parameter)
    }

    #[test]
    fn of_an_error_its_words_are_told_and_not_its_message() {
        let error = json!({ "message": "key sk-1 is wrong", "type": "invalid_request", "code": "invalid_api_key" });
        assert_eq!(complaint(&json!({ "error": error })), ("invalid_api_key".to_owned(), None));
        assert_eq!(complaint(&json!([{ "error": { "code": 502 } }])).0, "502");
        let error = json!({ "code": null, "type": "server error\n", "param": "max_tokens" });
        let words = ("servererror".to_owned(), Some("max_tokens".to_owned()));
        assert_eq!(complaint(&json!({ "error": error })), words);
        assert_eq!(complaint(&json!({ "error": "sk-1" })).0, "unknown");
        assert_eq!(Complaint::in_body(b"<html>").word, "unknown");
    }

    #[test]
    fn half_a_character_is_none_and_leaves_the_others_alone() {
        for (written, read) in [
            (r#""\ud83e\udd80 a""#, "🦀 a"),
            (r#""\ud83e""#, "\u{fffd}"),
            (r#""a \udd80\n\\ud83e\u00e4""#, "a \u{fffd}\n\\ud83eä"),
            (r#""\ud83e\ud83e\udd80ä\"""#, "\u{fffd}🦀ä\""),
        ] {
            let whole = without_half_characters(written);
            assert_eq!(serde_json::from_str::<String>(&whole).unwrap(), read, "{written}");
        }
        for cut_off in ["\\", "\\u", "\\ud8", "ä\\ä", "\\ud83e\\"] {
            without_half_characters(cut_off);
        }
    }
}
