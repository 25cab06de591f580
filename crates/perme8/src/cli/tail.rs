//! `perme8 events tail`.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use identity::Directory;
use perme8_events::{
    Envelope, EventFilter, EventStore as _, Position, Topic, Viewer,
    host::{Delivery, EventBus, Feed, Tasks},
    sql::Db,
};
use serde::Serialize;

use crate::{
    catalogue::CATALOGUES,
    cli::{
        Console, Failure, Paint, Report, database, failure::left_out, plain, references::instant,
        signals::Signals,
    },
    config::Config,
    standings::IdentityStandings,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Go on with events as they are committed, until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only these events: `events:*`, `events:<context>`, `events:<context>:<aggregate type>[:<id>]`,
    /// `events:workspace:<id>` or `events:user:<id>`
    #[arg(long, value_name = "TOPIC")]
    pub(crate) topic: Option<Topic>,
    /// Begin behind this position instead of with the last events; 0 is the beginning of the log
    #[arg(long, value_name = "POSITION")]
    pub(crate) after: Option<Position>,
    /// At most so many events; with --follow, so many of those that are already there
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(crate) limit: u32,
}

/// An event in a line.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Line<'e> {
    pub(crate) event: &'e Envelope,
}

/// So many positions are read at a time.
const PAGE: u32 = 1000;

pub(crate) async fn tail(config: &Config, args: &Args, console: &Console) -> Result<(), Failure> {
    database::with(config, async |db| show(db, args, console).await).await
}

async fn show(db: &Db, args: &Args, console: &Console) -> Result<(), Failure> {
    // Before the first line is shown: whoever reads it may have seen enough.
    let signals = args.follow.then(Signals::listen).transpose()?;
    let topic = args.topic.clone().unwrap_or(Topic::All);
    let head = db.head().await?;
    if let Some(after) = args.after.filter(|after| *after > head) {
        return Err(Failure::usage(format!(
            "there is no position {after} yet: the log ends at {head}"
        )));
    }
    let limit = args.limit as usize;
    let (events, after, seen) = if let Some(after) = args.after {
        let (events, seen) = following(db, &topic, after, head, limit).await?;
        (events, after, seen)
    } else {
        let events = last(db, &topic, head, limit).await?;
        let after = looked_at_behind(&events, head, limit);
        (events, after, head)
    };
    if let Some(warning) = left_out(&db.archived_between(after, seen).await?) {
        console.warn(&warning);
    }
    for event in &events {
        console.line(&Line { event: &event.in_current_version(CATALOGUES) })?;
    }
    if let Some(signals) = signals {
        follow(db, topic, seen, console, signals).await?;
    }
    Ok(())
}

/// At most `limit` events of the topic behind `after`, and how far that is.
pub(crate) async fn following(
    db: &Db,
    topic: &Topic,
    after: Position,
    head: Position,
    limit: usize,
) -> Result<(Vec<Envelope>, Position), Failure> {
    let mut events = Vec::new();
    let mut at = after;
    loop {
        let page = db.read(&EventFilter::All, at, PAGE).await?;
        let Some(end) = page.last().map(|event| event.position) else {
            return Ok((events, head.max(at)));
        };
        for event in page {
            if events.len() == limit {
                return Ok((events, at));
            }
            at = event.position;
            if topic.matches(&event) {
                events.push(event);
            }
        }
        at = end;
    }
}

/// The last events of the topic up to `head`, in order.
pub(crate) async fn last(
    db: &Db,
    topic: &Topic,
    head: Position,
    limit: usize,
) -> Result<Vec<Envelope>, Failure> {
    let mut events = VecDeque::new();
    let mut upto = head.number();
    while upto > 0 && events.len() < limit {
        let after = (upto - i64::from(PAGE)).max(0);
        let page = db.read(&EventFilter::All, Position::new(after), PAGE).await?;
        let wanted = page
            .into_iter()
            .filter(|event| event.position.number() <= upto && topic.matches(event));
        for event in wanted.rev() {
            if events.len() < limit {
                events.push_front(event);
            }
        }
        upto = after;
    }
    Ok(events.into())
}

/// Behind which position the log was looked at for its last events.
fn looked_at_behind(events: &[Envelope], head: Position, limit: usize) -> Position {
    if events.len() < limit {
        return Position::START;
    }
    events.first().map_or(head, |event| Position::new(event.position.number() - 1))
}

