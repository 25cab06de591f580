//! `perme8 audit`.

use api::{
    AuditActor, AuditActorWord, AuditAggregate, AuditAggregateId, AuditAggregateType, AuditEntry,
    AuditEventType, AuditFilter, AuditFormat, AuditPage, AuditReader, AuditTrail as _, Timestamp,
};
use identity::Directory;
use perme8_events::{CorrelationId, Position, sql::Db};
use serde::Serialize;

use crate::{
    audit_log::{HostAuditTrail, Purged, purge},
    cli::{
        Console, Failure, Paint, Report,
        act::{Sure, operator},
        plain,
        references::instant,
        tables::table,
    },
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print entries, newest first
    List {
        #[command(flatten)]
        filter: Filter,
        /// Go on behind this place of the list: the last position that was printed
        #[arg(long, value_name = "POSITION")]
        after: Option<Position>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        limit: u32,
    },
    /// Write every entry to standard output, newest first; how far it has come goes to standard error
    Export {
        #[command(flatten)]
        filter: Filter,
        /// The form of the file [default: csv; jsonl with --json]
        #[arg(long, value_name = "FORMAT")]
        format: Option<Format>,
    },
    /// Remove the entries of what happened before a time; the log keeps its events
    Purge {
        /// The time, e.g. 2026-01-05T09:00:00Z
        #[arg(long, value_name = "TIME")]
        before: Timestamp,
        #[command(flatten)]
        sure: Sure,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Filter {
    /// Only this type of event, e.g. `identity.member_joined`
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<AuditEventType>,
    /// Only what happened to this kind of thing, e.g. `workspace_member`
    #[arg(long, value_name = "KIND")]
    aggregate_type: Option<AuditAggregateType>,
    /// Only what happened to this thing
    #[arg(long, value_name = "ID", requires = "aggregate_type")]
    aggregate_id: Option<AuditAggregateId>,
    /// Only what this person, agent or part of the system did
    #[arg(long, value_name = "ACTOR")]
    actor: Option<AuditActorWord>,
    /// Only what one request led to
    #[arg(long, value_name = "ID")]
    correlation: Option<CorrelationId>,
    /// Only what happened at this time or later
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Only what happened before this time
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
}

/// The form of an exported file.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    /// For spreadsheets
    Csv,
    /// For programs
    Jsonl,
}

/// Entries of the trail.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Entries {
    entries: Vec<AuditEntry>,
}

/// So many entries of an export are in memory at a time.
const PART: u32 = 1000;

pub(crate) async fn run(db: &Db, command: Command, console: &Console) -> Result<(), Failure> {
    let trail = HostAuditTrail::new(db.clone(), Directory::new(db.clone()));
    match command {
        Command::List { filter, after, limit } => {
            let filter = filter.into();
            let AuditPage { entries, next: _ } =
                trail.page(AuditReader::Operator, &filter, after, limit).await?;
            console.report(&Entries { entries })
        }
        Command::Export { filter, format } => {
            let format = match format {
                Some(Format::Jsonl) => AuditFormat::JsonLines,
                None if console.speaks_json() => AuditFormat::JsonLines,
                Some(Format::Csv) | None => AuditFormat::Csv,
            };
            export(&trail, &filter.into(), format, console).await
        }
        Command::Purge { before, sure } => {
            let before = before.get();
            let question = format!(
                "Remove every entry of what happened before {} from the audit trail?",
                instant(before)
            );
            sure.ask(console, &question)?;
            let told = |gone| console.progress(&format!("{gone} entries removed"));
            let purged = purge(db, &operator(), before, told).await?;
            console.progress_over();
            console.report(&purged)
        }
    }
}

async fn export(
    trail: &HostAuditTrail,
    filter: &AuditFilter,
    format: AuditFormat,
    console: &Console,
) -> Result<(), Failure> {
    Console::bytes(&format.head())?;
    let (mut after, mut written) = (None, 0);
    loop {
        let AuditPage { entries, next } =
            trail.page(AuditReader::Operator, filter, after, PART).await?;
        Console::bytes(&format.lines(&entries))?;
        written += entries.len();
        console.progress(&format!("{written} entries written"));
        if next.is_none() {
            console.progress_over();
            return Ok(());
        }
        after = next;
    }
}

impl From<Filter> for AuditFilter {
    fn from(filter: Filter) -> Self {
        let Filter { event_type, aggregate_type, aggregate_id, actor, correlation, from, to } =
            filter;
        let aggregate =
            aggregate_type.map(|aggregate_type| AuditAggregate { aggregate_type, aggregate_id });
        Self { event_type, aggregate, actor, correlation, from, to }
    }
}

impl Report for Entries {
    fn text(&self, paint: Paint) -> String {
        if self.entries.is_empty() {
            return paint.good("there is no such entry");
        }
        let rows = self.entries.iter().map(|entry| {
            let AuditActor { kind, name, reference, .. } = &entry.actor;
            let who = name.as_ref().or(reference.as_ref()).unwrap_or(kind);
            let whom = entry.on_behalf_of.as_ref().and_then(|person| person.name.as_ref());
            let whom = whom.map(|name| format!(" for {name}")).unwrap_or_default();
            vec![
                entry.position.to_string(),
                instant(entry.occurred_at),
                plain(&entry.summary),
                plain(&format!("{who}{whom}")),
                plain(entry.address.as_deref().unwrap_or("-")),
                entry.session_id.map_or_else(|| "-".to_owned(), |session| session.to_string()),
            ]
        });
        table(&["position", "when", "what", "who", "from", "session"], &[0], rows)
    }
}

impl Report for Purged {
    fn text(&self, _: Paint) -> String {
        let Self { entries } = self;
        format!("{entries} entries are gone; the events stay in the log")
    }
}
