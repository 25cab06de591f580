//! A throwaway cluster, seen from the process that it exists for.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, bail};

use super::{Durability, binaries::Binaries, keeper};

/// A server of our own; dropping this stops it and removes its files.
#[derive(Debug)]
pub(crate) struct Cluster {
    keeper: Child,
    url: String,
    version: String,
}

impl Cluster {
    pub(crate) fn start(binaries: &Binaries, durability: Durability) -> anyhow::Result<Self> {
        let mut keeper = Command::new(this_program()?)
            .args(keeper::arguments(binaries, durability))
            // Ctrl-C is for us; the keeper notices that we are gone.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the keeper of the cluster")?;
        let mut port = String::new();
        let answers = keeper.stdout.take().expect("its output is piped");
        BufReader::new(answers)
            .read_line(&mut port)
            .context("cannot hear the keeper of the cluster")?;
        if port.is_empty() {
            let status = keeper.wait()?;
            bail!("PostgreSQL {} did not start ({status}, see above)", binaries.version);
        }
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", port.trim());
        Ok(Self { keeper, url, version: binaries.version.clone() })
    }

    /// The superuser on the maintenance database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What a summary calls it.
    pub(crate) fn name(&self) -> String {
        format!("PostgreSQL {}", self.version)
    }

    /// Waits until the server is stopped by somebody else.
    pub(crate) fn wait(mut self) -> anyhow::Result<()> {
        // Taken out, since waiting for a child closes its input, which would stop the server.
        let alive = self.keeper.stdin.take();
        let status = self.keeper.wait().context("cannot wait for the keeper of the cluster")?;
        drop(alive);
        if !status.success() {
            bail!("the keeper of the cluster ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// This very program, also when a build has replaced its file in the meantime.
fn this_program() -> anyhow::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() {
        return Ok(running.to_owned());
    }
    std::env::current_exe().context("cannot find the program that is running")
}
