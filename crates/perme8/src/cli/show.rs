//! `perme8 events show`.

use perme8_events::{Envelope, EventFilter, EventStore as _, Position, sql::Db};
use serde::Serialize;
use serde_json::Value;

use crate::{
    catalogue::CATALOGUES,
    cli::{
        Failure, Paint, Report, plain,
        references::{EventRef, instant},
    },
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The id of the event, or its position in the log
    #[arg(value_name = "EVENT")]
    pub(crate) event: EventRef,
    /// Show the data as they stand in the log, not as the current version of the event has them
    #[arg(long)]
    pub(crate) as_written: bool,
}

/// One event in full.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Shown {
    pub(crate) event: Envelope,
}

pub(crate) async fn show(db: &Db, args: &Args) -> Result<Shown, Failure> {
    let (event, name) = match args.event {
        EventRef::Id(id) => (db.event(id).await?, format!("the id {id}")),
        EventRef::Position(position) => {
            (at(db, position).await?, format!("the position {position}"))
        }
    };
    if let (None, EventRef::Position(position)) = (&event, args.event)
        && let Some(archive) = db.archive_of(position).await?
    {
        let message = format!("the event at position {position} is archived in `{}`", archive.file);
        return Err(Failure::new(message).help(format!(
            "`perme8 events restore --from {position} --to {position}` puts it back with its archive"
        )));
    }
    match event {
        Some(event) if args.as_written => Ok(Shown { event }),
        Some(event) => Ok(Shown { event: event.in_current_version(CATALOGUES).into_owned() }),
        None => Err(Failure::new(format!("no event has {name}")).help(format!(
            "the log ends at position {}; `perme8 events tail` lists the last events",
            db.head().await?
        ))),
    }
}

async fn at(db: &Db, position: Position) -> Result<Option<Envelope>, Failure> {
    let before = Position::new(position.number() - 1);
    let found = db.read(&EventFilter::All, before, 1).await?;
    Ok(found.into_iter().find(|event| event.position == position))
}

impl Report for Shown {
    fn text(&self, paint: Paint) -> String {
        let Envelope {
            position,
            event_id,
            event_type,
            version,
            aggregate_type,
            aggregate_id,
            actor,
            on_behalf_of,
            workspace_id,
            audience,
            occurred_at,
            correlation_id,
            causation_id,
            metadata,
            data,
        } = &self.event;
        let optional = |id: Option<String>| id.unwrap_or_else(|| "-".to_owned());
        let scopes: Vec<String> = audience.scopes().iter().map(ToString::to_string).collect();
        let metadata: Vec<String> = metadata
            .iter()
            .map(|(key, value)| format!("{}={}", plain(key), plain(value)))
            .collect();
        let rows = [
            ("position", position.to_string()),
            ("id", event_id.to_string()),
            ("at", instant(*occurred_at)),
            ("by", plain(&actor.to_string())),
            ("on behalf of", optional(on_behalf_of.map(|id| id.to_string()))),
            ("aggregate", format!("{aggregate_type} {}", plain(aggregate_id))),
            ("workspace", optional(workspace_id.map(|id| id.to_string()))),
            ("seen by", if scopes.is_empty() { "nobody".to_owned() } else { scopes.join(", ") }),
            ("correlation", correlation_id.to_string()),
            ("caused by", optional(causation_id.map(|id| id.to_string()))),
            ("metadata", if metadata.is_empty() { "-".to_owned() } else { metadata.join(", ") }),
        ];
        format!(
            "{} v{version}\n{}\n{}",
            paint.event(event_type),
            facts(paint, rows),
            pretty(data.get())
        )
    }
}

/// Names and values, a pair a line.
pub(crate) fn facts<const N: usize>(paint: Paint, rows: [(&str, String); N]) -> String {
    rows.map(|(name, value)| format!("  {} {value}", paint.faint(&format!("{name:<12}"))))
        .join("\n")
}

/// The data of an event, a field a line. JSON escapes control characters by itself.
fn pretty(data: &str) -> String {
    let value =
        serde_json::from_str::<Value>(data).and_then(|value| serde_json::to_string_pretty(&value));
    value.unwrap_or_else(|_| data.to_owned()).lines().map(plain).collect::<Vec<_>>().join("\n")
}
