//! `perme8 handlers`.

use chrono::{DateTime, Utc};
use perme8_events::{
    Position,
    host::{HandlerStatus, Operations, Replay, Replayed, Rewind, Rewound},
    sql::Db,
};
use serde::Serialize;

use crate::{
    app,
    cli::{
        Console, Failure, Paint, Report,
        act::{Changed, Done, OfHandler, Sure, Wait, operator},
        plain,
        references::instant,
        tables::table,
    },
};

mod rebuild;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the handlers with how far they have come, and what holds them up
    List,
    /// Stop a handler on every node until it is resumed; what it misses it handles then
    Pause(Act),
    /// Let a paused handler go on where it stopped
    Resume(Act),
    /// Take a handler back to an earlier place in the log: it handles once more what lies behind
    ///
    /// Every event behind that place is delivered again, in order, also those whose deliveries were set aside. What lies
    /// before it stays as it is.
    Rewind(RewindArgs),
    /// Have a handler handle once more what it has handled of one aggregate, in order
    Replay(ReplayArgs),
    /// Build the read model of a projection anew; the old one is read and maintained until the new one takes its place
    Rebuild(RebuildArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Act {
    /// The handler, e.g. `notifications.on_invitation`
    #[arg(value_name = "HANDLER")]
    handler: String,
    #[command(flatten)]
    sure: Sure,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RebuildArgs {
    #[command(flatten)]
    act: Act,
    /// Wait until the new read model has taken the place of the old one, also if it is being built already, and show how
    /// far it is
    #[arg(long, conflicts_with = "cancel")]
    wait: bool,
    /// Call it off; the old read model stays
    #[arg(long)]
    cancel: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RewindArgs {
    #[command(flatten)]
    act: Act,
    /// Behind this position; 0 for everything
    #[arg(
        long,
        value_name = "POSITION",
        allow_negative_numbers = true,
        required_unless_present = "to_time",
        conflicts_with = "to_time"
    )]
    to_position: Option<Position>,
    /// From the first event at this time on, e.g. 2026-01-05T09:00:00Z
    #[arg(long, value_name = "TIME")]
    to_time: Option<DateTime<Utc>>,
    #[command(flatten)]
    effects: WithEffects,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    act: Act,
    /// The kind of aggregate, e.g. `workspace_member`
    #[arg(value_name = "TYPE")]
    aggregate_type: String,
    /// Its id, as `events show` prints it
    #[arg(value_name = "ID")]
    aggregate_id: String,
    #[command(flatten)]
    effects: WithEffects,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct WithEffects {
    /// Also if the handler has effects outside of the database, which then happen again
    #[arg(long)]
    with_effects: bool,
}

/// How far each handler has come.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct HandlerList {
    handlers: Vec<HandlerStatus>,
}

pub(crate) async fn run(db: &Db, command: &Command, console: &Console) -> Result<(), Failure> {
    let operations = app::operations(db);
    match command {
        Command::List => console.report(&HandlerList { handlers: operations.handlers().await? }),
        Command::Pause(act) => console.report(&act.pause(&operations, console).await?),
        Command::Resume(act) => console.report(&act.resume(&operations, console).await?),
        Command::Rewind(args) => {
            console.report(&args.rewind(&operations, console).await?)?;
            args.wait.until_caught_up(&operations, &args.act.handler, console).await
        }
        Command::Replay(args) => {
            console.report(&args.replay(&operations, console).await?)?;
            args.wait.until_caught_up(&operations, &args.act.handler, console).await
        }
        Command::Rebuild(args) => rebuild::run(&operations, (args, db), console).await,
    }
}

impl Act {
    async fn pause(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfHandler<Changed>>, Failure> {
        let name = plain(&self.handler);
        let nodes = operations.status(&self.handler).await?.nodes.len();
        let question = format!("{name} runs on {nodes} nodes and will stop there. Pause it?");
        self.sure.ask(console, &question)?;
        let changed = operations.pause(&operator(), &self.handler).await?;
        let changed = Changed { changed };
        Ok(self.done("paused", changed, changed.says(&name)))
    }

    async fn resume(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfHandler<Changed>>, Failure> {
        let name = plain(&self.handler);
        let behind = operations.status(&self.handler).await?.lag_events;
        self.sure.ask(console, &format!("{name} is {behind} positions behind. Let it go on?"))?;
        let changed = operations.resume(&operator(), &self.handler).await?;
        let changed = Changed { changed };
        Ok(self.done("resumed", changed, changed.says(&name)))
    }

    fn done<T>(&self, action: &'static str, outcome: T, says: String) -> Done<OfHandler<T>> {
        Done::of_handler(action, &self.handler, outcome, says)
    }
}

impl RewindArgs {
    async fn rewind(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfHandler<Rewound>>, Failure> {
        let Self { act, to_position, to_time, effects, wait: _ } = self;
        let name = plain(&act.handler);
        let status = operations.status(&act.handler).await?;
        let (to, place) = match (to_position, to_time) {
            (Some(position), _) => (Rewind::ToPosition(*position), format!("position {position}")),
            (None, Some(time)) => (Rewind::ToTime(*time), instant(*time)),
            (None, None) => return Err(Failure::usage("name a position or a time")),
        };
        let question = format!(
            "{name} has come to position {} of {}, and will handle again what lies behind {place}. Rewind it?",
            status.position, status.head
        );
        act.sure.ask(console, &question)?;
        let rewound =
            operations.rewind(&operator(), &act.handler, to, effects.with_effects).await?;
        let says = format!(
            "{name} to position {}; a running host handles again what lies between that and {}",
            rewound.position, rewound.head
        );
        Ok(act.done("rewound", rewound, says))
    }
}

impl ReplayArgs {
    async fn replay(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfHandler<Replayed>>, Failure> {
        let Self { act, aggregate_type, aggregate_id, effects, wait: _ } = self;
        let name = plain(&act.handler);
        operations.status(&act.handler).await?;
        let of = format!("{} {}", plain(aggregate_type), plain(aggregate_id));
        act.sure.ask(console, &format!("{name} will handle the events of {of} again. Replay?"))?;
        let replay = Replay {
            aggregate_type: aggregate_type.clone(),
            aggregate_id: aggregate_id.clone(),
            with_effects: effects.with_effects,
        };
        let replayed = operations.replay(&operator(), &act.handler, &replay).await?;
        let says =
            format!("{} events of {of} to {name}; a running host handles them", replayed.events);
        Ok(act.done("replayed", replayed, says))
    }
}

/// For how long, or that it is not so.
fn age(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1} s"))
}

impl Report for HandlerList {
    fn text(&self, _: Paint) -> String {
        if self.handlers.is_empty() {
            return "no handler has run on this database yet: `perme8 serve` starts them"
                .to_owned();
        }
        let rows = self.handlers.iter().map(|status| {
            let HandlerStatus {
                handler,
                state,
                pause: _,
                partitions,
                position,
                head: _,
                lag_events,
                lag_seconds,
                retrying,
                attempts: _,
                parked,
                aside,
                aside_seconds,
                dead,
                oldest_dead_at,
                nodes,
            } = status;
            let nodes = if nodes.is_empty() { "none".to_owned() } else { nodes.join(", ") };
            vec![
                handler.clone(),
                state.as_str().to_owned(),
                position.to_string(),
                lag_events.to_string(),
                age(*lag_seconds),
                retrying.to_string(),
                parked.to_string(),
                aside.to_string(),
                age(*aside_seconds),
                dead.to_string(),
                oldest_dead_at.map_or_else(|| "-".to_owned(), instant),
                partitions.to_string(),
                nodes,
            ]
        });
        let header = [
            "handler",
            "state",
            "position",
            "behind",
            "for",
            "retrying",
            "parked",
            "aside",
            "for",
            "dead",
            "since",
            "partitions",
            "run by",
        ];
        table(&header, &[2, 3, 4, 5, 6, 7, 8, 9, 11], rows)
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::host::HandlerState;

    use super::*;

    #[test]
    fn what_stands_aside_is_listed_with_its_age() {
        let status = HandlerStatus {
            handler: "tests.handler".to_owned(),
            state: HandlerState::CatchingUp,
            pause: None,
            partitions: 4,
            position: Position::new(7),
            head: Position::new(7),
            lag_events: 0,
            lag_seconds: None,
            retrying: 0,
            attempts: 0,
            parked: 0,
            aside: 321,
            aside_seconds: Some(42.04),
            dead: 0,
            oldest_dead_at: None,
            nodes: vec!["node".to_owned()],
        };
        let text = HandlerList { handlers: vec![status] }.text(Paint::PLAIN);
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<_> = text.lines().map(words).collect();
        assert_eq!(
            lines[0],
            "handler state position behind for retrying parked aside for dead since partitions run by"
        );
        assert_eq!(lines[2], "tests.handler catching_up 7 0 - 0 0 321 42.0 s 0 - 4 node");
    }
}
