//! A collector that takes spans and forgets them.

use perme8_events::host::Tasks;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Listens until the tasks are stopped; gives its address.
pub(crate) async fn start(tasks: &Tasks) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let (stop, others) = (tasks.token(), tasks.clone());
    tasks.spawn("collector", async move {
        while let Some(Ok((connection, _))) = stop.run_until_cancelled(listener.accept()).await {
            let stop = others.token();
            others.spawn("connection", async move {
                stop.run_until_cancelled(forget(connection)).await;
            });
        }
    });
    Ok(address)
}

/// Takes requests on a connection, each with its length, until it is closed.
async fn forget(mut connection: TcpStream) {
    let (mut head, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    let mut left = 0;
    while let Ok(read @ 1..) = connection.read(&mut buffer).await {
        let mut bytes = &buffer[..read];
        while !bytes.is_empty() {
            if left == 0 {
                let (byte, rest) = bytes.split_at(1);
                head.extend_from_slice(byte);
                bytes = rest;
                if head.ends_with(b"\r\n\r\n") {
                    left = length(&head);
                    head.clear();
                }
            } else {
                let taken = left.min(bytes.len());
                left -= taken;
                bytes = &bytes[taken..];
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                if left == 0 && connection.write_all(answer).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}
