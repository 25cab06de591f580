//! A WebSocket, as a browser would use it.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use super::wait::in_time;

/// An open socket. Dropping it breaks the connection.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    pub(crate) async fn open(address: SocketAddr, path: &str, authorization: Option<&str>) -> Self {
        let mut request =
            format!("ws://{address}{path}").into_client_request().expect("an address");
        if let Some(authorization) = authorization {
            let value = authorization.parse().expect("tokens are URL-safe");
            request.headers_mut().insert("authorization", value);
        }
        let connection = TcpStream::connect(address).await.expect("the host listens");
        let handshake = in_time("a handshake", client_async(request, connection)).await;
        Self { stream: handshake.expect("the handshake is accepted").0 }
    }

    /// Says something, and hears the answer.
    pub async fn ask(&mut self, message: Value) -> Value {
        self.say(message).await;
        self.hear().await
    }

    /// Follows a topic, from now on or from behind a position.
    pub async fn subscribe(&mut self, topic: &str, after: Option<i64>) {
        let answer = self.ask(json!({ "subscribe": topic, "after": after })).await;
        assert_eq!(answer["subscribed"], topic, "{answer}");
    }

    /// Says something.
    pub async fn say(&mut self, message: Value) {
        self.stream.send(Message::text(message.to_string())).await.expect("the host takes it");
    }

    /// The next message of the host that is not only a sign of life.
    pub async fn hear(&mut self) -> Value {
        loop {
            match self.message().await {
                Message::Text(text) => {
                    let value: Value = serde_json::from_str(&text).expect("the host says JSON");
                    if value.as_object().is_none_or(|fields| !fields.keys().eq(["position"])) {
                        return value;
                    }
                }
                Message::Close(frame) => panic!("the host closed the socket: {frame:?}"),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
    }

    /// The next event, which must be of this type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        let event = self.hear().await;
        assert_eq!(event["type"], kind, "{event}");
        event
    }

    /// Code and reason with which the host ends the socket, whatever it says before.
    pub async fn end(mut self) -> (u16, String) {
        loop {
            if let Message::Close(Some(frame)) = self.message().await {
                return (frame.code.into(), frame.reason.as_str().to_owned());
            }
        }
    }

    async fn message(&mut self) -> Message {
        let message = in_time("a message on a socket", self.stream.next()).await;
        message.expect("a close comes before the end").expect("the connection holds")
    }
}
