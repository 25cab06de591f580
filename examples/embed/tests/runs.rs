//! The program as those who use it see it: started, asked over HTTP, stopped, and started again.
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::{path::Path, process::Stdio, time::Duration};

use perme8_events::testing::wait_until;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// What takes longer does not happen.
const DEADLINE: Duration = Duration::from_secs(30);

/// The program, which is killed at the latest when this value is dropped.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    client: Client,
    address: String,
}

impl Program {
    async fn start(file: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_embed"))
            .args(["--listen", "127.0.0.1:0", "--file"])
            .arg(file)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(DEADLINE, lines.next_line()).await.expect("it starts").unwrap();
        let line = line.expect("it says where it listens");
        let address = line.strip_prefix("listening on ").expect("it says so").to_owned();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { child, lines, client, address }
    }

    async fn ask(
        &self,
        who: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = self.client.request(method, format!("{}{path}", self.address));
        let request = request.header("x-staff", who).json(body).timeout(DEADLINE);
        let answer = request.send().await.expect("it answers");
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn begin(&self, who: &str, name: &str) -> StatusCode {
        self.ask(who, Method::POST, "/projects", &json!({ "name": name })).await.0
    }

    /// Projects with whose they are.
    async fn projects(&self, who: &str) -> Vec<(String, String)> {
        let (status, found) = self.ask(who, Method::GET, "/projects", &Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{found}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let projects = found.as_array().unwrap().iter();
        projects.map(|project| (text(&project["name"]), text(&project["of"]))).collect()
    }

    /// What the nodes of the graph are called.
    async fn graph(&self, who: &str) -> Vec<Value> {
        let (status, found) = self.ask(who, Method::GET, "/graph", &Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{found}");
        let nodes = found["items"].as_array().unwrap().iter();
        nodes.map(|node| node["properties"]["name"].clone()).collect()
    }

    /// Asks it politely to end, and waits until it has.
    async fn stop(mut self) {
        let id = self.child.id().expect("it runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(asked.unwrap().success());
        let status = timeout(DEADLINE, self.child.wait()).await.expect("it ends").unwrap();
        assert!(status.success(), "{status}");
        assert_eq!(self.lines.next_line().await.unwrap(), None);
    }
}

fn owned(projects: &[(&str, &str)]) -> Vec<(String, String)> {
    projects.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned())).collect()
}

#[tokio::test]
async fn two_contexts_serve_the_people_of_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("firm.db");
    let firm = Program::start(&file).await;

    assert_eq!(firm.begin("ben", "Difference Engine").await, StatusCode::CREATED);
    assert_eq!(firm.begin("cyd", "Mine").await, StatusCode::FORBIDDEN, "a trainee is a guest");
    assert_eq!(firm.begin("eve", "Mine").await, StatusCode::UNAUTHORIZED, "nobody knows her");
    assert_eq!(firm.begin("ben", " ").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(firm.projects("cyd").await, owned(&[("Difference Engine", "ben")]));
    assert_eq!(firm.projects("dan").await, owned(&[]), "another team is another workspace");
    wait_until("the graph follows", DEADLINE, async || {
        firm.graph("cyd").await == [json!("Difference Engine")]
    })
    .await;
    assert_eq!(firm.graph("dan").await, Vec::<Value>::new());

    let dismiss = async |who: &str, whom: &str| {
        firm.ask(who, Method::DELETE, &format!("/staff/{whom}"), &Value::Null).await.0
    };
    assert_eq!(dismiss("ben", "cyd").await, StatusCode::NOT_FOUND, "he leads nobody");
    assert_eq!(dismiss("dan", "ben").await, StatusCode::NOT_FOUND, "of another team");
    assert_eq!(dismiss("ada", "ben").await, StatusCode::NO_CONTENT);
    assert_eq!(firm.begin("ben", "Mine").await, StatusCode::UNAUTHORIZED);
    wait_until("his project is that of the lead", DEADLINE, async || {
        firm.projects("cyd").await == owned(&[("Difference Engine", "ada")])
    })
    .await;
    firm.stop().await;

    // Its own tables and those of the contexts are in one file, and all of them are there again.
    let firm = Program::start(&file).await;
    assert_eq!(firm.projects("ada").await, owned(&[("Difference Engine", "ada")]));
    assert_eq!(firm.begin("ada", "Analytical Engine").await, StatusCode::CREATED);
    wait_until("the graph follows again", DEADLINE, async || {
        firm.graph("ada").await == [json!("Analytical Engine"), json!("Difference Engine")]
    })
    .await;
    firm.stop().await;
}

#[test]
fn embedding_takes_fewer_than_eighty_lines() {
    assert!(include_str!("../src/main.rs").lines().count() < 80);
}
