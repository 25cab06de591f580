//! What becomes of connections whose clients do not do their part, and of those that do.

use std::sync::Arc;

use axum::routing::get;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{Notify, oneshot},
};

use super::*;

const HALF: &[u8] = b"GET /now HTTP/1.1\r\nhost: perme8.exam";
const WHOLE: &[u8] = b"GET /now HTTP/1.1\r\nhost: perme8.example\r\n\r\n";
const LAST: &[u8] = b"GET /now HTTP/1.1\r\nhost: perme8.example\r\nconnection: close\r\n\r\n";
const LONG: Duration = Duration::from_hours(1);
const SHORT: Duration = Duration::from_millis(100);

/// A server with these routes, and beside it a client, who gets the address and the means to stop the server.
///
/// Ends when both have ended.
async fn with_server<F: Future<Output = ()>>(
    patience: Patience,
    routes: Router,
    client: impl FnOnce(SocketAddr, oneshot::Sender<()>) -> F,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = answer_all(listener, routes, patience, async { stopped.await.unwrap() });
    let both = async { tokio::join!(server, client(address, stop)) };
    timeout(Duration::from_secs(20), both).await.expect("both end in time");
}

fn at_once() -> Router {
    Router::new().route("/now", get(async || "here"))
}

async fn send(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(bytes).await.unwrap();
    connection
}

/// All that is still to come; a reset is an end, too.
async fn rest(mut connection: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = connection.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn half_a_request_is_not_waited_for() {
    with_server(Patience { head: SHORT, end: LONG }, at_once(), async |address, stop| {
        for sent in [&b""[..], HALF] {
            assert_eq!(rest(send(address, sent).await).await, "");
        }
        assert!(rest(send(address, LAST).await).await.ends_with("here"));
        stop.send(()).unwrap();
    })
    .await;
}

#[tokio::test]
async fn half_a_request_does_not_hold_up_the_end() {
    with_server(Patience { head: LONG, end: SHORT }, at_once(), async |address, stop| {
        let half = send(address, HALF).await;
        // Whoever comes later is answered, so the half has been seen by then.
        assert!(rest(send(address, LAST).await).await.ends_with("here"));
        stop.send(()).unwrap();
        assert_eq!(rest(half).await, "");
    })
    .await;
}

#[tokio::test]
async fn what_is_being_answered_is_finished() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        async move || {
            begun.notify_one();
            go_on.notified().await;
            "done"
        }
    };
    let routes = Router::new().route("/now", get(slow));
    with_server(Patience { head: LONG, end: LONG }, routes, async |address, stop| {
        let connection = send(address, WHOLE).await;
        begun.notified().await;
        stop.send(()).unwrap();
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        go_on.notify_one();
        assert!(rest(connection).await.ends_with("done"));
    })
    .await;
}
