//! The host runs what the source declares.
//!
//! `docs/contexts.md` names every handler and every queue that the source declares; `cargo xtask codegen --check`, and a test of
//! `xtask`, hold that. Here it is compared with what the host has registered.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use perme8::{App, AppOptions, MIGRATIONS};
use perme8_events::testing::TestDb;

/// What takes longer does not happen.
const DEADLINE: Duration = Duration::from_secs(30);

/// What the core has for others, whom the host runs by names of their own.
const OF_THE_CORE: &str = "of the core";

/// Names of handlers and of queues.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names {
    handlers: BTreeSet<String>,
    queues: BTreeSet<String>,
}

impl Names {
    /// Those that a page about contexts has.
    fn told_by(page: &str) -> Self {
        let handlers =
            rows(page, "**Handlers**").filter(|cells| cells.get(1) != Some(&OF_THE_CORE));
        let queues = rows(page, "**Jobs**");
        Self {
            handlers: handlers.filter_map(|cells| quoted(cells.first()?)).collect(),
            queues: queues.filter_map(|cells| quoted(cells.get(1)?)).collect(),
        }
    }

    /// Those that the host has registered, with everything that a setting turns on.
    async fn run_by_the_host() -> Self {
        TestDb::sqlite(MIGRATIONS)
            .await
            .run(async |test| {
                let options = AppOptions { onboarding: true, ..AppOptions::default() };
                let app = App::assemble(test.db.clone(), options).await.unwrap();
                app.tasks().shutdown(DEADLINE).await.unwrap();
                Self {
                    handlers: owned(&app.runtime().handler_names()),
                    queues: owned(&app.runtime().queue_names()),
                }
            })
            .await
    }

    /// What somebody has declared and nobody runs.
    fn not_among(&self, run: &Self) -> Vec<String> {
        let handlers = self.handlers.difference(&run.handlers);
        let queues = self.queues.difference(&run.queues);
        handlers
            .map(|name| format!("the handler {name}"))
            .chain(queues.map(|name| format!("the queue {name}")))
            .collect()
    }
}

fn owned(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The cells of each row of the tables of this title.
fn rows<'a>(page: &'a str, title: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    let tables = page.split(title).skip(1);
    // A table ends where the next title or heading begins.
    let rows = tables.flat_map(|table| {
        table.lines().take_while(|line| !line.starts_with("**") && !line.starts_with('#'))
    });
    rows.filter_map(|line| line.strip_prefix("| ")).map(|line| line.split(" | ").collect())
}

/// The first thing that stands in backticks.
fn quoted(cell: &str) -> Option<String> {
    cell.split('`').nth(1).map(str::to_owned)
}

fn page() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/contexts.md");
    fs::read_to_string(file).unwrap()
}

#[tokio::test]
async fn every_handler_and_every_queue_is_run() {
    let forgotten = Names::told_by(&page()).not_among(&Names::run_by_the_host().await);
    assert_eq!(forgotten, [""; 0], "register it in the host's `app/parts.rs`");
}

#[tokio::test]
async fn whatever_nobody_runs_is_found() {
    let (told, run) = (Names::told_by(&page()), Names::run_by_the_host().await);
    assert_eq!(run.handlers, told.handlers, "the page has every handler that is run");
    for handler in &run.handlers {
        let mut fewer = run.clone();
        fewer.handlers.remove(handler);
        assert_eq!(told.not_among(&fewer), [format!("the handler {handler}")]);
    }
    assert!(told.queues.contains("mail.outgoing"), "{told:?}");
    for queue in &told.queues {
        let mut fewer = run.clone();
        fewer.queues.remove(queue);
        assert_eq!(told.not_among(&fewer), [format!("the queue {queue}")]);
    }
}

#[test]
fn a_page_is_read_table_by_table() {
    let page = "\
## lending

**Handlers**

| handler | what | meaning | events |
|---|---|---|---|
| [`lending.on_member_left`](../on_member_left.rs) | handler | Takes back `books`. | 1 type |

**Jobs**

| job | queue | meaning |
|---|---|---|
| [`Reminder`](../reminder.rs) | `lending.reminders` | A word to `late` readers. |

**Tables**

`lending_books`

## core

**Handlers**

| handler | what | meaning | events |
|---|---|---|---|
| [`ProcessHandler`](../process.rs) | of the core | A `process` manager. | 4 types |
";
    let told = Names::told_by(page);
    assert_eq!(told.handlers, BTreeSet::from(["lending.on_member_left".to_owned()]));
    assert_eq!(told.queues, BTreeSet::from(["lending.reminders".to_owned()]));
    let run = Names { handlers: BTreeSet::new(), ..told.clone() };
    assert_eq!(told.not_among(&run), ["the handler lending.on_member_left"]);
}
