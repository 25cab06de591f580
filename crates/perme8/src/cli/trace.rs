//! `perme8 events trace`: what one request led to.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{
    CorrelationId, Envelope, EventFilter, EventId, EventStore as _, Position, UserId,
    host::ArchivedRange, sql::Db,
};
use serde::Serialize;
use uuid::Uuid;

use crate::cli::{Console, Failure, Paint, Report, failure::left_out, plain, references::instant};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A correlation id, or the id of any event that belongs to it
    #[arg(value_name = "ID")]
    pub(crate) id: Uuid,
}

/// A request and everything that followed from it.
#[derive(Debug, Serialize)]
pub(crate) struct Trace {
    correlation_id: CorrelationId,
    request_id: Option<String>,
    began_at: DateTime<Utc>,
    /// What the request itself committed.
    events: Vec<Step>,
}

/// An event, and what handlers made of it.
#[derive(Debug, Serialize)]
struct Step {
    position: Position,
    event_id: EventId,
    event_type: String,
    aggregate: String,
    by: String,
    occurred_at: DateTime<Utc>,
    /// Since the first event of the request.
    after_ms: f64,
    reactions: Vec<Followed>,
}

/// A handler, and the events that it committed.
#[derive(Debug, Serialize)]
struct Followed {
    handler: String,
    on_behalf_of: Option<UserId>,
    events: Vec<Step>,
}

const PAGE: u32 = 1000;

/// How a tree is drawn: the branch to a line, and what stands below it.
const ONE: (&str, &str) = ("├─ ", "│  ");
/// The same for the last line of a branch.
const LAST: (&str, &str) = ("└─ ", "   ");

/// What a request led to may begin so long before what is known of it.
const BEFORE: TimeDelta = TimeDelta::days(1);

pub(crate) async fn trace(db: &Db, args: &Args, console: &Console) -> Result<Trace, Failure> {
    let mut events = correlated(db, CorrelationId::new(args.id)).await?;
    if events.is_empty()
        && let Some(event) = db.event(EventId::new(args.id)).await?
    {
        events = correlated(db, event.correlation_id).await?;
    }
    let warning = left_out(&archived(db, &events).await?);
    let Some(trace) = Trace::of(events) else {
        let message = format!("no event has the correlation id or the id {}", args.id);
        return Err(match warning {
            Some(Failure { message: archived, help, .. }) => {
                Failure { causes: vec![archived], help, ..Failure::new(message) }
            }
            None => Failure::new(message)
                .help("`perme8 events show <position>` names the correlation of an event"),
        });
    };
    if let Some(warning) = warning {
        console.warn(&warning);
    }
    Ok(trace)
}

/// Where more of it may be in files: anywhere if its beginning is not known, and else in what happened since about then.
async fn archived(db: &Db, events: &[Envelope]) -> Result<Vec<ArchivedRange>, Failure> {
    let known = events.first().filter(|first| first.causation_id.is_none());
    Ok(match known {
        Some(first) => db.archived_since(first.occurred_at - BEFORE).await?,
        None => db.archived_between(Position::START, Position::new(i64::MAX)).await?,
    })
}

async fn correlated(db: &Db, id: CorrelationId) -> Result<Vec<Envelope>, Failure> {
    let mut events: Vec<Envelope> = Vec::new();
    loop {
        let after = events.last().map_or(Position::START, |event| event.position);
        let page = db.read(&EventFilter::Correlation(id), after, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        events.extend(page);
        if is_last {
            return Ok(events);
        }
    }
}

impl Trace {
    fn of(events: Vec<Envelope>) -> Option<Self> {
        let first = events.first()?;
        let correlation_id = first.correlation_id;
        let request_id = first.metadata.get("request_id").cloned();
        let began_at = events.iter().map(|event| event.occurred_at).min()?;
        let known: HashSet<EventId> = events.iter().map(|event| event.event_id).collect();
        let mut caused_by: BTreeMap<Option<EventId>, Vec<Envelope>> = BTreeMap::new();
        for event in events {
            let cause = event.causation_id.filter(|cause| known.contains(cause));
            caused_by.entry(cause).or_default().push(event);
        }
        let roots = caused_by.remove(&None).unwrap_or_default();
        let events =
            roots.into_iter().map(|event| Step::of(event, began_at, &mut caused_by)).collect();
        Some(Self { correlation_id, request_id, began_at, events })
    }
}

impl Step {
    fn of(
        event: Envelope,
        began_at: DateTime<Utc>,
        caused_by: &mut BTreeMap<Option<EventId>, Vec<Envelope>>,
    ) -> Self {
        let mut reactions: Vec<Followed> = Vec::new();
        for effect in caused_by.remove(&Some(event.event_id)).unwrap_or_default() {
            let (handler, on_behalf_of) = (effect.actor.to_string(), effect.on_behalf_of);
            let step = Self::of(effect, began_at, caused_by);
            match reactions.iter_mut().find(|known| known.handler == handler) {
                Some(known) => known.events.push(step),
                None => reactions.push(Followed { handler, on_behalf_of, events: vec![step] }),
            }
        }
        let after = (event.occurred_at - began_at).num_microseconds().unwrap_or(i64::MAX);
        #[expect(clippy::cast_precision_loss, reason = "a request does not last for centuries")]
        let after_ms = after as f64 / 1000.0;
        Self {
            position: event.position,
            event_id: event.event_id,
            event_type: event.event_type,
            aggregate: format!("{} {}", event.aggregate_type, event.aggregate_id),
            by: event.actor.to_string(),
            occurred_at: event.occurred_at,
            after_ms,
            reactions,
        }
    }

    fn draw(&self, paint: Paint, indent: &str, is_last: bool, lines: &mut Vec<String>) {
        let (branch, below) = if is_last { LAST } else { ONE };
        lines.push(format!(
            "{indent}{branch}{}  {}  {}",
            paint.event(&self.event_type),
            paint.faint(&format!("position {}, +{:.1} ms", self.position, self.after_ms)),
            paint.faint(&plain(&self.aggregate)),
        ));
        let indent = format!("{indent}{below}");
        for (n, reaction) in self.reactions.iter().enumerate() {
            reaction.draw(paint, &indent, n + 1 == self.reactions.len(), lines);
        }
    }
}

impl Followed {
    fn draw(&self, paint: Paint, indent: &str, is_last: bool, lines: &mut Vec<String>) {
        let (branch, below) = if is_last { LAST } else { ONE };
        let person = self.on_behalf_of.map(|user| format!("  for user {user}")).unwrap_or_default();
        let handler = paint.handler(&plain(&self.handler));
        lines.push(format!("{indent}{branch}{handler}{}", paint.faint(&person)));
        let indent = format!("{indent}{below}");
        for (n, event) in self.events.iter().enumerate() {
            event.draw(paint, &indent, n + 1 == self.events.len(), lines);
        }
    }
}

impl Report for Trace {
    fn text(&self, paint: Paint) -> String {
        let Self { correlation_id, request_id, began_at, events } = self;
        let request =
            request_id.as_ref().map(|id| format!(", request {}", plain(id))).unwrap_or_default();
        let by = events.first().map(|event| plain(&event.by)).unwrap_or_default();
        let mut lines = vec![format!(
            "{} {}",
            paint.strong(&format!("correlation {correlation_id}")),
            paint.faint(&format!("by {by} at {}{request}", instant(*began_at)))
        )];
        for (n, event) in events.iter().enumerate() {
            event.draw(paint, "", n + 1 == events.len(), &mut lines);
        }
        lines.push(paint.faint("handlers that committed no event are not in the log"));
        lines.join("\n")
    }
}
