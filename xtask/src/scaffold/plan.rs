//! What will be written, before any of it is.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// Files of a workspace, as they will be, and what is left to do by hand.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    root: &'a Path,
    files: BTreeMap<String, Planned>,
    by_hand: Vec<String>,
}

#[derive(Debug)]
struct Planned {
    text: String,
    is_new: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, files: BTreeMap::new(), by_hand: Vec::new() }
    }

    /// Plans a file that must not be there yet.
    pub(super) fn create(&mut self, file: String, text: String) -> Result<()> {
        if self.files.contains_key(&file) || self.root.join(&file).exists() {
            bail!("{file} is there already: choose another name, or go on with that file");
        }
        self.files.insert(file, Planned { text, is_new: true });
        Ok(())
    }

    /// What a file will contain.
    pub(super) fn text(&self, file: &str) -> Result<String> {
        match self.files.get(file) {
            Some(planned) => Ok(planned.text.clone()),
            None => fs::read_to_string(self.root.join(file))
                .with_context(|| format!("{file} cannot be read")),
        }
    }

    /// Plans another text for a file.
    pub(super) fn change(
        &mut self,
        file: &str,
        change: impl FnOnce(&str) -> Result<String>,
    ) -> Result<()> {
        let text = change(&self.text(file)?).with_context(|| format!("{file} stays as it is"))?;
        let is_new = self.files.get(file).is_some_and(|planned| planned.is_new);
        self.files.insert(file.to_owned(), Planned { text, is_new });
        Ok(())
    }

    pub(super) fn leave_to_hand(&mut self, what: String) {
        self.by_hand.push(what);
    }

    /// Formats what is planned, then writes it, and says what is left to do.
    pub(super) fn write(self) -> Result<()> {
        let Self { root, mut files, by_hand } = self;
        for (file, planned) in &mut files {
            if Path::new(file).extension().is_some_and(|extension| extension == "rs") {
                planned.text = formatted(root, &planned.text)
                    .with_context(|| format!("{file} cannot be formatted; nothing is written"))?;
            }
        }
        for (file, Planned { text, is_new }) in &files {
            let path = root.join(file);
            let folder = path.parent().expect("a file of the workspace is in a folder");
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
            fs::write(&path, text).with_context(|| format!("cannot write {file}"))?;
            eprintln!("{} {file}", if *is_new { "made" } else { "changed" });
        }
        eprintln!("\nLeft to do by hand:");
        for (index, what) in by_hand.iter().enumerate() {
            eprintln!("{}. {what}", index + 1);
        }
        Ok(())
    }
}

/// The text as `cargo fmt` would have it.
fn formatted(root: &Path, text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start `rustfmt`")?;
    let mut input = rustfmt.stdin.take().context("rustfmt does not listen")?;
    // It reads everything before it says anything.
    input.write_all(text.as_bytes()).context("rustfmt does not listen")?;
    drop(input);
    let output = rustfmt.wait_with_output().context("rustfmt does not answer")?;
    if !output.status.success() {
        bail!("rustfmt says: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    String::from_utf8(output.stdout).context("rustfmt wrote something that is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_planned_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), "a\n").unwrap();
        let mut plan = Plan::new(folder.path());
        plan.create("b.md".to_owned(), "b\n".to_owned()).unwrap();
        for taken in ["a.md", "b.md"] {
            let error = plan.create(taken.to_owned(), String::new()).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{taken} is there already")));
        }
    }

    #[test]
    fn nothing_is_written_when_something_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = Plan::new(folder.path());
        plan.create("a.rs".to_owned(), "//! A.\n".to_owned()).unwrap();
        plan.create("b.rs".to_owned(), "struct;\n".to_owned()).unwrap();
        assert!(plan.write().is_err());
        assert!(!folder.path().join("a.rs").exists());
    }
}
