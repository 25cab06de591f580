//! The server itself.

use std::{io, net::SocketAddr};

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::{router::router, state::Api};

/// Answers HTTP on `listener` until `stopped`, then finishes what it has begun.
///
/// Streams end when the tasks of the host stop, so stop those as well, or this waits for the clients to go.
///
/// # Errors
///
/// [`io::Error`] when the listener is broken.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // Events are small, and nobody wants to see them late.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a connection keeps its delay"
            );
        }
    });
    let service = router(api).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stopped).await
}
