//! A request in the making; `.await` sends it.

use std::{future::IntoFuture, pin::Pin};

use reqwest::{RequestBuilder, header::CONTENT_TYPE};
use serde_json::Value;

use super::{
    answer::{self, Answer},
    stream::EventStream,
    wait::in_time,
};

/// A request in the making; `.await` sends it and reads the answer.
#[derive(Debug)]
#[must_use = "a request is sent by `.await`"]
pub struct Request {
    builder: RequestBuilder,
    /// What it is called when it goes wrong.
    name: String,
}

impl Request {
    pub(crate) fn new(builder: RequestBuilder, name: String) -> Self {
        Self { builder, name }
    }

    /// With this JSON as its body.
    pub fn json(self, body: impl Into<Value>) -> Self {
        let body: Value = body.into();
        Self { builder: self.builder.json(&body), ..self }
    }

    /// With these bytes as its body, and nothing said about them.
    pub fn bytes(self, body: impl Into<Vec<u8>>) -> Self {
        Self { builder: self.builder.body(body.into()), ..self }
    }

    /// With one more header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    /// Sends it, and reads the answer as it comes.
    pub async fn stream(self) -> EventStream {
        let Self { builder, name } = self;
        let response = in_time(&name, builder.header("accept", "text/event-stream").send()).await;
        EventStream::open(name, response.expect("the host answers")).await
    }

    /// Sends it, and hears the answer of a model while it is written.
    pub async fn hear(self) -> EventStream {
        let Self { builder, name } = self;
        let response = in_time(&name, builder.header("accept", "text/event-stream").send()).await;
        EventStream::of_answer(name, response.expect("the host answers"))
    }
}

impl Request {
    /// Sends it, and reads a file of this type, which must arrive in full.
    pub async fn file(self, media_type: &str) -> String {
        let Self { builder, name } = self;
        let response = in_time(&name, builder.send()).await.expect("the host answers");
        answer::dressed(&name, &response);
        assert_eq!(response.status(), 200, "{name}");
        let found = response.headers()[CONTENT_TYPE].to_str().expect("media types are visible");
        assert!(found.starts_with(media_type), "{name}: {found}");
        in_time(&name, response.text()).await.expect("the file arrives in full")
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { builder, name } = self;
        Box::pin(async move {
            let response = in_time(&name, builder.send()).await.expect("the host answers");
            Answer::read(name, response).await
        })
    }
}
