//! What was measured.

use std::{collections::HashMap, fmt};

use scenarios::Percentiles;
use serde::Serialize;

use crate::{
    Args,
    clients::{Got, Kind},
    slow,
    tick::Tick,
};

/// What one engine does.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    engine: &'static str,
    clients: usize,
    workspaces: usize,
    rate: u32,
    events: usize,
    deliveries: usize,
    /// Of an event that a client did not get there are none, or there are no figures.
    lost: usize,
    sse: Percentiles,
    socket: Percentiles,
    /// The same while slow clients do not read.
    beside_slow_clients: Percentiles,
    slow_clients_told: usize,
    bytes_per_client: u64,
    bytes_per_idle_client: u64,
}

/// What the host had in memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) empty: u64,
    pub(crate) connected: u64,
    pub(crate) after: u64,
    pub(crate) clients: usize,
}

impl Memory {
    fn each(self, total: u64) -> u64 {
        total.saturating_sub(self.empty) / self.clients as u64
    }
}

pub(crate) fn of(
    engine: &'static str,
    args: &Args,
    steady: &[Tick],
    disturbed: &[Tick],
    got: &[Got],
    memory: Memory,
    slow_clients_told: usize,
) -> Figures {
    let committed = |ticks: &[Tick]| -> HashMap<u64, u64> {
        ticks.iter().map(|tick| (tick.number, tick.committed_at)).collect()
    };
    let after_commit = |kind: Option<Kind>, committed: &HashMap<u64, u64>| {
        let clients = got.iter().filter(|got| kind.is_none_or(|kind| kind == got.kind));
        let arrivals = clients.flat_map(|got| &got.arrivals);
        // What arrives before the commit is acknowledged took no time.
        let times = arrivals.filter_map(|arrival| {
            Some(arrival.at.saturating_sub(*committed.get(&arrival.number)?))
        });
        Percentiles::of(times.collect())
    };
    let (calm, busy) = (committed(steady), committed(disturbed));
    Figures {
        engine,
        clients: args.clients,
        workspaces: args.workspaces,
        rate: args.rate,
        events: steady.len(),
        deliveries: got.iter().map(|got| got.arrivals.len()).sum(),
        lost: 0,
        sse: after_commit(Some(Kind::Sse), &calm),
        socket: after_commit(Some(Kind::Socket), &calm),
        beside_slow_clients: after_commit(None, &busy),
        slow_clients_told,
        bytes_per_client: memory.each(memory.after),
        bytes_per_idle_client: memory.each(memory.connected),
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, clients, workspaces, rate, events, deliveries, lost, .. } = self;
        writeln!(
            f,
            "{engine}: {clients} clients over {workspaces} workspaces, {rate} events/s, {events} events \
             (milliseconds from the commit to the client)"
        )?;
        writeln!(f, "  {:<46}{:>9}{:>9}{:>9}", "", "p50", "p99", "max")?;
        let beside = format!("all, beside {} large events/s to slow clients", slow::RATE);
        for (what, Percentiles { p50, p95: _, p99, max }) in [
            ("server-sent events", self.sse),
            ("WebSocket", self.socket),
            (&*beside, self.beside_slow_clients),
        ] {
            writeln!(f, "  {what:<46}{p50:>9.2}{p99:>9.2}{max:>9.2}")?;
        }
        let kibibytes = |bytes: u64| bytes.div_ceil(1024);
        writeln!(
            f,
            "  {deliveries} deliveries, {lost} lost; {} slow clients were told to come back and lost nothing",
            self.slow_clients_told
        )?;
        writeln!(
            f,
            "  memory per client: {} KiB idle, {} KiB after the run",
            kibibytes(self.bytes_per_idle_client),
            kibibytes(self.bytes_per_client)
        )
    }
}
