//! Answers whose tokens come one by one, at a pace: how late each is heard, and what an answer costs that is open.

use std::{
    iter::repeat_n,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use llm::testing::{Gate, ProviderServer, Reply};
use scenarios::Percentiles;
use tokio::{
    sync::mpsc::{Sender, channel},
    task::JoinSet,
    time::sleep_until,
};

use crate::{
    Args,
    hearing::{Ears, Hearing, WORD},
};

/// So many answers there are at least, over all passes.
const ANSWERS: usize = 200;
/// But not so many passes more than these, nor fewer.
const PASSES: (usize, usize) = (2, 20);

/// What clients have seen, in microseconds.
#[derive(Debug, Default)]
struct Seen {
    first: Vec<u64>,
    each: Vec<u64>,
    late: Vec<u64>,
}

/// What one way does with so many answers at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paced {
    /// From when a question was due to the first token.
    pub(crate) first: Percentiles,
    /// From the provider's letting go of a token to its being heard.
    pub(crate) each: Percentiles,
    /// How late tokens were let go: what this machine could not keep up with, and nobody's doing.
    pub(crate) late: Percentiles,
    /// What the host had in memory when all answers were open, in kibibytes.
    pub(crate) memory: u64,
}

/// Hears so many answers at once, again and again; `memory` tells what the host has.
pub(crate) async fn measure(
    ears: &Ears,
    server: &ProviderServer,
    args: &Args,
    streams: usize,
    memory: impl Fn() -> anyhow::Result<u64>,
) -> anyhow::Result<Paced> {
    let (mut seen, mut most) = (Seen::default(), 0);
    for _ in 0..ANSWERS.div_ceil(streams).clamp(PASSES.0, PASSES.1) {
        most = most.max(pass(ears, server, args, streams, &mut seen, &memory).await?);
    }
    let Seen { first, each, late } = seen;
    let [first, each, late] = [first, each, late].map(Percentiles::of);
    Ok(Paced { first, each, late, memory: most })
}

/// The tokens of one answer behind the first, each of which waits until it is let go.
struct Line {
    tokens: Vec<(Gate, OnceLock<Instant>)>,
}

impl Line {
    fn new(tokens: usize) -> Self {
        Self { tokens: repeat_n((), tokens).map(|()| (Gate::closed(), OnceLock::new())).collect() }
    }

    /// What the provider says: first which answer it is.
    fn reply(&self, number: usize) -> Reply {
        let words = repeat_n(WORD.to_owned(), self.tokens.len());
        let reply = Reply::saying([format!("{number} ")].into_iter().chain(words));
        let gates = self.tokens.iter().enumerate();
        gates.fold(reply, |reply, (before, (gate, _))| reply.waiting_after(before + 1, gate))
    }

    fn let_go(&self, token: usize) {
        let (gate, at) = &self.tokens[token];
        at.get_or_init(Instant::now);
        gate.open();
    }
}

/// Hears so many answers at once; gives what the host had in memory before their last tokens.
async fn pass(
    ears: &Ears,
    server: &ProviderServer,
    args: &Args,
    streams: usize,
    seen: &mut Seen,
    memory: impl Fn() -> anyhow::Result<u64>,
) -> anyhow::Result<u64> {
    let lines: Arc<Vec<Line>> =
        Arc::new(repeat_n((), streams).map(|()| Line::new(args.tokens)).collect());
    for (number, line) in lines.iter().enumerate() {
        server.next(line.reply(number));
    }
    let (begun, mut beginnings) = channel(streams);
    let mut clients = JoinSet::new();
    let start = tokio::time::Instant::now();
    for client in 0..streams {
        let (ears, lines, begun) = (ears.clone(), Arc::clone(&lines), begun.clone());
        let comes = start + part(Duration::from_secs(1), client, args.arriving);
        clients.spawn(async move {
            sleep_until(comes).await;
            hear(&ears, client, comes.into_std(), &lines, begun).await
        });
    }
    for _ in 0..streams {
        tokio::select! {
            Some(()) = beginnings.recv() => {}
            Some(client) = clients.join_next() => {
                client??;
                bail!("an answer ends before its last token is let go");
            }
        }
    }
    let (mut found, tick) = (0, Duration::from_millis(args.tick));
    let start = tokio::time::Instant::now();
    for token in 0..args.tokens {
        if token + 1 == args.tokens {
            found = memory()?;
        }
        for (number, line) in lines.iter().enumerate() {
            // Evenly spread, as people who have nothing to do with each other hear theirs.
            let due = start + part(tick, token * streams + number, streams);
            sleep_until(due).await;
            line.let_go(token);
            seen.late.push(micros(due.into_std()));
        }
    }
    while let Some(client) = clients.join_next().await {
        let Seen { first, each, late: _ } = client??;
        seen.first.extend(first);
        seen.each.extend(each);
    }
    Ok(found)
}

/// When the one of this number is due, of so many in each `whole`.
fn part(whole: Duration, number: usize, of: usize) -> Duration {
    let micros = whole.as_micros() * number as u128 / of as u128;
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// Asks what is due, and hears one of the answers.
async fn hear(
    ears: &Ears,
    client: usize,
    asked: Instant,
    lines: &[Line],
    begun: Sender<()>,
) -> anyhow::Result<Seen> {
    let mut hearing = ears.ask(client).await?;
    let first = next(&mut hearing).await?;
    let mut seen = Seen { first: vec![micros(asked)], ..Seen::default() };
    let line = &lines[first.trim_end().parse::<usize>()?];
    begun.send(()).await?;
    let mut length = 0;
    while seen.each.len() < line.tokens.len() {
        length += next(&mut hearing).await?.len();
        for (_, let_go) in &line.tokens[seen.each.len()..length / WORD.len()] {
            seen.each.push(micros(*let_go.get().context("nobody hears what was not said")?));
        }
    }
    while hearing.next().await?.is_some() {}
    Ok(seen)
}

async fn next(hearing: &mut Hearing) -> anyhow::Result<String> {
    hearing.next().await?.context("an answer is too short")
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
