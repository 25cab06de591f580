//! The first story of the README, told to the built program over real connections.
#![cfg(unix)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use perme8::MIGRATIONS;
use perme8_events::{on_both_engines, sql::DatabaseUrl, testing::TestDb};
use serde_json::{Value, json};

use crate::program::{Home, signal};

/// What takes longer than this does not happen.
const DEADLINE: Duration = Duration::from_secs(20);

const PASSWORD: &str = "correct horse battery";

/// A folder to run the program in, and the database that it is told of.
pub(crate) struct Site {
    pub(crate) home: Home,
    database: String,
}

impl Site {
    pub(crate) fn of(test: &TestDb) -> Self {
        let database = match &test.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        Self { home: Home::new(), database }
    }

    pub(crate) fn line(&self, line: &str) -> String {
        format!("{line} --database {}", self.database)
    }

    /// Beside a running host, as an operator would.
    pub(crate) fn people(&self) {
        for (email, name) in [("ada@example.com", "Ada"), ("ben@example.com", "Ben")] {
            let line = format!(
                "users create {email} --first-name {name} --last-name Okafor --confirmed --password-stdin"
            );
            self.home.run_with_input(&self.line(&line), PASSWORD).succeeds();
        }
    }
}

pub(crate) struct Host {
    child: Child,
    address: String,
}

impl Host {
    pub(crate) fn start(site: &Site) -> Self {
        Self::run(site, "serve --no-rate-limits")
    }

    /// A host as it is without any flag.
    pub(crate) fn limited(site: &Site) -> Self {
        Self::run(site, "serve")
    }

    fn run(site: &Site, command: &str) -> Self {
        let line = site.line(&format!("{command} --listen 127.0.0.1:0 --json --log warn"));
        let mut command = site.home.command(&line);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let address = ready["listening"].as_str().unwrap().strip_prefix("http://").unwrap();
        Self { child, address: address.to_owned() }
    }

    /// Sends a request, and leaves the answer to be read.
    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{headers}\r\n{body}",
            self.address
        )
        .unwrap();
        BufReader::new(stream)
    }

    pub(crate) fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let headers = if token.is_empty() {
            String::new()
        } else {
            format!("authorization: Bearer {token}\r\n")
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut answer = String::new();
        self.send(method, path, &headers, &body).read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    pub(crate) fn log_in(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD });
        let (status, body) = self.ask("POST", "/api/sessions", "", &body);
        assert_eq!(status, 201, "{body}");
        body["token"].as_str().unwrap().to_owned()
    }

    fn stream(&self, token: &str, resume: Option<&str>) -> Events {
        let place = resume.map_or_else(String::new, |id| format!("last-event-id: {id}\r\n"));
        let headers = format!("authorization: Bearer {token}\r\n{place}");
        let mut events = Events {
            lines: self.send("GET", "/api/me/events/stream", &headers, ""),
            id: String::new(),
        };
        events.line(": ready");
        events
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// The exit code, which must come soon.
    pub(crate) fn ended(mut self) -> Option<i32> {
        let begun = Instant::now();
        let status = self.child.wait().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
        status.code()
    }
}

/// The lines of a stream; what stands between the chunks of the transfer is passed over.
struct Events {
    lines: BufReader<TcpStream>,
    id: String,
}

impl Events {
    /// Reads up to this line.
    fn line(&mut self, wanted: &str) {
        let mut line = String::new();
        while line.trim_end() != wanted {
            line.clear();
            assert!(
                self.lines.read_line(&mut line).unwrap() > 0,
                "the stream ended before `{wanted}`"
            );
            if let Some(id) = line.strip_prefix("id: ") {
                self.id = id.trim_end().to_owned();
            }
        }
    }

