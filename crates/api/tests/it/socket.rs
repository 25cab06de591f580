//! A WebSocket of the tests.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};

const SOON: Duration = Duration::from_secs(20);

/// An open socket.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    /// Opens a socket with these headers; the status of the refusal when there is none.
    pub(crate) async fn open(
        address: SocketAddr,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        Self::open_at(address, &format!("/api/ws{query}"), headers).await
    }

    /// The same, with another path.
    pub(crate) async fn open_at(
        address: SocketAddr,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        let uri = format!("ws://perme8.example{path}");
        let mut request = uri.into_client_request().expect("tests write proper addresses");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("tests write proper headers");
            request.headers_mut().insert(*name, value);
        }
        let connection = TcpStream::connect(address).await.expect("the host listens");
        match client_async(request, connection).await {
            Ok((stream, _response)) => Ok(Self { stream }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The same, by the token of a session.
    pub(crate) async fn open_by(address: SocketAddr, token: &str) -> Result<Self, u16> {
        let authorization = format!("Bearer {token}");
        Self::open(address, "", &[("authorization", &authorization)]).await
    }

    pub(crate) async fn bearer(address: SocketAddr, token: &str) -> Self {
        let opened = Self::open_by(address, token).await;
        opened.unwrap_or_else(|status| panic!("the socket was refused: {status}"))
    }

    pub(crate) async fn say(&mut self, text: impl Into<String>) {
        self.send(Message::text(text.into())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.stream.send(message).await.expect("the host takes it");
    }

    async fn message(&mut self) -> Message {
        let message = tokio::time::timeout(SOON, self.stream.next());
        message
            .await
            .expect("something arrives in time")
            .expect("a close comes first")
            .expect("the connection holds")
    }

    /// The next message of the host that is not only a sign of life.
    pub(crate) async fn hear(&mut self) -> Value {
        loop {
            match self.message().await {
                Message::Text(text) => {
                    let value: Value = serde_json::from_str(&text).expect("the host says JSON");
                    if value.as_object().is_none_or(|fields| !fields.keys().eq(["position"])) {
                        return value;
                    }
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other @ (Message::Binary(_) | Message::Close(_) | Message::Frame(_)) => {
                    panic!("{other}")
                }
            }
        }
    }

    /// What the host answers.
    pub(crate) async fn ask(&mut self, text: impl Into<String>) -> Value {
        self.say(text).await;
        self.hear().await
    }

    /// The place that the next sign of life tells.
    pub(crate) async fn position(&mut self) -> u64 {
        loop {
            if let Message::Text(text) = self.message().await
                && let Ok(Value::Object(fields)) = serde_json::from_str(&text)
                && fields.len() == 1
                && let Some(position) = fields["position"].as_u64()
            {
                return position;
            }
        }
    }

    /// How the host ends it, whatever it says before.
    pub(crate) async fn end(mut self) -> String {
        loop {
            if let Message::Close(Some(frame)) = self.message().await {
                return format!("{} {}", u16::from(frame.code), frame.reason);
            }
        }
    }

    /// The connection below, which nobody reads any more.
    pub(crate) fn unread(self) -> WebSocketStream<TcpStream> {
        self.stream
    }
}
