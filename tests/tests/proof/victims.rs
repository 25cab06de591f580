//! Processes that are started in order to be killed.

use std::{process::Stdio, time::Duration};

use llm::testing::ProviderServer;
use perme8_events::sql::DatabaseUrl;
use scenarios::address;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// A process on a database.
#[derive(Debug)]
pub(crate) struct Victim {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Victim {
    /// Starts one; it is killed at the latest when this value is dropped.
    pub(crate) fn start(command: &str, url: &DatabaseUrl) -> Self {
        Self::with(&[command, &address(url)])
    }

    /// The same, to tell so many people something.
    pub(crate) fn telling(command: &str, url: &DatabaseUrl, people: u32) -> Self {
        Self::with(&[command, &address(url), &people.to_string()])
    }

    /// The same, to ask the models of a provider.
    pub(crate) fn asking(command: &str, url: &DatabaseUrl, provider: &ProviderServer) -> Self {
        Self::with(&[command, &address(url), &provider.url()])
    }

    fn with(words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_victim"))
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Its next line.
    pub(crate) async fn line(&mut self) -> String {
        tokio::time::timeout(Duration::from_mins(1), self.lines.next_line())
            .await
            .expect("a victim answers")
            .unwrap()
            .expect("a victim does not end by itself")
    }

    /// SIGSTOP; it stands still where it is, whatever it holds.
    pub(crate) async fn pause(&self) {
        self.signal("-STOP").await;
    }

    /// SIGCONT; it does not know that time has passed.
    pub(crate) async fn resume(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.id().to_string()]).status().await;
        assert!(status.unwrap().success(), "no {signal} for a victim");
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("nobody has waited for its end")
    }

    /// SIGKILL; nobody gets to clean up.
    pub(crate) async fn kill(mut self) -> Vec<String> {
        self.child.kill().await.unwrap();
        let mut rest = Vec::new();
        while let Ok(Some(line)) = self.lines.next_line().await {
            rest.push(line);
        }
        rest
    }

    /// Tells it something, and waits for its last words.
    pub(crate) async fn finish(mut self, input: &[String]) -> Vec<String> {
        let mut stdin = self.child.stdin.take().unwrap();
        let mut text = input.join("\n");
        text.extend((!input.is_empty()).then_some('\n'));
        let (written, lines) = tokio::join!(
            async {
                stdin.write_all(text.as_bytes()).await.unwrap();
                drop(stdin);
            },
            async {
                let mut lines = Vec::new();
                while let Ok(Some(line)) = self.lines.next_line().await {
                    lines.push(line);
                }
                lines
            }
        );
        let () = written;
        let status = self.child.wait().await.unwrap();
        assert!(status.success(), "a victim ended with {status}");
        lines
    }
}
