//! How long it takes until somebody who opens a document has all of it.

use std::{
    fmt,
    time::{Duration, Instant},
};

use anyhow::ensure;
use serde::Serialize;

use crate::{
    editors::Editor,
    servers::Server,
    wire::{self, Edit},
};

/// So many people have typed it, each a paragraph.
const AUTHORS: u64 = 20;
/// How often a document is opened; the median counts.
const TIMES: usize = 5;

pub(crate) const HEAD: &str = "opening        edits    before compaction ms    after ms    open here ms    stock ms   ratio    KiB";

/// Of one document with many edits.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) engine: &'static str,
    edits: u64,
    /// Milliseconds, when every edit is stored by itself.
    before: f64,
    /// Milliseconds, when they have been put together.
    after: f64,
    /// Milliseconds, when somebody else has it open.
    open: f64,
    /// Milliseconds at the stock server, which has every document in memory for ever.
    stock: f64,
    /// How large what an editor gets is.
    kibibytes: usize,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, edits, before, after, open, stock, kibibytes } = self;
        write!(f, "{engine:<12}{edits:>8}{before:>24.1}{after:>12.1}{open:>16.1}{stock:>12.1}")?;
        write!(f, "{:>8.2}{kibibytes:>7}", open / stock)
    }
}

/// So many updates of Yjs, typed by some people in turns.
pub(crate) fn updates(count: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(|number| {
        let author = 1 + number % AUTHORS;
        match number / AUTHORS {
            0 => wire::begin(author),
            edit => wire::typed(Edit { author, clock: wire::BEGINNING + edit }),
        }
    })
}

/// Opens the document of this number at our server, where every edit is stored by itself, and at the stock server, which gets
/// the same edits first.
pub(crate) async fn measure(
    engine: &'static str,
    ours: &Server,
    stock: &Server,
    document: usize,
    edits: u64,
) -> anyhow::Result<Row> {
    let mut typist = Editor::open(stock, 0, document).await?;
    typist.say(updates(edits)).await?;
    typist.ask().await?;
    let (before, size) = once(ours, document).await?;
    // Whoever leaves last lets the edits be put together.
    let after = often(ours, document, size).await?;
    let reader = Editor::open(ours, 1, document).await?;
    let open = often(ours, document, size).await?;
    reader.leave().await?;
    let stock = often(stock, document, size).await?;
    Ok(Row { engine, edits, before, after, open, stock, kibibytes: size / 1024 })
}

/// Milliseconds until everything is there, and how many bytes that are.
async fn once(server: &Server, document: usize) -> anyhow::Result<(f64, usize)> {
    let begun = Instant::now();
    let editor = Editor::open(server, 0, document).await?;
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    let size = editor.size;
    editor.leave().await?;
    // A room is gone a moment after its last editor.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok((took, size))
}

async fn often(server: &Server, document: usize, expected: usize) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let (took, size) = once(server, document).await?;
        ensure!(size > expected / 2, "an editor gets {size} bytes instead of {expected}");
        times.push(took);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[TIMES / 2])
}
