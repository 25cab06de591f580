//! A copy of the small workspace.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A workspace in a temporary folder, with what its host would say of itself.
pub(crate) struct Library {
    folder: TempDir,
}

impl Library {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/codegen/library"),
            folder.path(),
        );
        Self { folder }
    }

    /// The same, with everything written.
    pub(crate) fn documented() -> Self {
        let library = Self::new();
        let (written, said) = library.codegen(&[]);
        assert!(written, "{said}");
        library
    }

    /// Whether it succeeded, and what it said.
    pub(crate) fn codegen(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("codegen")
            .args(arguments)
            .arg("--root")
            .arg(self.folder.path())
            .arg("--catalog")
            .arg(self.path("catalog.json"))
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout) + &text(output.stderr))
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// Puts another text in the place of one.
    pub(crate) fn swap(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} does not contain {from}");
        fs::write(self.path(file), text.replace(from, to)).unwrap();
    }

    pub(crate) fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).unwrap();
    }
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
