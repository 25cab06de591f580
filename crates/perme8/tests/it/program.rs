//! The built program in a folder of its own, without the settings of whoever runs the tests.

use std::{
    io::Write as _,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A folder in which the program runs.
pub(crate) struct Home {
    folder: TempDir,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A home whose database is migrated.
    pub(crate) fn migrated() -> Self {
        let home = Self::new();
        home.run("migrate").succeeds();
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_perme8"));
        command.args(line.split_whitespace()).current_dir(self.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PERME8_") {
                command.env_remove(name);
            }
        }
        command
    }

    pub(crate) fn run(&self, line: &str) -> Ran {
        self.command(line).stdin(Stdio::null()).output().unwrap().into()
    }

    pub(crate) fn run_with_input(&self, line: &str, input: &str) -> Ran {
        let mut command = self.command(line);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// The document that a command prints.
    pub(crate) fn json(&self, line: &str) -> Value {
        self.run(&format!("{line} --json")).succeeds().json()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let Output { status, stdout, stderr } = output;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn fails_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The error that a command reports as JSON.
    pub(crate) fn error(&self) -> Value {
        let document: Value = serde_json::from_str(self.stderr.lines().last().unwrap()).unwrap();
        document["error"].clone()
    }
}

/// Sends a signal by the shell's own `kill`: a bare machine may have no other.
pub(crate) fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("sh").args(["-c", "kill \"$0\" \"$1\"", name, &pid]).status();
    assert!(sent.unwrap().success());
}
