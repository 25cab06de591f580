//! A host that runs until it is told to stop.
#![cfg(unix)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
};

use serde_json::Value;

use crate::program::{Home, signal};

struct Host {
    child: Child,
    address: String,
    ready: Value,
}

impl Host {
    fn start(home: &Home, line: &str) -> Self {
        let mut child =
            home.command(line).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let ready: Value = serde_json::from_str(&ready).unwrap();
        let address =
            ready["listening"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Self { child, address, ready }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: perme8\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(mut self) -> i32 {
        signal(&self.child, "-TERM");
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // A host that a failed test left behind; one that has stopped cannot be killed, which is fine.
        drop(self.child.kill());
    }
}

#[test]
fn a_host_migrates_serves_and_stops_in_order() {
    let home = Home::new();
    let host = Host::start(&home, "serve --listen 127.0.0.1:0 --json --log warn");
    assert_eq!(host.ready["engine"], "SQLite");
    assert_eq!(host.ready["database"], "sqlite:./data/perme8.db");
    assert!(host.get("/health").starts_with("HTTP/1.1 200"));
    assert!(host.get("/ready").starts_with("HTTP/1.1 200"), "{}", host.get("/ready"));
    let handlers = home.json("handlers list");
    assert!(
        handlers
            .as_array()
            .unwrap()
            .iter()
            .all(|handler| handler["nodes"] != Value::Array(Vec::new()))
    );
    assert_eq!(host.stop(), 0);
    let handlers = home.json("handlers list");
    assert!(
        handlers
            .as_array()
            .unwrap()
            .iter()
            .all(|handler| handler["nodes"] == Value::Array(Vec::new()))
    );
}

#[test]
fn an_address_in_use_is_refused_before_the_database_is_touched() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let line = format!("serve --listen {} --json", taken.local_addr().unwrap());
    let error = home.run(&line).fails_with(1).error();
    assert!(error["help"].as_str().unwrap().contains("--listen"), "{error}");
    assert!(!home.path().join("data").exists());
}

#[test]
fn a_follower_sees_what_is_committed_elsewhere() {
    let home = Home::migrated();
    let mut tail =
        home.command("events tail --follow --json").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    home.json("users create ada@example.com --first-name Ada --last-name Okafor");
    let event: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(event["event_type"], "identity.user_registered");
    signal(&tail, "-INT");
    assert!(tail.wait().unwrap().success());
}
