//! The folder of a throwaway cluster, and the removal of those that nobody owns any more.

use std::{
    fs::{self, File, TryLockError},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use tempfile::TempDir;

use super::{
    account::{self, Account},
    binaries::Binaries,
    wire,
};

const PREFIX: &str = "perme8-postgres-";
const LOCK: &str = "lock";

/// A folder is locked soon after it was made; before that it must not look abandoned.
const BEING_MADE: Duration = Duration::from_mins(1);

/// The folder of one cluster, removed with this value.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    /// Held open: the kernel gives the lock up with the process that owns the folder.
    _lock: File,
}

impl Home {
    pub(crate) fn create(account: Option<Account>) -> anyhow::Result<Self> {
        Self::create_in(&std::env::temp_dir(), account)
    }

    fn create_in(parent: &Path, account: Option<Account>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        let mut lock =
            File::create(folder.path().join(LOCK)).context("cannot create the lock file")?;
        lock.lock().context("cannot lock the folder of the cluster")?;
        // For somebody who finds the folder and wonders.
        write!(lock, "{}", std::process::id()).context("cannot write to the lock file")?;
        if let Some(account) = account {
            account.own(folder.path())?;
        }
        Ok(Self { folder, _lock: lock })
    }

    pub(crate) fn data(&self) -> PathBuf {
        data(self.folder.path())
    }

    pub(crate) fn log(&self) -> PathBuf {
        log(self.folder.path())
    }

    /// The last lines that the server wrote.
    pub(crate) fn end_of_log(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// Stops the server of a data folder; whatever it has in flight is lost.
pub(crate) fn stop(binaries: &Binaries, account: Option<Account>, data: &Path, log: &Path) -> bool {
    let stopped = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    account::command(&binaries.program("pg_ctl"), account, log).is_ok_and(|mut command| {
        stopped(command.args(["stop", "--mode=immediate", "--timeout=10", "-D"]).arg(data))
    })
}

/// Removes what was left behind by keepers that were killed, with the servers they kept.
pub(crate) fn sweep(binaries: &Binaries, account: Option<Account>) {
    for folder in abandoned(&std::env::temp_dir(), SystemTime::now()) {
        let data = data(&folder);
        // The process id in an old file may by now be somebody else's: ask at the port first.
        if port(&data).is_some_and(wire::is_ready) {
            stop(binaries, account, &data, &log(&folder));
        }
        // A folder of another user stays; it is theirs to sweep.
        let _ = fs::remove_dir_all(&folder);
    }
}

fn abandoned(parent: &Path, now: SystemTime) -> Vec<PathBuf> {
    let ours = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(PREFIX);
    fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter(ours)
        .map(|entry| entry.path())
        .filter(|folder| is_abandoned(&folder.join(LOCK), now).unwrap_or(false))
        .collect()
}

fn is_abandoned(lock: &Path, now: SystemTime) -> std::io::Result<bool> {
    let made = fs::metadata(lock)?.modified()?;
    if now.duration_since(made).unwrap_or_default() < BEING_MADE {
        return Ok(false);
    }
    match File::open(lock)?.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn log(folder: &Path) -> PathBuf {
    folder.join("log")
}

/// The fourth line of the server's own note about itself.
fn port(data: &Path) -> Option<u16> {
    fs::read_to_string(data.join("postmaster.pid")).ok()?.lines().nth(3)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_abandoned_only_when_nobody_holds_its_lock() {
        let parent = tempfile::tempdir().unwrap();
        let later = SystemTime::now() + 2 * BEING_MADE;

        let home = Home::create_in(parent.path(), None).unwrap();
        assert_eq!(abandoned(parent.path(), later), Vec::<PathBuf>::new());

        let Home { folder, _lock: lock } = home;
        let left_behind = folder.keep();
        drop(lock);
        assert_eq!(abandoned(parent.path(), SystemTime::now()), Vec::<PathBuf>::new());
        assert_eq!(abandoned(parent.path(), later), [left_behind]);
    }

    #[test]
    fn a_folder_of_somebody_else_is_never_abandoned() {
        let parent = tempfile::tempdir().unwrap();
        fs::create_dir(parent.path().join("perme8-notes")).unwrap();
        fs::write(parent.path().join("perme8-notes").join(LOCK), "").unwrap();
        let later = SystemTime::now() + 2 * BEING_MADE;
        assert_eq!(abandoned(parent.path(), later), Vec::<PathBuf>::new());
    }

    #[test]
    fn the_port_is_read_from_the_note_of_the_server() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(port(data.path()), None);
        let note = "4711\n/tmp/data\n1790000000\n34567\n\n127.0.0.1\n";
        fs::write(data.path().join("postmaster.pid"), note).unwrap();
        assert_eq!(port(data.path()), Some(34567));
    }
}
