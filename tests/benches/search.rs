//! How long a search takes among many documents, beside a scan of their texts for the same letters, and how fast the index
//! reads what was written before it.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use clap::Parser as _;
use documents::{CreateDocument, SearchDocuments, scan_texts};
use identity::{CreateWorkspace, testing::confirmed_user};
use perme8::{App, AppOptions, MIGRATIONS};
use perme8_events::{Origin, UserId, WorkspaceId, testing::TestDb};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use scenarios::{Engine, Percentiles, on_each};
use serde::Serialize;

/// So many different words are written, some of them often and most of them rarely.
const VOCABULARY: usize = 20_000;
/// So many of them stand in a document.
const WORDS: usize = 150;
/// A page of what is found.
const PAGE: u8 = 20;
/// What people type: how many words, and how many letters of each.
const QUERIES: [(&str, usize, usize); 4] = [
    ("a whole word", 1, usize::MAX),
    ("three letters", 1, 3),
    ("two letters", 1, 2),
    ("three whole words", 3, usize::MAX),
];

/// Searches among many documents.
#[derive(Debug, clap::Parser)]
struct Args {
    /// How many documents there are
    #[arg(long, default_value_t = 5_000)]
    documents: usize,
    /// How many searches of each kind
    #[arg(long, default_value_t = 200)]
    searches: usize,
    /// For machines
    #[arg(long)]
    json: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What one engine does.
#[derive(Debug, Serialize)]
struct Figures {
    engine: &'static str,
    documents: usize,
    /// Documents per second that the index reads.
    indexed: f64,
    queries: Vec<Row>,
}

/// One kind of query.
#[derive(Debug, Serialize)]
struct Row {
    query: &'static str,
    search: Percentiles,
    scan: Percentiles,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let measure = on_each(&Engine::ALL, 4, MIGRATIONS, async |test| measure(test, &args).await);
    let all = measure.await?;
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&all)?)?;
        return Ok(());
    }
    writeln!(
        out,
        "search      query                 p50 ms      scan   ratio      p99 ms      scan   ratio"
    )?;
    for Figures { engine, documents, indexed, queries } in all {
        for Row { query, search, scan } in queries {
            write!(out, "{engine:<12}{query:<18}")?;
            for (search, scan) in [(search.p50, scan.p50), (search.p99, scan.p99)] {
                write!(out, "{search:>10.2}{scan:>10.2}{:>8.3}  ", search / scan)?;
            }
            writeln!(out)?;
        }
        writeln!(out, "{engine:<12}{documents} documents, {indexed:.0} of them read per second")?;
    }
    Ok(())
}

async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Figures> {
    let options = AppOptions { cheap_passwords: true, limits: None, ..AppOptions::default() };
    let app = App::assemble(test.db.clone(), options).await?;
    let writer = confirmed_user(app.identity(), "writer@example.com", "Some", "Body").await;
    let command = CreateWorkspace { name: "Library".to_owned(), description: None, color: None };
    let workspace = app.identity().create_workspace(Origin::user(writer), command).await?.id;
    let mut chance = StdRng::seed_from_u64(20_260_105);
    let vocabulary: Vec<String> = (0..VOCABULARY).map(|_| word(&mut chance)).collect();
    for number in 0..args.documents {
        let content: Vec<&str> = (0..WORDS).map(|_| pick(&vocabulary, &mut chance)).collect();
        let command = CreateDocument {
            workspace: workspace.into(),
            project: None,
            title: format!("{} {number}", pick(&vocabulary, &mut chance)),
            content: Some(content.join(" ")),
            is_public: true,
        };
        app.documents().create_document(Origin::user(writer), command).await?;
    }
    let begun = Instant::now();
    app.start().await?;
    until_read(&app).await?;
    let indexed = begun.elapsed();
    let mut queries = Vec::new();
    for (query, words, letters) in QUERIES {
        let (mut searches, mut scans) = (Vec::new(), Vec::new());
        for _ in 0..args.searches {
            let wanted: Vec<String> = (0..words)
                .map(|_| pick(&vocabulary, &mut chance).chars().take(letters).collect())
                .collect();
            searches.push(search(&app, writer, workspace, &wanted.join(" ")).await?);
            scans.push(scan(test, &wanted.join("%")).await?);
        }
        let (search, scan) = (Percentiles::of(searches), Percentiles::of(scans));
        queries.push(Row { query, search, scan });
    }
    app.tasks().shutdown(Duration::from_secs(10)).await?;
    #[expect(clippy::cast_precision_loss, reason = "some thousand documents")]
    let indexed = args.documents as f64 / indexed.as_secs_f64();
    Ok(Figures { engine: test.db.engine_name(), documents: args.documents, indexed, queries })
}

/// Waits until the index, and every other handler, has read everything.
async fn until_read(app: &App) -> anyhow::Result<()> {
    let handlers = async || app.operations().handlers().await;
    while handlers().await?.iter().any(|handler| handler.lag_events + handler.aside > 0) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Microseconds until somebody has a page of what was found.
async fn search(
    app: &App,
    user: UserId,
    workspace: WorkspaceId,
    words: &str,
) -> anyhow::Result<u64> {
    let asked = SearchDocuments { words: words.to_owned(), limit: PAGE, after: None };
    let begun = Instant::now();
    app.documents().search(&Origin::user(user), &workspace.into(), asked).await?;
    Ok(begun.elapsed().as_micros().try_into()?)
}

/// The same for what a program without an index would do, of the texts alone.
async fn scan(test: &TestDb, letters: &str) -> anyhow::Result<u64> {
    let begun = Instant::now();
    scan_texts(&test.db, letters, PAGE).await?;
    Ok(begun.elapsed().as_micros().try_into()?)
}

fn word(chance: &mut StdRng) -> String {
    let length = chance.random_range(3..=9);
    (0..length).map(|_| char::from(chance.random_range(b'a'..=b'z'))).collect()
}

/// A word; half of the time one of the 2 % that everybody uses.
fn pick<'a>(vocabulary: &'a [String], chance: &mut StdRng) -> &'a str {
    let most = if chance.random_bool(0.5) { VOCABULARY / 50 } else { VOCABULARY };
    &vocabulary[chance.random_range(0..most)]
}
