//! The stock clients of Yjs, which run under Node: `tests/node/editors.mjs` is what answers here.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// The environment variable that says where tests find Node.
const NODE: &str = "PERME8_TEST_NODE";

/// Editors of one process, each with a note of its own.
#[derive(Debug)]
pub struct StockEditors {
    node: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl StockEditors {
    /// Starts them, or says loudly that the test is left out.
    ///
    /// # Panics
    ///
    /// Node does not start, or none is named although `CI` is `true`.
    #[must_use]
    pub fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/node/editors.mjs");
        let mut node = Command::new(node()?)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Node that tests are told of starts");
        let questions = node.stdin.take().expect("it is piped");
        let answers = BufReader::new(node.stdout.take().expect("it is piped"));
        Some(Self { node, questions, answers })
    }

    /// Lets an editor do something, and gives what it answers. No answer waits for a server.
    ///
    /// # Panics
    ///
    /// It cannot be done.
    pub fn ask(&mut self, editor: &str, what: &str, how: Value) -> Value {
        let mut question = how;
        question["editor"] = json!(editor);
        question["do"] = json!(what);
        writeln!(self.questions, "{question}").expect("the editors take a line");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the editors answer");
        let mut answer: Value = serde_json::from_str(&answer)
            .unwrap_or_else(|_| panic!("the editors have ended: see what they said above"));
        assert!(answer["error"].is_null(), "{question}: {}", answer["error"]);
        answer["is"].take()
    }
}

impl Drop for StockEditors {
    fn drop(&mut self) {
        // Nothing depends on how it ends.
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

/// Where Node is, or a loud line that the test is left out.
fn node() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by their environment")]
    let (node, ci) = (std::env::var(NODE).ok(), std::env::var("CI").is_ok_and(|ci| ci == "true"));
    if node.is_none() {
        assert!(!ci, "{NODE} is not set: run the tests with `cargo xtask test`, which finds Node");
        let line = format!(
            "LEFT OUT: a test with the stock editors of Yjs, because {NODE} is not set (cargo xtask test)\n"
        );
        std::io::stderr().write_all(line.as_bytes()).expect("stderr takes a line");
    }
    node
}
