//! Node and the packages of `tests/node`: the stock clients and the stock server of Yjs, the official parsers of contracts.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

use crate::{console, environment, process};

/// Where the tests look for the program.
pub(crate) const VARIABLE: &str = "PERME8_TEST_NODE";

/// What the packages need.
const OLDEST: u32 = 18;

/// Node, with the packages installed.
#[derive(Debug)]
pub(crate) struct Node {
    program: PathBuf,
    /// For example `20.20.2`.
    version: String,
}

impl Node {
    /// The program itself.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// What a summary calls it.
    pub(crate) fn name(&self) -> String {
        format!("Node {}", self.version)
    }
}

/// Node, with its packages as the lock file wants them; the error names what would help.
pub(crate) fn require() -> anyhow::Result<Node> {
    let path = environment::variable("PATH").unwrap_or_default();
    let given = environment::variable(VARIABLE).map(PathBuf::from);
    let candidates = given.map_or_else(|| programs("node", &path), |given| vec![given]);
    let node = candidates.into_iter().find_map(|program| {
        let answer = process::output(Command::new(&program).arg("--version")).ok()?;
        let version = answer.trim().strip_prefix('v')?.to_owned();
        Some(Node { program, version })
    });
    let node = node.with_context(|| format!("no Node is installed; {}", remedy()))?;
    if major(&node.version).is_none_or(|major| major < OLDEST) {
        bail!("Node {} is installed, but {OLDEST} or newer is needed", node.version);
    }
    install(&process::root().join("tests/node"), &path)?;
    Ok(node)
}

/// How to get what is missing.
fn remedy() -> String {
    let command = if cfg!(target_os = "macos") {
        "brew install node"
    } else {
        "apt-get install -y nodejs npm"
    };
    format!("`{command}` installs it, or {VARIABLE} names the program")
}

/// Installs the packages, unless that was done with the same lock file.
fn install(package: &Path, path: &str) -> anyhow::Result<()> {
    let lock = package.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    // Inside of what `npm ci` removes first, so that half an installation does not count.
    let installed = package.join("node_modules/.installed");
    if fs::read(&installed).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    let Some(npm) = programs("npm", path).into_iter().next() else {
        bail!("Node has no npm with it; {}", remedy());
    };
    console::step("npm ci, since the packages of tests/node are not there or have changed");
    process::output(Command::new(npm).arg("ci").current_dir(package))?;
    fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))
}

/// The programs of this name on the path.
fn programs(name: &str, path: &str) -> Vec<PathBuf> {
    std::env::split_paths(path)
        .map(|folder| folder.join(name))
        .filter(|program| program.is_file())
        .collect()
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_are_installed_as_the_lock_file_wants_are_left_alone() {
        let package = tempfile::tempdir().unwrap();
        let modules = package.path().join("node_modules");
        fs::create_dir(&modules).unwrap();
        fs::write(package.path().join("package-lock.json"), "one").unwrap();
        fs::write(modules.join(".installed"), "one").unwrap();
        // With nothing on the path, whatever had to be done would fail.
        install(package.path(), "").unwrap();
        fs::write(package.path().join("package-lock.json"), "another").unwrap();
        let error = install(package.path(), "").unwrap_err().to_string();
        assert!(error.starts_with("Node has no npm with it; `"), "{error}");
    }

    #[test]
    fn versions_are_compared_by_their_first_number() {
        assert_eq!(major("20.20.2"), Some(20));
        assert_eq!(major("nightly"), None);
    }
}
