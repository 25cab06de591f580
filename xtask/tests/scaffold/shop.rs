//! A copy of the small workspace.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use expect_test::{Expect, ExpectFile};
use tempfile::TempDir;

/// A workspace in a temporary folder.
pub(crate) struct Shop {
    folder: TempDir,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files(&fixture()) {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { folder }
    }

    /// Whether it succeeded, and what it said.
    pub(crate) fn xtask(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments)
            .arg("--root")
            .arg(self.folder.path())
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    }

    /// What a file contains now.
    pub(crate) fn text(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    /// What it says, and every file that is not as it was.
    pub(crate) fn writes(&self, arguments: &[&str], expected: &ExpectFile) {
        let before = files(self.folder.path());
        let (written, said) = self.xtask(arguments);
        assert!(written, "{said}");
        let mut text = format!("$ cargo xtask {}\n{said}", arguments.join(" "));
        for (file, now) in files(self.folder.path()) {
            if before.get(&file) != Some(&now) {
                write!(text, "\n══ {}\n{now}", file.display()).unwrap();
            }
        }
        expected.assert_eq(&text);
    }

    /// Why it does not do it; nothing is another.
    pub(crate) fn refuses(&self, arguments: &[&str], expected: &Expect) {
        let before = files(self.folder.path());
        let (written, said) = self.xtask(arguments);
        assert!(!written, "{said}");
        expected.assert_eq(&said);
        assert_eq!(files(self.folder.path()), before, "something was written");
    }
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scaffold/shop")
}

/// Every file below a folder but what Cargo writes by itself.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "Cargo.lock") {
                let text = fs::read_to_string(&path).unwrap();
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), text);
            }
        }
    }
    files
}
