//! Failures of following events.

use axum::http::StatusCode;
use perme8_events::host::SubscribeError;

use super::ApiError;

impl From<SubscribeError> for ApiError {
    fn from(error: SubscribeError) -> Self {
        match error {
            // Nobody is offered the topic of another person, so it is a workspace that was lost a moment ago.
            SubscribeError::Forbidden => Self::workspace_not_found(),
            SubscribeError::AheadOfLog { after: _, head: _ } => Self::new(
                StatusCode::BAD_REQUEST,
                "position_ahead_of_log",
                "The position to resume from lies in the future",
            ),
            SubscribeError::Archived { after: _, last: _ } => {
                Self::new(StatusCode::GONE, "position_archived", "What followed it is archived")
            }
            SubscribeError::Storage(error) => error.into(),
        }
    }
}
