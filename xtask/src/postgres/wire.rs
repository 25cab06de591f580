//! Just enough of PostgreSQL's protocol to see whether a server is ready.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// How long one attempt may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Asks a server on this machine for a session and hangs up again.
///
/// A server that is still starting refuses with an error message, so an answer that begins to
/// authenticate means that it is ready for everybody.
pub(crate) fn is_ready(port: u16) -> bool {
    greet(port).is_ok_and(|answer| answer == b'R')
}

fn greet(port: u16) -> std::io::Result<u8> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&startup_message("postgres", "postgres"))?;
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    // Terminate, so that the server logs no lost connection.
    let _ = stream.write_all(&[b'X', 0, 0, 0, 4]);
    Ok(kind[0])
}

fn startup_message(user: &str, database: &str) -> Vec<u8> {
    const PROTOCOL_3_0: u32 = 3 << 16;
    let mut body = PROTOCOL_3_0.to_be_bytes().to_vec();
    for text in ["user", user, "database", database, ""] {
        body.extend(text.as_bytes());
        body.push(0);
    }
    let length = u32::try_from(body.len() + 4).expect("a startup message is short");
    [length.to_be_bytes().as_slice(), &body].concat()
}

/// The host and port of a connection URL; `None` where it means a socket.
pub(crate) fn host_and_port(url: &str) -> Option<(String, u16)> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
    let authority = rest.split(['/', '?']).next()?;
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    let (host, port) = match address.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => address.split_at(address.find(':').unwrap_or(address.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().ok()?,
        None => 5432,
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn is_ready_when_answered(answer: u8) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut length = [0; 4];
            stream.read_exact(&mut length).unwrap();
            let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
            stream.read_exact(&mut body).unwrap();
            stream.write_all(&[answer]).unwrap();
            body
        });
        let ready = is_ready(port);
        assert_eq!(
            server.join().unwrap(),
            b"\x00\x03\x00\x00user\0postgres\0database\0postgres\0\0",
        );
        ready
    }

    #[test]
    fn a_server_that_authenticates_is_ready() {
        assert!(is_ready_when_answered(b'R'));
    }

    #[test]
    fn a_server_that_refuses_is_not_ready() {
        assert!(!is_ready_when_answered(b'E'));
    }

    #[test]
    fn host_and_port_come_out_of_every_form_of_url() {
        let at = |url| host_and_port(url).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(at("postgres://postgres@127.0.0.1:5433/postgres").unwrap(), "127.0.0.1 5433");
        assert_eq!(at("postgresql://me:p@ss@db.example").unwrap(), "db.example 5432");
        assert_eq!(at("postgres://[::1]:6000/x?sslmode=disable").unwrap(), "::1 6000");
        assert_eq!(at("postgres:///postgres?host=/run/postgresql"), None);
        assert_eq!(at("sqlite://perme8.db"), None);
    }
}
