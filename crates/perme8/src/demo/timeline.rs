//! What happens, while it happens: events as they are committed, reactions as they take effect.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use perme8_events::{
    Envelope, EventId, Position,
    host::{Delivery, LiveEvents, Outcome, Reaction},
};
use serde::Serialize;
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    mpsc::UnboundedReceiver,
};

use crate::{
    cli::{Console, Failure, Paint, Report, plain},
    demo::{latency, names::Names, stage::Told, words::words},
};

/// Watches and prints.
pub(crate) struct Timeline<'c> {
    live: LiveEvents,
    reactions: Receiver<Reaction>,
    told: UnboundedReceiver<Told>,
    console: &'c Console,
    names: Names,
    commits: Commits,
    /// Reactions to events whose line is not printed yet, or whose commit nobody has reported yet.
    waiting: Vec<Reaction>,
    record: Record,
}

/// What is left of a timeline when it has ended.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Events by their context.
    pub(crate) events: BTreeMap<String, usize>,
    /// The latencies of what was handled, by handler.
    pub(crate) handled: BTreeMap<&'static str, Vec<Duration>>,
    /// Deliveries that failed at least for now.
    pub(crate) failed: usize,
    /// Reactions that went by unseen because this observer was too slow.
    pub(crate) missed: u64,
}

/// When commits became known.
#[derive(Debug, Default)]
struct Commits {
    shown: HashMap<EventId, Instant>,
    /// By the id of the request.
    returned: HashMap<String, Instant>,
    /// By the event that was handled and the handler.
    handled: HashMap<(EventId, String), Instant>,
}

impl Commits {
    /// When whoever committed the event reported it.
    fn reported(&self, event: &Envelope) -> Option<Instant> {
        match event.causation_id {
            Some(cause) => self.handled.get(&(cause, event.actor.to_string())).copied(),
            None => self.returned.get(event.metadata.get("request_id")?).copied(),
        }
    }

    /// The first that was heard of its commit.
    fn first(&self, event: &Envelope) -> Option<Instant> {
        self.reported(event).into_iter().chain(self.shown.get(&event.event_id).copied()).min()
    }
}

impl<'c> Timeline<'c> {
    pub(crate) fn new(
        live: LiveEvents,
        reactions: Receiver<Reaction>,
        told: UnboundedReceiver<Told>,
        console: &'c Console,
    ) -> Self {
        Self {
            live,
            reactions,
            told,
            console,
            names: Names::default(),
            commits: Commits::default(),
            waiting: Vec::new(),
            record: Record::default(),
        }
    }

    /// Prints until the stage says that it is over and everything was seen.
    pub(crate) async fn run(&mut self) -> Result<(), Failure> {
        loop {
            tokio::select! {
                told = self.told.recv() => match told {
                    Some(Told::Scene { time, title }) => self.console.line(&Scene { scene: title, time })?,
                    Some(Told::Returned { request_id, at }) => {
                        self.commits.returned.insert(request_id, at);
                        self.print_reactions(false)?;
                    }
                    Some(Told::Over) | None => return self.finish().await,
                },
                delivery = self.live.next() => match delivery? {
                    Delivery::Event(event) => self.event(&event)?,
                    Delivery::AccessLost(_) | Delivery::Closed => {
                        return Err(Failure::new("the log can no longer be followed"));
                    }
                },
                reaction = self.reactions.recv() => self.reaction(reaction)?,
            }
        }
    }

    /// Every handler is at the end of the log, so what is still to be seen has already been sent.
    async fn finish(&mut self) -> Result<(), Failure> {
        const STRAGGLERS: Duration = Duration::from_millis(50);
        loop {
            tokio::select! {
                delivery = self.live.next() => match delivery? {
                    Delivery::Event(event) => self.event(&event)?,
                    Delivery::AccessLost(_) | Delivery::Closed => break,
                },
                reaction = self.reactions.recv() => self.reaction(reaction)?,
                () = tokio::time::sleep(STRAGGLERS) => break,
            }
        }
        self.print_reactions(true)
    }

    pub(crate) fn into_record(self) -> Record {
        self.record
    }

    fn event(&mut self, event: &Arc<Envelope>) -> Result<(), Failure> {
        self.commits.shown.insert(event.event_id, Instant::now());
        self.names.learn(event);
        *self.record.events.entry(event.context().to_owned()).or_default() += 1;
        let line = EventLine {
            words: words(event, &self.names),
            who: self.names.actor(&event.actor),
            event: Arc::clone(event),
        };
        self.console.line(&line)?;
        self.print_reactions(false)
    }

