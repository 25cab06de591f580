//! What is published or released already, and must not change any more.

use std::{path::Path, process::Command};

use anyhow::Context as _;

use crate::process;

/// The commits whose migrations and golden files count as published.
///
/// On a branch that is where it left the shared one; on the shared branch itself it is the
/// present commit and the one before. A folder without history has published nothing.
pub(crate) fn published(root: &Path) -> anyhow::Result<Vec<String>> {
    if !root.join(".git").exists() {
        return Ok(Vec::new());
    }
    git(root, &["rev-parse", "--git-dir"]).context("git does not show what was published")?;
    let commit = |arguments: &[&str]| git(root, arguments).ok().map(|id| id.trim().to_owned());
    let Some(head) = commit(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) else {
        return Ok(Vec::new());
    };
    let before = || commit(&["rev-parse", "--verify", "--quiet", "HEAD^1"]);
    Ok(match commit(&["merge-base", "HEAD", "origin/main"]) {
        Some(base) if base != head => vec![base],
        _ => before().into_iter().chain([head]).collect(),
    })
}

/// The last release: the newest tag of the form `v1.0.0` below the present commit.
pub(crate) fn last_release(root: &Path) -> anyhow::Result<Option<String>> {
    if !root.join(".git").exists() {
        return Ok(None);
    }
    let tags = git(root, &["tag", "--merged", "HEAD", "--sort=-creatordate", "--list", "v[0-9]*"]);
    Ok(tags.context("git does not show what was released")?.lines().next().map(str::to_owned))
}

pub(crate) fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("git");
    // A hook tells git which repository it is about, and that may be another one.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(variable);
    }
    process::output(command.arg("-C").arg(root).args(arguments))
}
