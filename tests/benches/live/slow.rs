//! Clients that stop reading while very much happens.

use std::time::Duration;

use anyhow::Context as _;

use crate::{
    clients::{Arrival, Client, Heard, Kind, check},
    process::Host,
    tick::Tick,
};

/// So much happens in the busy workspace while its slow clients do not read.
pub(crate) const RATE: u32 = 1000;
pub(crate) const SECONDS: u32 = 8;

/// How long a slow client may take to hear that it should come back, and then to have everything.
const DEADLINE: Duration = Duration::from_mins(1);

/// Two clients of the busy workspace that do not read, one of each kind.
pub(crate) struct Slow(Vec<Client>);

impl Slow {
    pub(crate) async fn open(host: &Host) -> anyhow::Result<Self> {
        let mut clients = Vec::new();
        for (kind, person) in [Kind::Sse, Kind::Socket].into_iter().zip(host.busy()) {
            clients.push(Client::open_narrow(host.address(), kind, person.clone()).await?);
        }
        Ok(Self(clients))
    }

    /// Reads at last: each client must be told to come back, and then gets what it has missed. Gives how many were told.
    pub(crate) async fn wake(self, host: &Host, ticks: &[Tick]) -> anyhow::Result<usize> {
        let mut told = 0;
        for client in self.0 {
            let (kind, workspace) = (client.kind, client.person.workspace);
            let resumed = tokio::time::timeout(DEADLINE, resume(client, host, ticks)).await;
            let arrivals =
                resumed.with_context(|| format!("a slow client ({kind:?}) is stuck"))??;
            check(&arrivals, workspace, ticks)?;
            told += 1;
        }
        Ok(told)
    }
}

async fn resume(mut client: Client, host: &Host, ticks: &[Tick]) -> anyhow::Result<Vec<Arrival>> {
    let mut arrivals = Vec::new();
    let after = loop {
        match client.hear().await? {
            Heard::Tick(arrival) => arrivals.push(arrival),
            Heard::ComeBack(after) => break after,
            Heard::Other => {}
        }
    };
    // Whoever is cut off in the middle goes on behind what it has seen.
    let seen = arrivals.last().map(|arrival| arrival.position);
    let after = after.max(seen).context("there is a place to go on from")?;
    let (kind, person) = (client.kind, client.person.clone());
    drop(client);
    let expected = ticks.iter().filter(|tick| tick.workspace == person.workspace).count();
    let mut again = Client::open(host.address(), kind, person, Some(after)).await?;
    while arrivals.len() < expected {
        if let Heard::Tick(arrival) = again.hear().await? {
            arrivals.push(arrival);
        }
    }
    Ok(arrivals)
}
