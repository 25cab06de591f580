//! Where and of what the proofs were run.

use std::{fs, path::Path, process::Command, thread};

use crate::{history::git, process};

/// What figures depend upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    /// In mebibytes, where the system tells.
    pub(crate) memory: Option<u64>,
    pub(crate) system: String,
    /// The commit, and whether there was more than that.
    pub(crate) commit: String,
    /// Of the run, as 2026-01-05.
    pub(crate) date: String,
}

impl Machine {
    /// This one, with the workspace as it is.
    pub(crate) fn here(root: &Path) -> anyhow::Result<Self> {
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Ok(Self {
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory: memory(&meminfo),
            system: process::output(Command::new("uname").arg("-sr"))?.trim().to_owned(),
            commit: commit(root),
            date: process::output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?
                .trim()
                .to_owned(),
        })
    }
}

/// The whole memory in mebibytes, as Linux tells it.
fn memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024)
}

fn commit(root: &Path) -> String {
    let Ok(id) = git(root, &["rev-parse", "--short=10", "HEAD"]) else {
        return "none".to_owned();
    };
    // The page itself is written by every run.
    let changed = git(root, &["status", "--porcelain", "--", ".", ":(exclude)docs/proof.md"]);
    let more =
        if changed.is_ok_and(|changed| changed.trim().is_empty()) { "" } else { ", with changes" };
    format!("{}{more}", id.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_read_as_linux_tells_it() {
        assert_eq!(memory("MemTotal:       24580000 kB\nMemFree: 1 kB\n"), Some(24_003));
        assert_eq!(memory("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn a_folder_without_history_has_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(commit(folder.path()), "none");
    }
}
