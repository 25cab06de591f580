//! The edge behind a socket.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::host::Host;

/// Reads on until this stands at the end.
async fn read_to(connection: &mut TcpStream, text: &mut String, end: &str) {
    let mut bytes = [0; 1024];
    while !text.ends_with(end) {
        let reading = tokio::time::timeout(Duration::from_secs(20), connection.read(&mut bytes));
        let length = reading.await.expect("something arrives in time").expect("nothing breaks");
        assert_ne!(length, 0, "the connection ends after {text}");
        text.push_str(std::str::from_utf8(&bytes[..length]).expect("answers are text"));
    }
}

#[tokio::test]
async fn a_stream_says_goodbye_when_the_host_stops() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let mut connection = TcpStream::connect(host.listen().await).await.unwrap();
    let request = format!(
        "GET /api/me/events/stream HTTP/1.1\r\nhost: perme8.example\r\nauthorization: Bearer {}\r\n\r\n",
        ada.token
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    read_to(&mut connection, &mut text, "\n\n\r\n").await;
    assert!(text.contains(": ready"), "{text}");

    let reading = async {
        // The last chunk is the empty one: the response ends as it should, and only then the connection.
        read_to(&mut connection, &mut text, "\r\n0\r\n\r\n").await;
        assert!(text.contains("event: closing\n"), "{text}");
        assert_eq!(connection.read(&mut [0]).await.unwrap(), 0);
    };
    let (stopped, ()) = tokio::join!(host.tasks.shutdown(Duration::from_secs(20)), reading);
    stopped.expect("the server ends with its last stream");
}

#[tokio::test]
async fn what_is_no_http_is_refused_without_ceremony() {
    let host = Host::new().await;
    let address = host.listen().await;
    let head_of = |size: usize| format!("GET /health HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(size));
    let uri_of = |size: usize| format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(size));
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), "400 Bad Request"),
        (head_of(1024 * 1024), "431 Request Header Fields Too Large"),
        (uri_of(70_000), "414 URI Too Long"),
    ] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        // The server may hang up before it has read all of it.
        let _ = connection.write_all(request.as_bytes()).await;
        let mut text = String::new();
        read_to(&mut connection, &mut text, "\r\n\r\n").await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{text}");
        assert!(!text.contains("x-request-id"), "{text}");
    }
    host.tasks.shutdown(Duration::from_secs(20)).await.expect("the server ends");
}
