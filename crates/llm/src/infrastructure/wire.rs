//! Chat completions as they are written on the wire; what providers add is passed over.

use serde::{Deserialize, Serialize};

use crate::domain::{call::Call, model_name::ModelName};

/// The question.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: Vec<Said<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
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
            stream_options: StreamOptions { include_usage: true },
            temperature: call.temperature,
            max_tokens: call.longest_answer,
        }
    }
}

/// A frame of the answer, or the body of a refusal.
#[derive(Deserialize)]
pub(super) struct Frame {
    pub(super) choices: Option<Vec<Choice>>,
    pub(super) usage: Option<Tokens>,
    pub(super) error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    pub(super) delta: Option<Delta>,
    pub(super) finish_reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Delta {
    pub(super) content: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
}

/// What a provider calls its error, for a log: the word for it and never its message, which may quote a key or a question.
pub(super) fn error_word(error: &serde_json::Value) -> String {
    let word = ["code", "type"].into_iter().find_map(|name| match error.get(name) {
        Some(serde_json::Value::String(word)) => Some(word.clone()),
        Some(serde_json::Value::Number(number)) => Some(number.to_string()),
        _ => None,
    });
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    word.map_or_else(
        || "unknown".to_owned(),
        |word| word.chars().filter(is_plain).take(60).collect(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_an_error_its_word_is_told_and_not_its_message() {
        let error = json!({ "message": "key sk-1 is wrong", "type": "invalid_request", "code": "invalid_api_key" });
        assert_eq!(error_word(&error), "invalid_api_key");
        assert_eq!(error_word(&json!({ "code": 502, "message": "x" })), "502");
        assert_eq!(error_word(&json!({ "code": null, "type": "server error\n" })), "servererror");
        assert_eq!(error_word(&json!("sk-1")), "unknown");
    }
}
