//! A copy of the clean workspace, which a test then breaks.

use std::{fs, path::Path, process::Command};

use expect_test::Expect;
use serde_json::Value;
use tempfile::TempDir;

/// One change to one file.
pub(crate) struct Change {
    file: &'static str,
    edit: Edit,
}

enum Edit {
    Append(&'static str),
    Replace(&'static str, &'static str),
    Remove,
}

/// Lines at the end of a file, which need not exist.
pub(crate) fn add(file: &'static str, text: &'static str) -> Change {
    Change { file, edit: Edit::Append(text) }
}

/// Another text in the place of one.
pub(crate) fn swap(file: &'static str, from: &'static str, to: &'static str) -> Change {
    Change { file, edit: Edit::Replace(from, to) }
}

pub(crate) fn remove(file: &'static str) -> Change {
    Change { file, edit: Edit::Remove }
}

/// What a broken workspace looks like on the terminal.
pub(crate) fn renders(changes: &[Change], expected: &Expect) {
    let (passed, output) = Fixture::with(changes).run(&[]);
    let errors: Vec<&str> = output.lines().take_while(|line| !is_summary(line)).collect();
    expected.assert_eq(&errors.join("\n"));
    assert_eq!(passed, errors.is_empty(), "{output}");
}

/// What is wrong with a broken workspace, in one line each.
pub(crate) fn finds(changes: &[Change], expected: &Expect) {
    let (passed, output) = Fixture::with(changes).run(&["--json"]);
    let violations: Vec<Value> = serde_json::from_str(&output).unwrap();
    let lines: Vec<String> = violations
        .iter()
        .map(|violation| {
            let text = |key: &str| violation[key].to_string().trim_matches('"').to_owned();
            let file = text("file").rsplit('/').next().unwrap().to_owned();
            let place = [file, text("line"), text("column")].join(":");
            format!("{} {place} {}\n", text("code"), text("message"))
        })
        .collect();
    expected.assert_eq(&lines.concat());
    assert_eq!(passed, violations.is_empty(), "{output}");
}

/// A workspace in a temporary folder.
pub(crate) struct Fixture {
    folder: TempDir,
}

impl Fixture {
    pub(crate) fn with(changes: &[Change]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clean = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boundary/clean");
        copy(&clean, folder.path());
        let fixture = Self { folder };
        fixture.apply(changes);
        fixture
    }

    pub(crate) fn apply(&self, changes: &[Change]) {
        for Change { file, edit } in changes {
            let path = self.folder.path().join(file);
            let text = fs::read_to_string(&path).unwrap_or_default();
            let text = match edit {
                Edit::Append(more) => format!("{text}{more}\n"),
                Edit::Replace(from, to) => {
                    assert!(text.contains(from), "{file} does not contain {from}");
                    text.replace(from, to)
                }
                Edit::Remove => {
                    fs::remove_file(&path).unwrap();
                    continue;
                }
            };
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
    }

    /// Makes everything so far a commit.
    pub(crate) fn commit(&self) {
        let git = |arguments: &[&str]| {
            let author = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
            let mut command = Command::new("git");
            command.arg("-C").arg(self.folder.path()).args(author).args(arguments);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        git(&["init", "--quiet"]);
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--no-gpg-sign", "--message", "base"]);
    }

    /// Releases the last commit.
    pub(crate) fn release(&self) {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.folder.path()).args(["tag", "v1.0.0"]);
        assert!(command.status().unwrap().success());
    }

    /// The last commit.
    pub(crate) fn head(&self) -> String {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.folder.path()).args(["rev-parse", "HEAD"]);
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
    }

    /// Runs the check; returns whether it passed and what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> (bool, String) {
        run(self.folder.path(), arguments)
    }

    /// Runs `events check` or `events write` for a host with this catalogue.
    pub(crate) fn events(&self, what: &str, catalog: &Value) -> (bool, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), catalog.to_string()).unwrap();
        let file = file.path().to_str().unwrap();
        xtask(&["events", what], self.folder.path(), &["--catalog", file])
    }

    /// The text of a file.
    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }
}

pub(crate) fn run(root: &Path, arguments: &[&str]) -> (bool, String) {
    xtask(&["boundary"], root, arguments)
}

fn xtask(command: &[&str], root: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(command)
        .arg("--root")
        .arg(root)
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let errors = text(output.stderr);
    (output.status.success(), text(output.stdout) + &errors)
}

fn is_summary(line: &str) -> bool {
    line.starts_with("boundary: ") || line.starts_with("note: ")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
