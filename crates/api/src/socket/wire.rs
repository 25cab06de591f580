//! A socket below what is said over it: messages in and out, signs of life, and the last word.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::ws::{Message, Utf8Bytes, WebSocket},
};
use futures_util::SinkExt as _;
use perme8_events::StorageError;
use tokio::time::timeout;

use super::close::Close;
use crate::lifeline::Lifeline;

/// A client that does not take a message for so long is too slow.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the last message may take.
const LAST_WORD: Duration = Duration::from_secs(1);

/// A socket that is open.
pub(crate) struct Wire {
    socket: WebSocket,
    awaits_pong: bool,
}

/// What a client says.
pub(crate) enum Said {
    Text(Utf8Bytes),
    Bytes(Bytes),
}

/// Why a socket is over.
#[derive(Debug)]
pub(crate) enum Over {
    /// The host ends it.
    By(Close),
    /// The client did, or the network.
    Gone,
}

impl Wire {
    pub(crate) fn new(socket: WebSocket) -> Self {
        Self { socket, awaits_pong: false }
    }

    /// The next message that is more than a sign of life. Nothing is lost when the wait is cancelled.
    pub(crate) async fn hear(&mut self) -> Result<Said, Over> {
        loop {
            let received = self.socket.recv().await.ok_or(Over::Gone)?;
            let message = received.map_err(unreadable)?;
            self.awaits_pong = false;
            match message {
                Message::Text(text) => return Ok(Said::Text(text)),
                Message::Binary(bytes) => return Ok(Said::Bytes(bytes)),
                // Pings are answered below this, and a close is followed by the end.
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
            }
        }
    }

    /// A sign of life, which asks for one.
    pub(crate) async fn ping(&mut self) -> Result<(), Over> {
        if std::mem::replace(&mut self.awaits_pong, true) {
            return Err(Over::By(Close::NoPong));
        }
        self.say(Message::Ping(Bytes::new())).await
    }

    /// Waits until the client takes it.
    pub(crate) async fn say(&mut self, message: Message) -> Result<(), Over> {
        self.say_all([message]).await
    }

    /// Waits until the client takes all of them, which go out together.
    pub(crate) async fn say_all(
        &mut self,
        messages: impl IntoIterator<Item = Message>,
    ) -> Result<(), Over> {
        let sent = async {
            for message in messages {
                self.socket.feed(message).await?;
            }
            self.socket.flush().await
        };
        match timeout(PATIENCE, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_broken)) => Err(Over::Gone),
            Err(_elapsed) => Err(Over::By(Close::TooSlow)),
        }
    }

    /// The last word, if it is for the host to say one.
    pub(crate) async fn end(mut self, over: Over) {
        if let Over::By(close) = over {
            tracing::debug!(code = close.code(), reason = close.reason(), "a socket is closed");
            // Whoever does not take it sees a broken connection instead.
            let _ = timeout(LAST_WORD, self.close(close)).await;
        }
    }

    /// Says why, and waits until the client has heard it: to hang up on what it is still saying could make it miss that.
    async fn close(&mut self, close: Close) -> Result<(), axum::Error> {
        self.socket.send(close.into()).await?;
        while self.socket.recv().await.transpose()?.is_some() {}
        Ok(())
    }
}

/// Over, unless the credential behind it still holds.
pub(crate) async fn holds(lifeline: &Lifeline) -> Result<(), Over> {
    match lifeline.ended().await {
        Ok(None) => Ok(()),
        Ok(Some(ended)) => Err(Over::By(Close::Ended(ended))),
        Err(error) => Err(broken(&error)),
    }
}

/// The storage does not answer.
pub(crate) fn broken(error: &StorageError) -> Over {
    tracing::error!(error = error as &dyn std::error::Error, "a socket broke off");
    Over::By(Close::StorageUnavailable)
}

/// What was received is no message.
fn unreadable(error: axum::Error) -> Over {
    use tokio_tungstenite::tungstenite::Error;
    match error.into_inner().downcast_ref() {
        Some(Error::Capacity(_)) => Over::By(Close::TooLong),
        _ => Over::Gone,
    }
}
