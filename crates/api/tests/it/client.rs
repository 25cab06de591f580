//! Requests and answers of the tests.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode},
};
use futures_util::StreamExt as _;
use serde_json::Value;

/// A request in the making; its name is `r-1`.
pub(crate) struct Ask {
    method: Method,
    uri: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    peer: Option<IpAddr>,
}

pub(crate) fn get(uri: impl Into<String>) -> Ask {
    Ask::new(Method::GET, uri)
}

pub(crate) fn post(uri: impl Into<String>) -> Ask {
    Ask::new(Method::POST, uri)
}

pub(crate) fn put(uri: impl Into<String>) -> Ask {
    Ask::new(Method::PUT, uri)
}

pub(crate) fn patch(uri: impl Into<String>) -> Ask {
    Ask::new(Method::PATCH, uri)
}

pub(crate) fn delete(uri: impl Into<String>) -> Ask {
    Ask::new(Method::DELETE, uri)
}

impl Ask {
    fn new(method: Method, uri: impl Into<String>) -> Self {
        Self { method, uri: uri.into(), headers: Vec::new(), body: Vec::new(), peer: None }
            .header("x-request-id", "r-1")
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Over a connection from this address.
    pub(crate) fn from(self, address: &str) -> Self {
        Self { peer: Some(address.parse().expect("it is an address")), ..self }
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn cookie(self, token: &str) -> Self {
        self.header("cookie", format!("perme8_session={token}"))
    }

    #[expect(clippy::needless_pass_by_value, reason = "written as a literal")]
    pub(crate) fn json(self, body: Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub(crate) fn raw(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    pub(crate) fn unsaid(mut self, body: &str) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn into_request(self) -> Request<Body> {
        let mut request =
            Request::builder().method(self.method).uri(self.uri).header("host", "perme8.example");
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        if let Some(address) = self.peer {
            request = request.extension(ConnectInfo(SocketAddr::new(address, 4711)));
        }
        request.body(Body::from(self.body)).expect("tests write proper requests")
    }
}

/// An answer, read in full.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn read(response: axum::response::Response) -> Self {
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("bodies of tests are in memory");
        let text = String::from_utf8(bytes.to_vec()).expect("answers are text");
        Self { status: head.status, headers: head.headers, text }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("answers are JSON")
    }

    /// The text at this place of the JSON.
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        let json = self.json();
        json.pointer(pointer).and_then(Value::as_str).expect("there is a text").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers are visible ASCII"))
    }
}

/// Status and body, without what differs from run to run.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), redacted(&self.text))
    }
}

/// The text, with `ID` for each UUID.
pub(crate) fn redacted(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match rest.get(..36) {
            Some(id)
                if id.matches('-').count() == 4
                    && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-') =>
            {
                shown.push_str("ID");
                36
            }
            _ => {
                shown.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    shown
}

/// A stream of events, read block by block.
pub(crate) struct Blocks {
    body: BodyDataStream,
    text: String,
}

impl Blocks {
    pub(crate) fn of(response: axum::response::Response) -> Self {
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next block; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block = self.text.drain(..end + 2).collect::<String>();
                return Some(block.trim_end().to_owned());
            }
            let more = tokio::time::timeout(Duration::from_secs(20), self.body.next());
            let bytes =
                more.await.expect("something arrives in time")?.expect("streams do not break");
            self.text.push_str(std::str::from_utf8(&bytes).expect("streams are text"));
        }
    }

    /// The next block that is not only a sign of life.
    pub(crate) async fn event(&mut self) -> Option<String> {
        loop {
            match self.next().await {
                Some(block) if block.contains(": heartbeat") => {}
                block => return block,
            }
        }
    }

    /// The type of the next event.
    pub(crate) async fn kind(&mut self) -> Option<String> {
        field(&self.event().await?, "event")
    }
}

/// A field of a block.
pub(crate) fn field(block: &str, name: &str) -> Option<String> {
    block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
}
