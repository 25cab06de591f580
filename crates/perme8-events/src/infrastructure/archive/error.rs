//! Why the log was not archived, or an archive not put back.

use std::{io, path::PathBuf};

use crate::{
    application::retention::Need,
    domain::{
        archive::{ArchivedRange, named},
        error::StorageError,
        position::Position,
    },
};

/// Why the log was not archived, or an archive not put back. No event is lost by it, whatever was done until then; whatever
/// was begun is ended by asking again.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Somebody still needs a part of what should go.
    #[error(
        "what lies up to position {upto} cannot go yet: {}",
        needs.first().map(ToString::to_string).unwrap_or_default()
    )]
    StillNeeded {
        /// What should have gone ends here.
        upto: Position,
        /// Everybody who needs a part of it, in order.
        needs: Vec<Need>,
    },
    /// A handler that should not count is run by a node.
    #[error("`{handler}` is run by a node, so it counts: stop the programs that have it first")]
    IsRunning {
        /// The handler.
        handler: String,
    },
    /// There is no handler of this name that could not count.
    #[error("no handler is called `{handler}`: the list of handlers shows those that there are")]
    UnknownHandler {
        /// The name.
        handler: String,
    },
    /// A place behind the log.
    #[error("there is no position {position} yet: the log ends at {head}")]
    BeyondHead {
        /// The position.
        position: Position,
        /// The end of the log.
        head: Position,
    },
    /// A file cannot hold so few events.
    #[error("a file holds one event at least")]
    TooFewInAFile,
    /// Nothing of what should be put back was ever archived.
    #[error("no archive of this database holds positions {from} to {to}")]
    NothingArchived {
        /// From here …
        from: Position,
        /// … to here.
        to: Position,
    },
    /// A file is missing, or not what was written.
    #[error("the archive `{file}` is not sound: {why}")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The log and a file do not say the same.
    #[error("the archive `{file}` and the log contradict each other: {why}")]
    Conflict {
        /// The file.
        file: String,
        /// Where.
        why: String,
    },
    /// Somebody else is at the archives in this folder.
    #[error("another command is at work in `{}`: wait until it has ended", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// Somebody else has archived or restored the range in between.
    #[error("somebody else has changed {} in between: look again", named(ranges))]
    Changed {
        /// The ranges.
        ranges: Vec<ArchivedRange>,
    },
    /// A file or a folder cannot be read or written.
    #[error("`{}` cannot be read or written", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ArchiveError {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