    fn reaction(&mut self, received: Result<Reaction, RecvError>) -> Result<(), Failure> {
        match received {
            Ok(reaction) => {
                let of = (reaction.event.event_id, reaction.handler.to_owned());
                self.commits.handled.insert(of, reaction.at);
                self.waiting.push(reaction);
                self.print_reactions(false)
            }
            Err(RecvError::Lagged(missed)) => {
                self.record.missed += missed;
                Ok(())
            }
            Err(RecvError::Closed) => {
                Err(Failure::new("the handlers went away in the middle of the morning"))
            }
        }
    }

    /// Prints those that belong to printed events with a reported commit; at the end, all.
    fn print_reactions(&mut self, all: bool) -> Result<(), Failure> {
        for reaction in std::mem::take(&mut self.waiting) {
            let event = &reaction.event;
            let is_shown = self.commits.shown.contains_key(&event.event_id);
            let is_known = is_shown && self.commits.reported(event).is_some();
            if !is_known && !all {
                self.waiting.push(reaction);
                continue;
            }
            let committed = self.commits.first(event).unwrap_or(reaction.at);
            let latency = reaction.at.saturating_duration_since(committed);
            self.count(&reaction, latency);
            self.console.line(&ReactionLine::new(&reaction, latency))?;
        }
        Ok(())
    }

    fn count(&mut self, reaction: &Reaction, latency: Duration) {
        match reaction.outcome {
            Outcome::Handled => {
                self.record.handled.entry(reaction.handler).or_default().push(latency);
            }
            Outcome::Failed { .. } | Outcome::Parked | Outcome::DeadLettered { .. } => {
                self.record.failed += 1;
            }
            // It is heard of again when it has its turn.
            Outcome::Aside => {}
        }
    }
}

#[derive(Serialize)]
struct Scene {
    scene: &'static str,
    time: String,
}

impl Report for Scene {
    fn text(&self, paint: Paint) -> String {
        format!("\n{}", paint.strong(&format!("{}  {}", self.time, self.scene)))
    }
}

#[derive(Serialize)]
struct EventLine {
    event: Arc<Envelope>,
    who: String,
    words: String,
}

impl Report for EventLine {
    fn text(&self, paint: Paint) -> String {
        let Self { event, who, words } = self;
        let Envelope { position, occurred_at, event_type, .. } = &**event;
        format!(
            "{:>5}  {}  {}  {}  {}",
            format!("#{position}"),
            paint.faint(&occurred_at.format("%H:%M:%S").to_string()),
            paint.event(&format!("{event_type:<40}")),
            plain(words),
            paint.faint(&format!("({})", plain(who))),
        )
    }
}

#[derive(Serialize)]
struct ReactionLine {
    reaction: ReactionJson,
}

#[derive(Serialize)]
struct ReactionJson {
    handler: &'static str,
    position: Position,
    event_type: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    latency_ms: f64,
}

impl ReactionLine {
    fn new(reaction: &Reaction, latency: Duration) -> Self {
        let (outcome, error) = match &reaction.outcome {
            Outcome::Handled => ("handled", None),
            Outcome::Failed { error, .. } => ("failed", Some(error.clone())),
            Outcome::Parked => ("parked", None),
            Outcome::Aside => ("aside", None),
            Outcome::DeadLettered { error } => ("dead_lettered", Some(error.clone())),
        };
        Self {
            reaction: ReactionJson {
                handler: reaction.handler,
                position: reaction.event.position,
                event_type: reaction.event.event_type.clone(),
                outcome,
                error,
                latency_ms: latency::milliseconds(latency),
            },
        }
    }
}

impl Report for ReactionLine {
    fn text(&self, paint: Paint) -> String {
        let ReactionJson { handler, position, event_type: _, outcome, error, latency_ms } =
            &self.reaction;
        let outcome = match error {
            None => paint.good(&outcome.replace('_', " ")),
            Some(error) => paint.bad(&format!("{}: {}", outcome.replace('_', " "), plain(error))),
        };
        let latency = paint.faint(&format!("in {latency_ms:.1} ms"));
        format!("       └─ {} {outcome} #{position} {latency}", paint.handler(handler))
    }
}
