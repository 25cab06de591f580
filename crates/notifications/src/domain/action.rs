//! What became of that which a notification asked for.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of that which a notification asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum NotificationAction {
    /// The person said yes.
    Accepted,
    /// The person said no.
    Declined,
    /// Whoever asked takes it back.
    Revoked,
    /// Nobody answered in time.
    Expired,
}

impl NotificationAction {
    /// Every action.
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Declined, Self::Revoked, Self::Expired];

    /// The stable word: `accepted`, `declined`, `revoked` or `expired`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for NotificationAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is not an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected accepted, declined, revoked or expired")]
pub struct UnknownNotificationAction;

impl FromStr for NotificationAction {
    type Err = UnknownNotificationAction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or(UnknownNotificationAction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_one_word_everywhere() {
        for action in NotificationAction::ALL {
            assert_eq!(action.to_string().parse(), Ok(action));
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
        assert_eq!("Accepted".parse::<NotificationAction>(), Err(UnknownNotificationAction));
    }
}
