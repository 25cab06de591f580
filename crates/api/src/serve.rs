//! The server itself.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    serve::{Listener as _, ListenerExt as _},
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinError, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{router::router, state::Api};

/// Answers HTTP on `listener` until `stopped`, then finishes what it has begun, for a few seconds at most.
///
/// Streams end when the tasks of the host stop, so stop those as well, or their clients see a broken connection.
///
/// # Errors
///
/// [`io::Error`] when the listener has no address.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    tracing::debug!(address = %listener.local_addr()?, "answering");
    let (sockets, patience) = (api.sockets.clone(), Patience::default());
    let (limiter, clock) = (api.limiter.clone(), Arc::clone(&api.options.clock));
    let answering = answer_all(listener, router(api), patience, stopped);
    match limiter {
        Some(limiter) => limiter.keep_during(&clock, answering).await,
        None => answering.await,
    }
    sockets.close();
    if timeout(patience.end, sockets.wait()).await.is_err() {
        tracing::info!(sockets = sockets.len(), "dropping sockets that do not end");
    }
    Ok(())
}

/// How long the server waits for its clients.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// Until the head of a request is there; it counts from the moment in which the connection could have one.
    head: Duration,
    /// Until a connection has ended of its own accord after the server was stopped.
    end: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_secs(10), end: Duration::from_secs(5) }
    }
}

/// Every connection is a task in here, so none outlives the server.
async fn answer_all(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    stopped: impl Future<Output = ()>,
) {
    // Events are small, and nobody wants to see them late.
    let mut listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a connection keeps its delay"
            );
        }
    });
    let mut connections = JoinSet::new();
    let stopping = CancellationToken::new();
    let mut stopped = pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => break,
            Some(ended) = connections.join_next() => note(ended),
            (connection, peer) = listener.accept() => {
                let stopping = stopping.clone();
                connections.spawn(answer(connection, peer, router.clone(), patience, stopping));
            }
        }
    }
    drop(listener);
    stopping.cancel();
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            note(ended);
        }
    };
    if timeout(patience.end, all_ended).await.is_err() {
        // Half a request, or a client that does not read: nothing that was committed depends on them.
        tracing::info!(connections = connections.len(), "dropping connections that do not end");
        connections.shutdown().await;
    }
}

/// One connection, from its first request to its last.
async fn answer(
    connection: TcpStream,
    peer: SocketAddr,
    router: Router,
    patience: Patience,
    stopping: CancellationToken,
) {
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .serve_connection(TokioIo::new(connection), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke off");
    }
}

/// Handlers do not panic out of the router, but the body of a response may.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(error = &error as &dyn std::error::Error, "a connection panicked");
    }
}

#[cfg(test)]
mod tests;