    /// Reads up to this event, and gives its data.
    fn event(&mut self, kind: &str) -> Value {
        self.line(&format!("event: {kind}"));
        loop {
            let mut line = String::new();
            assert!(
                self.lines.read_line(&mut line).unwrap() > 0,
                "the stream ended within `{kind}`"
            );
            if let Some(id) = line.strip_prefix("id: ") {
                self.id = id.trim_end().to_owned();
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn an_invitation_becomes_a_notification_while_ben_watches(test: TestDb) {
        let site = Site::of(&test);
        let host = Host::start(&site);
        site.people();
        let (ada, ben) = (host.log_in("ada@example.com"), host.log_in("ben@example.com"));
        let mut events = host.stream(&ben, None);
        let body = json!({ "name": "Lumen & Oak" });
        let (status, workspace) = host.ask("POST", "/api/workspaces", &ada, &body);
        assert_eq!((status, &workspace["data"]["slug"]), (201, &json!("lumen-oak")));
        let body = json!({ "email": "ben@example.com", "role": "member" });
        let invitations = "/api/workspaces/lumen-oak/invitations";
        assert_eq!(host.ask("POST", invitations, &ada, &body).0, 201);
        let invited = events.event("identity.member_invited");
        let told = events.event("notifications.notification_created");
        assert_eq!(told["causation_id"], invited["event_id"]);
        let place = events.id.clone();
        assert_eq!(host.ask("POST", &format!("{invitations}/accept"), &ben, &Value::Null).0, 200);
        let (_, inbox) = host.ask("GET", "/api/notifications", &ben, &Value::Null);
        assert_eq!(inbox["data"][0]["id"], told["data"]["notification_id"]);

        // A host that is asked to stop ends its streams and itself, whoever still listens.
        host.signal("-TERM");
        assert_eq!(events.event("closing"), json!({ "reason": "shutting_down" }));
        assert_eq!(host.ended(), Some(0));

        // The next one goes on where Ben was, with the same sessions.
        let host = Host::start(&site);
        let mut events = host.stream(&ben, Some(&place));
        events.event("identity.member_joined");
        let settled = events.event("notifications.notification_action_taken");
        assert_eq!(settled["data"]["action"], "accepted");
        assert_eq!(host.ask("DELETE", "/api/sessions", &ben, &Value::Null).0, 204);
        assert_eq!(host.ask("GET", "/api/me", &ben, &Value::Null).0, 401);
        host.signal("-INT");
        assert_eq!(host.ended(), Some(0));
    }

    async fn a_host_that_is_killed_leaves_a_database_that_the_next_one_takes_over(test: TestDb) {
        let site = Site::of(&test);
        let host = Host::start(&site);
        site.people();
        let (ada, ben) = (host.log_in("ada@example.com"), host.log_in("ben@example.com"));
        host.ask("POST", "/api/workspaces", &ada, &json!({ "name": "Lumen" }));
        let body = json!({ "email": "ben@example.com", "role": "member" });
        assert_eq!(host.ask("POST", "/api/workspaces/lumen/invitations", &ada, &body).0, 201);
        host.signal("-KILL");
        assert_eq!(host.ended(), None);

        let host = Host::start(&site);
        let mut events = host.stream(&ben, Some("0"));
        events.event("notifications.notification_created");
        let (_, count) = host.ask("GET", "/api/notifications/unread-count", &ben, &Value::Null);
        assert_eq!(count["data"]["unread_count"], 1);
        host.signal("-TERM");
        assert_eq!(host.ended(), Some(0));
    }

    async fn somebody_who_registers_proves_the_address_with_a_token_of_the_operator(test: TestDb) {
        let site = Site::of(&test);
        let host = Host::start(&site);
        let person = json!({
            "email": "zoe@example.com",
            "first_name": "Zoe",
            "last_name": "Lind",
            "password": PASSWORD,
        });
        assert_eq!(host.ask("POST", "/api/users", "", &person).0, 201);
        let credentials = json!({ "email": "zoe@example.com", "password": PASSWORD });
        assert_eq!(host.ask("POST", "/api/sessions", "", &credentials).0, 401);
        let issued = site.home.json(&site.line("users confirmation-token zoe@example.com"));
        let proof = json!({ "token": issued["token"], "password": PASSWORD });
        assert_eq!(host.ask("POST", "/api/sessions", "", &proof).0, 201);
        let zoe = host.log_in("zoe@example.com");
        assert_eq!(host.ask("GET", "/api/me", &zoe, &Value::Null).0, 200);
        host.signal("-TERM");
        assert_eq!(host.ended(), Some(0));
    }
}
