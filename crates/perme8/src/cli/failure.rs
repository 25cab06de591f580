//! Why a command did not do what it was asked, and what to do about it.

use std::{error::Error, io, io::ErrorKind};

use perme8_events::{
    Position,
    host::{ArchivedRange, OperationError, StartError},
    sql::OpenError,
};
use serde::Serialize;

use crate::{
    app::AppError,
    config::{ConfigError, suggestion},
};

/// Why a command failed. No `Error` itself, so that every error turns into one by `?`.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    pub(crate) message: String,
    /// What led to it, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
    #[serde(skip)]
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It was worth asking, but did not work.
    Failed,
    /// Nobody should have asked that way.
    Usage,
    /// Whoever read the output has gone away, and needs no explanation.
    NobodyListens,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), help: None, kind: Kind::Failed }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, ..Self::new(message) }
    }

    /// The same, with what to do about it.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let error: &(dyn Error + 'static) = &error;
        if let Some(config) = error.downcast_ref::<ConfigError>() {
            return Self {
                causes: config.problems().to_vec(),
                kind: Kind::Usage,
                ..Self::new("the configuration cannot be used")
            };
        }
        let mut causes = Vec::new();
        let mut last = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Some libraries repeat their cause in their own text.
            if !last.ends_with(&text) {
                causes.push(text.clone());
            }
            last = text;
            next = cause.source();
        }
        let is_closed = error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe);
        let kind = if is_closed { Kind::NobodyListens } else { Kind::Failed };
        Self { causes, help: advice(error), kind, ..Self::new(error.to_string()) }
    }
}

/// What to do about errors at the start, where their own words do not say it.
fn advice(error: &(dyn Error + 'static)) -> Option<String> {
    let app = error.downcast_ref::<AppError>();
    let open = error.downcast_ref::<OpenError>().or(match app {
        Some(AppError::Open(open)) => Some(open),
        _ => None,
    });
    if let Some(open) = open {
        return match open {
            OpenError::Foreign { .. } => {
                Some("name another file with --database sqlite:<path>".to_owned())
            }
            OpenError::Folder { .. } => {
                Some("name another file with --database sqlite:<path>, or make the folder writable".to_owned())
            }
            OpenError::Unreachable { .. } => Some(
                "check that the server runs, that the database exists and that this user may connect: \
                 `psql <url>` must work with the same URL"
                    .to_owned(),
            ),
            OpenError::Damaged { .. }
            | OpenError::TooOld { .. }
            | OpenError::PoolsTransactions { .. } => None,
        };
    }
    if let Some(operation) = error.downcast_ref::<OperationError>() {
        return advice_on(operation);
    }
    match app {
        Some(AppError::Handlers(StartError::Archived { archives, .. })) => restoring(archives),
        Some(AppError::Listen { source, .. }) => Some(where_else(source.kind()).to_owned()),
        _ => None,
    }
}

/// What is to be said where events are left out because they are archived; nothing when none are.
pub(crate) fn left_out(archives: &[ArchivedRange]) -> Option<Failure> {
    let mut spans: Vec<(Position, Position)> = Vec::new();
    for ArchivedRange { first, last, file: _ } in archives {
        match spans.last_mut() {
            Some((_, end)) if end.number() + 1 == first.number() => *end = *last,
            Some(_) | None => spans.push((*first, *last)),
        }
    }
    let spans: Vec<String> =
        spans.iter().map(|(first, last)| format!("{first} to {last}")).collect();
    let message = format!("positions {} are archived, and not looked at", spans.join(", "));
    restoring(archives).map(|help| Failure::new(message).help(help))
}

/// How to have back what is archived.
fn restoring(archives: &[ArchivedRange]) -> Option<String> {
    let (first, last) = (archives.first()?.first, archives.last()?.last);
    Some(format!("`perme8 events restore --from {first} --to {last}` puts them back"))
}

/// Where the words of an operation do not say it for the command line.
fn advice_on(error: &OperationError) -> Option<String> {
    match error {
        OperationError::UnknownHandler { known, .. } if known.is_empty() => {
            Some("no handler has run on this database yet: `perme8 serve` starts them".to_owned())
        }
        OperationError::UnknownHandler { handler: name, known }
        | OperationError::UnknownQueue { queue: name, known }
        | OperationError::UnknownSchedule { schedule: name, known } => {
            (!known.is_empty()).then(|| suggestion(name, known))
        }
        OperationError::UnknownJob { .. } | OperationError::NoDeadJobs { .. } => {
            Some("`perme8 jobs list` shows those that there are".to_owned())
        }
        OperationError::NotDead { .. } | OperationError::HasEnded { .. } => {
            Some("`perme8 jobs show` tells how far it has come".to_owned())
        }
        OperationError::UnknownDeadLetter { .. } | OperationError::NoDeadLetters { .. } => {
            Some("`perme8 dead-letters list` shows those that there are".to_owned())
        }
        OperationError::BeyondHead { .. } | OperationError::NothingSince { .. } => {
            Some("`perme8 events tail` shows the last events with their positions".to_owned())
        }
        OperationError::Archived { archives, .. } => restoring(archives),
        OperationError::OutsideEffects { .. } => {
            Some("say --with-effects if they are meant to happen again".to_owned())
        }
        OperationError::Rebuilding { .. } => Some(
            "`perme8 handlers rebuild --wait` follows it, and --cancel calls it off".to_owned(),
        ),
        OperationError::Undecodable(_) => {
            Some("`perme8 events catalog --schemas` shows the shape of every event".to_owned())
        }
        OperationError::AnotherSubject { .. } => {
            Some("`perme8 dead-letters show` prints the data that the event has".to_owned())
        }
        OperationError::NotOfThisProgram { .. }
        | OperationError::EventGone { .. }
        | OperationError::UnknownEventType { .. }
        | OperationError::Unstorable
        | OperationError::Negative { .. }
        | OperationError::NotBeyond { .. }
        | OperationError::NoProjection { .. }
        | OperationError::Projection { .. }
        | OperationError::NewerReadModel { .. }
        | OperationError::NotRebuilding { .. }
        | OperationError::NothingToReplay { .. }
        | OperationError::TooManyEvents { .. }
        | OperationError::Storage(_) => None,
    }
}

fn where_else(kind: ErrorKind) -> &'static str {
    if kind == ErrorKind::AddrInUse {
        "another program listens there, perhaps another perme8: stop it, or choose another address with \
         --listen 127.0.0.1:4001"
    } else if kind == ErrorKind::PermissionDenied {
        "ports below 1024 need privileges: choose another with --listen 127.0.0.1:4000"
    } else {
        "choose an address of this machine with --listen, e.g. 127.0.0.1:4000"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_use_says_what_to_do() {
        let source = io::Error::from(ErrorKind::AddrInUse);
        let failure: Failure =
            AppError::Listen { address: "127.0.0.1:4000".to_owned(), source }.into();
        assert_eq!(failure.message, "cannot listen on 127.0.0.1:4000");
        assert_eq!(failure.causes.len(), 1);
        assert!(failure.help.is_some_and(|help| help.contains("--listen 127.0.0.1:4001")));
    }

    #[test]
    fn a_reader_that_has_gone_away_is_no_failure() {
        let failure: Failure = io::Error::from(ErrorKind::BrokenPipe).into();
        assert_eq!(failure.kind, Kind::NobodyListens);
    }
}
