//! Why an operator's wish was not followed.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        archive::{ArchivedRange, named},
        core_events::JobId,
        decode::DecodeError,
        error::StorageError,
        position::Position,
    },
    infrastructure::runtime::operations::jobs::JobState,
};

/// Why an operator's wish was not followed; nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// There is no handler of this name.
    #[error("no handler is called `{handler}`: the list of handlers shows those that there are")]
    UnknownHandler {
        /// The name.
        handler: String,
        /// The names that there are, sorted.
        known: Vec<String>,
    },
    /// The database knows the handler, but this program does not have it.
    #[error(
        "this program does not have the handler `{handler}`, which the database remembers: use the program that has it"
    )]
    NotOfThisProgram {
        /// The handler.
        handler: String,
    },
    /// There is no such dead letter, or no longer.
    #[error(
        "`{handler}` has no dead letter at position {position}: it may have been retried or discarded already"
    )]
    UnknownDeadLetter {
        /// The handler.
        handler: String,
        /// The position.
        position: Position,
    },
    /// The handler has given up nothing.
    #[error("`{handler}` has no dead letters, so there is nothing to retry")]
    NoDeadLetters {
        /// The handler.
        handler: String,
    },
    /// There is no queue of this name.
    #[error("no queue is called `{queue}`: the list of queues shows those that there are")]
    UnknownQueue {
        /// The name.
        queue: String,
        /// The names that there are, sorted.
        known: Vec<String>,
    },
    /// There is no schedule of this name.
    #[error("no schedule is called `{schedule}`: the list of schedules shows those that there are")]
    UnknownSchedule {
        /// The name.
        schedule: String,
        /// The names that there are, sorted.
        known: Vec<String>,
    },
    /// There is no such job, or no longer.
    #[error("there is no job {job_id}: it may have been done so long ago that it is forgotten")]
    UnknownJob {
        /// The job.
        job_id: JobId,
    },
    /// The job was not given up.
    #[error("the job {job_id} is {}: only dead jobs are retried and discarded", state.as_str())]
    NotDead {
        /// The job.
        job_id: JobId,
        /// How far it has come.
        state: JobState,
    },
    /// The job can no longer be called off.
    #[error("the job {job_id} is {}: only jobs that wait or run are called off", state.as_str())]
    HasEnded {
        /// The job.
        job_id: JobId,
        /// How far it has come.
        state: JobState,
    },
    /// The queue has given up nothing.
    #[error("`{queue}` has no dead jobs, so there is nothing to retry")]
    NoDeadJobs {
        /// The queue.
        queue: String,
    },
    /// The event of a dead letter is gone, so nobody can say what its data may be.
    #[error("the event at position {position} is no longer in the log: discard the dead letter")]
    EventGone {
        /// The position.
        position: Position,
    },
    /// This program does not know the event, so it cannot tell whether data are right.
    #[error(
        "this program does not know the event `{event_type}`: edit its data with the program that does"
    )]
    UnknownEventType {
        /// The type.
        event_type: String,
    },
    /// The data that should take the place of an event's are not of its shape.
    #[error("the new data cannot be delivered")]
    Undecodable(#[source] DecodeError),
    /// The data that should take the place of an event's are of another event.
    #[error(
        "the new data are about something else than {aggregate_type} {aggregate_id} in its workspace: \
         leave the ids that name them as they are"
    )]
    AnotherSubject {
        /// What kind of thing the event is about.
        aggregate_type: String,
        /// Which one.
        aggregate_id: String,
    },
    /// The data that should take the place of an event's cannot be stored.
    #[error("the new data are larger than 256 KiB or hold a NUL character: leave that out")]
    Unstorable,
    /// A place before the log.
    #[error("{position} is no position: they begin with 1, and 0 stands for the time before")]
    Negative {
        /// The position.
        position: Position,
    },
    /// A place behind the log.
    #[error("there is no position {position} yet: the log ends at {head}")]
    BeyondHead {
        /// The position.
        position: Position,
        /// The end of the log.
        head: Position,
    },
    /// Nothing has happened since.
    #[error("nothing has happened since {at}: name an earlier time")]
    NothingSince {
        /// The time.
        at: DateTime<Utc>,
    },
    /// The handler is not as far as that.
    #[error(
        "`{handler}` is not beyond position {to} yet: a rewind leads back, and nothing leads forward but discarding single \
         dead letters"
    )]
    NotBeyond {
        /// The handler.
        handler: String,
        /// Where it should go back to.
        to: Position,
    },
    /// What the handler does would be done twice.
    #[error(
        "`{handler}` has effects outside of the database, which would happen again: ask for them with effects if that is meant"
    )]
    OutsideEffects {
        /// The handler.
        handler: String,
    },
    /// The handler maintains no read model.
    #[error("`{handler}` is no projection, so there is nothing to rebuild: rewind it instead")]
    NoProjection {
        /// The handler.
        handler: String,
    },
    /// What a projection has applied cannot be applied once more.
    #[error("`{handler}` is a projection, which applies each event once: rebuild it instead")]
    Projection {
        /// The handler.
        handler: String,
    },
    /// The read model is of a newer version than this program has.
    #[error("the read model of `{handler}` is of a newer program than this one: use that")]
    NewerReadModel {
        /// The projection.
        handler: String,
    },
    /// The next generation of a read model is being built already.
    #[error(
        "the read model of `{handler}` is being rebuilt already: wait until that is done, or cancel it"
    )]
    Rebuilding {
        /// The projection.
        handler: String,
    },
    /// Nothing is being built.
    #[error("the read model of `{handler}` is not being rebuilt")]
    NotRebuilding {
        /// The projection.
        handler: String,
    },
    /// What the handler would have to be given stands in files.
    #[error("`{handler}` would need events that are archived: restore {} first", named(archives))]
    Archived {
        /// The handler.
        handler: String,
        /// The archives that hold them, in order.
        archives: Vec<ArchivedRange>,
    },
    /// The handler has had no event of the aggregate.
    #[error("`{handler}` has handled no event of {aggregate_type} {aggregate_id}")]
    NothingToReplay {
        /// The handler.
        handler: String,
        /// What kind of thing.
        aggregate_type: String,
        /// Which one.
        aggregate_id: String,
    },
    /// The aggregate has more events than are replayed at once.
    #[error("that are more than {most} events: rewind the handler instead")]
    TooManyEvents {
        /// So many are possible.
        most: usize,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl OperationError {
    /// Refuses what would begin behind a place of the log that has gone into files.
    pub(super) fn unless_archived(handler: &str, archives: Vec<ArchivedRange>) -> Result<(), Self> {
        if archives.is_empty() {
            return Ok(());
        }
        Err(Self::Archived { handler: handler.to_owned(), archives })
    }

    pub(super) fn unknown_handler(name: &str, known: impl IntoIterator<Item = String>) -> Self {
        Self::UnknownHandler { handler: name.to_owned(), known: known.into_iter().collect() }
    }
}
