//! What a provider of a test answers, right or wrong.

use serde_json::{Value, json};

use crate::testing::Gate;

/// What a provider answers: right as it is made, and wrong as it is told to be.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) header: Option<(&'static str, String)>,
    pub(super) pieces: Vec<String>,
    pub(super) fault: Option<(usize, Fault)>,
    pub(super) gates: Vec<(usize, Gate)>,
    pub(super) refusal: Option<Value>,
    pub(super) has_usage: bool,
    pub(super) has_finish: bool,
    pub(super) has_done: bool,
    pub(super) finish: &'static str,
    pub(super) chunk: usize,
}

/// What goes wrong after some pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It says nothing any more.
    Stalls,
    /// The connection breaks.
    Dies,
    /// It says that something went wrong.
    Errs,
    /// It says what is no frame.
    Garbles,
}

impl Reply {
    /// Says these pieces, and how many tokens that took: 11, and one for each.
    #[must_use]
    pub fn saying<S: Into<String>>(pieces: impl IntoIterator<Item = S>) -> Self {
        Self {
            status: 200,
            header: None,
            pieces: pieces.into_iter().map(Into::into).collect(),
            fault: None,
            gates: Vec::new(),
            refusal: None,
            has_usage: true,
            has_finish: true,
            has_done: true,
            finish: "stop",
            chunk: usize::MAX,
        }
    }

    /// Refuses with this status, and a message that quotes a key.
    #[must_use]
    pub fn refusing(status: u16) -> Self {
        let error = json!({ "message": "wrong key: sk-secret", "type": "refused", "code": null });
        Self { status, refusal: Some(json!({ "error": error })), ..Self::saying([""; 0]) }
    }

    /// Does not take a parameter.
    #[must_use]
    pub fn not_taking(parameter: &str) -> Self {
        let error = json!({ "message": "Use another.", "code": "unsupported_parameter", "param": parameter });
        Self { refusal: Some(json!({ "error": error })), ..Self::refusing(400) }
    }

    /// Says that it has no more for whoever asks, as if that were too much at once.
    #[must_use]
    pub fn unpaid() -> Self {
        let error = json!({ "code": "insufficient_quota" });
        Self { refusal: Some(json!({ "error": error })), ..Self::refusing(429) }
    }

    /// Answers with something of another media type, as if that were right.
    #[must_use]
    pub fn unstreamed(media_type: &str) -> Self {
        Self { header: Some(("content-type", media_type.to_owned())), ..Self::refusing(200) }
    }

    /// Refuses because too much is asked, and says when to come back.
    #[must_use]
    pub fn come_back(after_seconds: u64) -> Self {
        let header = Some(("retry-after", after_seconds.to_string()));
        Self { header, ..Self::refusing(429) }
    }

    /// Sends whoever asks to another address.
    #[must_use]
    pub fn elsewhere(url: &str) -> Self {
        Self { header: Some(("location", url.to_owned())), ..Self::refusing(307) }
    }

    /// Takes the question and says nothing at all, not even a status.
    #[must_use]
    pub fn silence() -> Self {
        Self { status: 0, ..Self::saying([""; 0]) }
    }

    /// Says nothing any more after so many pieces.
    #[must_use]
    pub fn stalling_after(self, pieces: usize) -> Self {
        Self { fault: Some((pieces, Fault::Stalls)), ..self }
    }

    /// The connection breaks after so many pieces.
    #[must_use]
    pub fn dying_after(self, pieces: usize) -> Self {
        Self { fault: Some((pieces, Fault::Dies)), ..self }
    }

    /// Says after so many pieces that something went wrong, in a stream that began well.
    #[must_use]
    pub fn erring_after(self, pieces: usize) -> Self {
        Self { fault: Some((pieces, Fault::Errs)), ..self }
    }

    /// Says after so many pieces what nobody understands.
    #[must_use]
    pub fn garbling_after(self, pieces: usize) -> Self {
        Self { fault: Some((pieces, Fault::Garbles)), ..self }
    }

    /// Waits after so many pieces until the gate opens.
    #[must_use]
    pub fn waiting_after(mut self, pieces: usize, gate: &Gate) -> Self {
        self.gates.push((pieces, gate.clone()));
        self
    }

    /// Does not say how many tokens it took.
    #[must_use]
    pub fn without_usage(self) -> Self {
        Self { has_usage: false, ..self }
    }

    /// Ends without the word that it has ended.
    #[must_use]
    pub fn without_done(self) -> Self {
        Self { has_done: false, ..self }
    }

    /// Does not say why it ended.
    #[must_use]
    pub fn without_finish(self) -> Self {
        Self { has_finish: false, ..self }
    }

    /// Ends for this reason, e.g. `length`.
    #[must_use]
    pub fn finishing(self, finish: &'static str) -> Self {
        Self { finish, ..self }
    }

    /// Sends no more than so many bytes at once, wherever that splits a frame or a character.
    #[must_use]
    pub fn in_bytes(self, chunk: usize) -> Self {
        Self { chunk, ..self }
    }

    /// The frame of a piece.
    pub(super) fn piece(piece: &str) -> String {
        frame(
            &json!({ "choices": [{ "index": 0, "delta": { "content": piece }, "finish_reason": null }] }),
        )
    }

    pub(super) fn beginning() -> String {
        let role =
            json!({ "choices": [{ "index": 0, "delta": { "role": "assistant", "content": "" } }] });
        format!(": a comment\n\n{}", frame(&role))
    }

    /// The frame of an error in a stream that began well.
    pub(super) fn error() -> String {
        frame(&json!({ "error": { "message": "sk-secret", "type": "overloaded", "code": 502 } }))
    }

    pub(super) fn ending(&self) -> String {
        let mut text = String::new();
        if self.has_finish {
            text += &frame(
                &json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": self.finish }] }),
            );
        }
        if self.has_usage {
            let usage = json!({ "prompt_tokens": 11, "completion_tokens": self.pieces.len() });
            text += &frame(&json!({ "choices": [], "usage": usage }));
        }
        if self.has_done {
            text += "data: [DONE]\n\n";
        }
        text
    }
}

fn frame(data: &Value) -> String {
    format!("data: {data}\n\n")
}
