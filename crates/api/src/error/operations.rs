//! Failures of what operators do.

use axum::http::StatusCode;
use perme8_events::host::OperationError;

use super::ApiError;

impl ApiError {
    /// The header that says which operator it is.
    pub(crate) fn malformed_operator() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed_operator",
            "X-Operator must be a short name without control characters",
        )
    }

    const fn not_possible(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        // What the fields say wrong is told in the words of the error: they hold what the operator typed, and the log's end.
        let text = error.to_string();
        match error {
            OperationError::UnknownHandler { .. } => Self::handler_not_found(),
            OperationError::UnknownDeadLetter { .. } => Self::dead_letter_not_found(),
            OperationError::UnknownQueue { .. } => Self::queue_not_found(),
            OperationError::UnknownSchedule { .. } => Self::schedule_not_found(),
            OperationError::UnknownJob { .. } => Self::job_not_found(),
            OperationError::NotDead { .. } => Self::not_possible(
                "not_dead",
                "The job was not given up: only dead jobs are retried and discarded",
            ),
            OperationError::HasEnded { .. } => Self::not_possible(
                "has_ended",
                "The job has ended: only jobs that wait or run are called off",
            ),
            OperationError::NoDeadJobs { .. } => {
                Self::not_possible("no_dead_jobs", "The queue has no dead jobs")
            }
            OperationError::NotOfThisProgram { .. } => Self::not_possible(
                "handler_of_another_program",
                "This program does not have the handler: ask the one that has it",
            ),
            OperationError::NoDeadLetters { .. } => {
                Self::not_possible("no_dead_letters", "The handler has no dead letters")
            }
            OperationError::EventGone { .. } => Self::not_possible(
                "event_gone",
                "The event is no longer in the log: discard the dead letter",
            ),
            OperationError::UnknownEventType { .. } => Self::not_possible(
                "unknown_event_type",
                "This program does not know the event: ask the one that does",
            ),
            OperationError::Undecodable(problem) => {
                Self::invalid_field("data", &problem.to_string())
            }
            OperationError::Unstorable | OperationError::AnotherSubject { .. } => {
                Self::invalid_field("data", &text)
            }
            OperationError::Negative { .. } | OperationError::BeyondHead { .. } => {
                Self::invalid_field("to_position", &text)
            }
            OperationError::NothingSince { .. } => Self::invalid_field("to_time", &text),
            OperationError::NotBeyond { .. } => Self::not_possible(
                "not_beyond",
                "The handler has not come that far: a rewind leads back",
            ),
            OperationError::OutsideEffects { .. } => Self::not_possible(
                "outside_effects",
                "The handler has effects outside of the database: say with_effects if they are meant to happen again",
            ),
            OperationError::NoProjection { .. } => Self::not_possible(
                "no_projection",
                "The handler is no projection: rewind it instead",
            ),
            OperationError::Projection { .. } => Self::not_possible(
                "projection",
                "The handler is a projection, which applies each event once: rebuild it instead",
            ),
            OperationError::NewerReadModel { .. } => Self::not_possible(
                "newer_read_model",
                "The read model is of a newer program: ask that one",
            ),
            OperationError::Rebuilding { .. } => {
                Self::not_possible("rebuilding", "The read model is being rebuilt already")
            }
            OperationError::NotRebuilding { .. } => {
                Self::not_possible("not_rebuilding", "The read model is not being rebuilt")
            }
            OperationError::Archived { .. } => Self::not_possible(
                "events_archived",
                "The handler would need events that are archived: restore them first",
            ),
            OperationError::NothingToReplay { .. } => Self::not_possible(
                "nothing_to_replay",
                "The handler has handled no event of the aggregate",
            ),
            OperationError::TooManyEvents { .. } => Self::not_possible(
                "too_many_events",
                "The aggregate has too many events: rewind the handler instead",
            ),
            OperationError::Storage(error) => error.into(),
        }
    }
}