async fn follow(
    db: &Db,
    topic: Topic,
    after: Position,
    console: &Console,
    mut signals: Signals,
) -> Result<(), Failure> {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await?;
    let standings = Arc::new(IdentityStandings::new(Directory::new(db.clone())));
    let bus = EventBus::new(feed, standings, CATALOGUES);
    let mut live = bus.subscribe(Viewer::Operator, vec![topic], Some(after)).await?;
    let printed = loop {
        tokio::select! {
            () = signals.next() => break Ok(()),
            delivery = live.next() => match delivery? {
                Delivery::Event(event) => {
                    if let Err(failure) = console.line(&Line { event: &event }) {
                        break Err(failure);
                    }
                }
                // Nobody asked it to end: something below is broken, and has been logged.
                Delivery::AccessLost(_) | Delivery::Closed => {
                    break Err(Failure::new("the log can no longer be followed"));
                }
            },
        }
    };
    tasks.shutdown(Duration::from_secs(5)).await?;
    printed
}

impl Report for Line<'_> {
    fn text(&self, paint: Paint) -> String {
        let Envelope {
            position, event_type, aggregate_type, aggregate_id, actor, occurred_at, ..
        } = self.event;
        format!(
            "{position:>8}  {}  {}  {}  {}",
            paint.faint(&instant(*occurred_at)),
            paint.event(&format!("{event_type:<34}")),
            paint.faint(&format!("{aggregate_type} {}", plain(aggregate_id))),
            paint.faint(&format!("by {}", plain(&actor.to_string()))),
        )
    }
}

#[cfg(test)]
mod tests {
    use identity::{Identity, RegisterUser};
    use perme8_events::{Origin, on_both_engines};

    use super::*;
    use crate::catalogue::MIGRATIONS;

    async fn people(db: &Db, count: usize) -> Vec<Position> {
        let identity = Identity::new(db.clone());
        for n in 0..count {
            let register = RegisterUser {
                email: format!("person-{n}@example.com"),
                first_name: "Ada".to_owned(),
                last_name: "Okafor".to_owned(),
                password: None,
            };
            identity.register_user(Origin::system("tests"), register).await.unwrap();
        }
        positions(&db.read(&EventFilter::All, Position::START, PAGE).await.unwrap())
    }

    fn positions(events: &[Envelope]) -> Vec<Position> {
        events.iter().map(|event| event.position).collect()
    }

    on_both_engines! {
        migrations: MIGRATIONS;

        async fn the_last_events_are_found_in_order(test: TestDb) {
            let all = people(&test.db, 5).await;
            let head = test.db.head().await.unwrap();
            assert_eq!(positions(&last(&test.db, &Topic::All, head, 3).await.unwrap()), all[2..]);
            assert_eq!(positions(&last(&test.db, &Topic::All, head, 9).await.unwrap()), all);
            assert_eq!(positions(&last(&test.db, &Topic::All, all[1], 9).await.unwrap()), all[..2]);
            let behind = |events: &[Envelope]| looked_at_behind(events, head, 3);
            let three = last(&test.db, &Topic::All, head, 3).await.unwrap();
            assert_eq!(behind(&three), Position::new(all[2].number() - 1));
            assert_eq!(behind(&three[1..]), Position::START);
            assert_eq!(looked_at_behind(&[], head, 0), head);
            let none = "events:notifications".parse().unwrap();
            assert_eq!(positions(&last(&test.db, &none, head, 9).await.unwrap()), []);
        }

        async fn reading_forwards_says_how_far_it_came(test: TestDb) {
            let all = people(&test.db, 5).await;
            let head = test.db.head().await.unwrap();
            let (events, at) = following(&test.db, &Topic::All, Position::START, head, 2).await.unwrap();
            assert_eq!((positions(&events).as_slice(), at), (&all[..2], all[1]));
            let (events, at) = following(&test.db, &Topic::All, at, head, 9).await.unwrap();
            assert_eq!((positions(&events).as_slice(), at), (&all[2..], head));
            let (events, at) = following(&test.db, &Topic::All, head, head, 9).await.unwrap();
            assert_eq!((positions(&events).as_slice(), at), ([].as_slice(), head));
        }
    }
}
