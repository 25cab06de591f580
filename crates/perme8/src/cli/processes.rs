//! `perme8 processes`.

use perme8_events::{host::CaseStatus, sql::Db};
use serde::Serialize;

use crate::{
    app,
    cli::{Console, Failure, Paint, Report, plain, references::instant, tables::table},
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List cases that process managers follow, those first in which nothing has happened for the longest time
    List {
        /// Only those that cannot go on by themselves
        #[arg(long, conflicts_with = "status")]
        stuck: bool,
        /// Only those that are running, completed, compensating, compensated or stuck
        #[arg(long, value_name = "STATUS", value_parser = ["running", "completed", "compensating", "compensated", "stuck"])]
        status: Option<String>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        limit: u32,
    },
}

/// The cases.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct CaseList {
    cases: Vec<CaseStatus>,
}

pub(crate) async fn run(db: &Db, command: &Command, console: &Console) -> Result<(), Failure> {
    let Command::List { stuck, status, limit } = command;
    let status = if *stuck { Some("stuck") } else { status.as_deref() };
    console.report(&CaseList { cases: app::operations(db).cases(status, *limit).await? })
}

impl Report for CaseList {
    fn text(&self, _: Paint) -> String {
        if self.cases.is_empty() {
            return "there are no such cases".to_owned();
        }
        let rows = self.cases.iter().map(|case| {
            let CaseStatus { process, instance, status, error, started_at, updated_at } = case;
            vec![
                process.clone(),
                plain(instance),
                status.clone(),
                instant(*started_at),
                instant(*updated_at),
                error.as_deref().map_or_else(|| "-".to_owned(), plain),
            ]
        });
        table(&["process", "case", "status", "began at", "last at", "error"], &[], rows)
    }
}
