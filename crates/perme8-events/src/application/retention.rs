//! How far the old end of the log may go: what is asked for, against those who still need it.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::position::Position;

/// Up to where the log is to be archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveBefore {
    /// What stands before this position.
    Position(Position),
    /// What stands before the first event that happened at this time or later.
    Time(DateTime<Utc>),
}

/// What an operator wants to be archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveWish {
    /// Up to where.
    pub before: ArchiveBefore,
    /// So many events a file holds at most.
    pub events_in_a_file: u64,
    /// Whether less is archived where somebody still needs a part of it, instead of nothing.
    pub as_far_as_possible: bool,
    /// Handlers whose checkpoints and failed deliveries do not count, because nobody runs them any more.
    pub despite: Vec<String>,
}

impl ArchiveWish {
    /// So many events a file holds, if nothing else is said: some tens of megabytes before they are compressed.
    pub const EVENTS_IN_A_FILE: u64 = 100_000;

    /// Everything before a place, or nothing.
    #[must_use]
    pub const fn before(before: ArchiveBefore) -> Self {
        Self {
            before,
            events_in_a_file: Self::EVENTS_IN_A_FILE,
            as_far_as_possible: false,
            despite: Vec::new(),
        }
    }
}

/// Somebody who still needs a part of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Need {
    /// What kind of somebody.
    pub by: NeededBy,
    /// The handler, the queue or the process.
    pub name: String,
    /// The first position that is needed.
    pub from: Position,
}

/// Who needs a part of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NeededBy {
    /// A handler that has not come so far; what builds the next generation of a read model is one.
    Handler,
    /// A delivery that was given up, and not yet discarded.
    DeadLetter,
    /// A delivery that will be tried again, or waits behind another one.
    SetAside,
    /// A job that is not done, which follows from an event.
    Job,
    /// A case of a process manager that is not over: whoever turns it back may look for what it has led to.
    Case,
    /// Clients that may come back and go on where they were.
    Clients,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, name, from } = self;
        match by {
            NeededBy::Handler => write!(f, "`{name}` has not come to position {from} yet"),
            NeededBy::DeadLetter => write!(f, "`{name}` has a dead letter at position {from}"),
            NeededBy::SetAside => write!(f, "`{name}` has still to deliver position {from}"),
            NeededBy::Job => {
                write!(
                    f,
                    "the queue `{name}` has a job that is not done and follows from position {from}"
                )
            }
            NeededBy::Case => {
                write!(
                    f,
                    "the process `{name}` has a case that is not over and may look back to position {from}"
                )
            }
            NeededBy::Clients => {
                write!(f, "{name} may still go on from position {from}")
            }
        }
    }
}

/// Up to where the log may be archived; those who are in the way, the first of them first, when that is not what is asked.
pub(crate) fn permitted(
    asked: Position,
    needs: Vec<Need>,
    as_far_as_possible: bool,
) -> Result<Position, Vec<Need>> {
    let mut in_the_way: Vec<Need> = needs.into_iter().filter(|need| need.from <= asked).collect();
    in_the_way.sort_by(|a, b| (a.from, a.by, &a.name).cmp(&(b.from, b.by, &b.name)));
    match in_the_way.first() {
        None => Ok(asked),
        Some(first) if as_far_as_possible => Ok(first.from.before()),
        Some(_) => Err(in_the_way),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(name: &str, from: i64) -> Need {
        Need { by: NeededBy::Handler, name: name.to_owned(), from: Position::new(from) }
    }

    #[test]
    fn nobody_is_in_the_way_who_needs_what_comes_later() {
        let needs = vec![need("a", 8), need("b", 9)];
        assert_eq!(permitted(Position::new(7), needs, false), Ok(Position::new(7)));
    }

    #[test]
    fn whoever_is_in_the_way_is_named_and_the_first_comes_first() {
        let needs = vec![need("late", 7), need("free", 8), need("later", 3)];
        let refused = permitted(Position::new(7), needs, false);
        assert_eq!(refused, Err(vec![need("later", 3), need("late", 7)]));
    }

    #[test]
    fn as_far_as_possible_ends_before_the_first_who_is_in_the_way() {
        let needs = vec![need("late", 7), need("later", 3)];
        assert_eq!(permitted(Position::new(7), needs, true), Ok(Position::new(2)));
    }

    #[test]
    fn whoever_needs_a_part_of_the_log_is_named_with_what_is_needed() {
        for (by, said) in [
            (NeededBy::Handler, "`a` has not come to position 7 yet"),
            (NeededBy::DeadLetter, "`a` has a dead letter at position 7"),
            (NeededBy::SetAside, "`a` has still to deliver position 7"),
            (NeededBy::Job, "the queue `a` has a job that is not done and follows from position 7"),
            (
                NeededBy::Case,
                "the process `a` has a case that is not over and may look back to position 7",
            ),
            (NeededBy::Clients, "a may still go on from position 7"),
        ] {
            assert_eq!(Need { by, ..need("a", 7) }.to_string(), said);
        }
    }
}
