//! Programs that act for people by an API key.

use expect_test::Expect;
use serde_json::Value;

use crate::{
    client::{Answer, Ask, post},
    host::{Host, Person},
};

/// A key of somebody, by its id and its token.
pub(crate) struct Robot {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// The answer to whoever makes a key by this credential.
pub(crate) async fn made(host: &Host, by: &str, body: Value) -> Answer {
    host.ask(post("/api/api-keys").bearer(by).json(body)).await
}

/// A key of this person.
pub(crate) async fn robot(host: &Host, by: &Person, body: Value) -> Robot {
    let answer = made(host, &by.token, body).await;
    assert_eq!(answer.status, 201, "{answer}");
    Robot { id: answer.text_at("/data/id"), token: answer.text_at("/token") }
}

/// What is answered.
pub(crate) async fn check(host: &Host, ask: Ask, expected: Expect) {
    expected.assert_eq(&host.ask(ask).await.to_string());
}
