//! PostgreSQL to test against: the server that is named, or a throwaway cluster.
//!
//! A cluster lives exactly as long as the process that started it. Nothing here waits for that
//! process to clean up: a *keeper*, a second process in its own process group, holds the server
//! and the other end of a pipe. When the pipe closes, for whatever reason and also after
//! `kill -9`, the keeper stops the server and removes its files.

pub(crate) mod account;
pub(crate) mod binaries;
pub(crate) mod cluster;
pub(crate) mod foreground;
pub(crate) mod home;
pub(crate) mod keeper;
pub(crate) mod wire;

use std::net::{TcpStream, ToSocketAddrs as _};

use anyhow::Context as _;

use crate::{console, environment};
use cluster::Cluster;

/// Where the tests look for the superuser of a PostgreSQL server.
pub(crate) const VARIABLE: &str = "PERME8_TEST_POSTGRES";

/// What the server does about a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Nothing: tests are repeatable, so they are better fast.
    Fast,
    /// Everything, as in production: for proofs and measurements.
    Durable,
}

/// A server to test against.
#[derive(Debug)]
pub(crate) enum Server {
    /// Somebody else's, named by the environment.
    Given(String),
    /// Our own, gone when this value is.
    Throwaway(Cluster),
}

impl Server {
    /// The superuser on a maintenance database.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Throwaway(cluster) => cluster.url(),
        }
    }

    /// What a summary calls it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Given(_) => format!("PostgreSQL of {VARIABLE}"),
            Self::Throwaway(cluster) => cluster.name(),
        }
    }
}

/// The server of the environment, or a new cluster; `None` where nothing is installed.
pub(crate) fn find(durability: Durability) -> anyhow::Result<Option<Server>> {
    if let Some(url) = environment::variable(VARIABLE) {
        check_given(&url)?;
        return Ok(Some(Server::Given(url)));
    }
    Ok(start(durability)?.map(Server::Throwaway))
}

/// A new cluster, whatever the environment says; `None` where nothing is installed.
pub(crate) fn start(durability: Durability) -> anyhow::Result<Option<Cluster>> {
    match binaries::installed()? {
        Some(binaries) => Cluster::start(&binaries, durability).map(Some),
        None => Ok(None),
    }
}

/// A server for commands that make no sense without one.
pub(crate) fn require(durability: Durability) -> anyhow::Result<Server> {
    find(durability)?.with_context(missing)
}

/// Why there is no server, and the one command that changes it.
pub(crate) fn missing() -> String {
    format!("no PostgreSQL is installed; `{}` installs it, or {VARIABLE} names a server", install())
}

/// The one command that installs PostgreSQL here.
pub(crate) fn install() -> &'static str {
    if cfg!(target_os = "macos") {
        "brew install postgresql@17"
    } else {
        "apt-get install -y postgresql"
    }
}

fn check_given(url: &str) -> anyhow::Result<()> {
    let Some((host, port)) = wire::host_and_port(url) else {
        console::note(&format!(
            "{VARIABLE} names no host to look at first, so the tests will tell"
        ));
        return Ok(());
    };
    (host.as_str(), port)
        .to_socket_addrs()
        .map_err(anyhow::Error::from)
        .and_then(|mut addresses| {
            let address = addresses.next().context("the host has no address")?;
            Ok(TcpStream::connect_timeout(&address, wire::PATIENCE)?)
        })
        .with_context(|| {
            format!(
                "nothing answers at {host}:{port}, where {VARIABLE} points; \
                 start that server, or unset the variable and xtask starts one of its own"
            )
        })?;
    Ok(())
}
