//! The folder of a throwaway cluster, and the removal of those that nobody owns any more.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    Durability,
    account::{self, Account},
    binaries::Binaries,
    wire,
};
use crate::scratch::{self, Scratch};

const PREFIX: &str = "perme8-postgres-";

/// The folder of one cluster, removed with this value.
#[derive(Debug)]
pub(crate) struct Home(Scratch);

impl Home {
    pub(crate) fn create(durability: Durability, account: Option<Account>) -> anyhow::Result<Self> {
        let folder = match durability {
            Durability::Fast => Scratch::quick(PREFIX)?,
            Durability::Durable => Scratch::lasting(PREFIX)?,
        };
        if let Some(account) = account {
            account.own(folder.path())?;
        }
        Ok(Self(folder))
    }

    pub(crate) fn data(&self) -> PathBuf {
        data(self.0.path())
    }

    pub(crate) fn log(&self) -> PathBuf {
        log(self.0.path())
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
    scratch::sweep(PREFIX, |folder| {
        let data = data(folder);
        // The process id in an old file may by now be somebody else's: ask at the port first.
        if port(&data).is_some_and(wire::is_ready) {
            stop(binaries, account, &data, &log(folder));
        }
    });
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
    fn the_port_is_read_from_the_note_of_the_server() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(port(data.path()), None);
        let note = "4711\n/tmp/data\n1790000000\n34567\n\n127.0.0.1\n";
        fs::write(data.path().join("postmaster.pid"), note).unwrap();
        assert_eq!(port(data.path()), Some(34567));
    }
}
