//! What the host answers, and what is true of every answer.

use reqwest::{
    Response,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde_json::Value;

use super::wait::in_time;

/// What every answer carries, also that to a malformed request.
const SECURITY: [(&str, &str); 7] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// What the host answers, read in full.
#[derive(Clone, Debug)]
pub struct Answer {
    name: String,
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    pub(crate) async fn read(name: String, response: Response) -> Self {
        dressed(&name, &response);
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = in_time(&name, response.bytes()).await.expect("the answer arrives in full");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            assert_eq!(headers[CONTENT_TYPE], "application/json", "{name}");
            serde_json::from_slice(&bytes).expect("the body of an answer is JSON")
        };
        let answer = Self { name, status, headers, body };
        answer.is_consistent();
        answer
    }

    /// Failures explain themselves in one form, those of graphs by a word beside a list; successes, and reports on the health
    /// of the host, do not, unless many things were wanted at once: then a list says what became of none.
    fn is_consistent(&self) {
        let Self { name, status, headers, body } = self;
        let (error, errors) = (body.get("error").is_some(), body.get("errors").is_some());
        let is_report = body.get("status").is_some();
        if *status < 400 || is_report {
            let is_partial = body["errors"].is_array();
            assert!(!error && (!errors || is_partial), "{name}: {status} {body}");
            return;
        }
        let in_words = body["errors"].is_array();
        assert!((error != errors) ^ (in_words && error), "{name}: {status} {body}");
        assert!(body["code"].is_string(), "{name}: {status} {body}");
        assert_eq!(
            body["request_id"],
            headers["x-request-id"].to_str().expect("ids are visible"),
            "{name}"
        );
    }

    /// The same answer, which must have this status.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "often the status is all that matters"
    )]
    pub fn is(self, status: u16) -> Self {
        let Self { name, status: found, body, .. } = &self;
        assert_eq!(*found, status, "{name}: {body}");
        self
    }

    /// Must be a refusal with this status and code.
    #[track_caller]
    pub fn is_refused(&self, status: u16, code: &str) {
        let Self { name, status: found, body, .. } = self;
        assert_eq!((*found, body["code"].as_str()), (status, Some(code)), "{name}: {body}");
    }

    /// Must be a refusal because of exactly these fields.
    #[track_caller]
    pub fn is_invalid(&self, fields: &[&str]) {
        self.is_refused(422, "validation_failed");
        let Self { name, body, .. } = self;
        let found = body["errors"].as_object().expect("a refusal of fields names them");
        assert_eq!(found.keys().collect::<Vec<_>>(), fields, "{name}: {body}");
        let texts =
            found.values().all(|texts| texts.as_array().is_some_and(|texts| !texts.is_empty()));
        assert!(texts, "{name}: {body}");
    }

    /// The whole body; null when there is none.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// The body without the id of the request, for comparing answers.
    #[must_use]
    pub fn anonymous_body(&self) -> Value {
        let mut body = self.body.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("request_id");
        }
        body
    }

    /// What the answer is about.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// A list of what the answer is about.
    #[must_use]
    pub fn list(&self) -> &[Value] {
        self.data().as_array().expect("the data are a list")
    }

    /// One header, if it is there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are visible"))
    }

    /// The name of the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.header("x-request-id").expect("checked when it was read")
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }
}

/// Every answer wears the security headers and the name of its request.
pub(crate) fn dressed(name: &str, response: &Response) {
    for (header, value) in SECURITY {
        let found = response
            .headers()
            .get(header)
            .map(|found| found.to_str().expect("headers are visible"));
        assert_eq!(found, Some(value), "{name}: {header} of {}", response.status());
    }
    assert!(response.headers().contains_key("x-request-id"), "{name}: {}", response.status());
}
