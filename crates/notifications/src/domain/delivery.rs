//! How somebody wants to be told of something.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::notification_type::NotificationType;

/// How somebody wants to be told of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// By a notification, at once.
    #[default]
    On,
    /// By a notification, and once a day by a mail that lists what was not read.
    Digest,
    /// Not at all.
    Off,
}

impl Delivery {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::On, Self::Digest, Self::Off];

    /// The stable word: `on`, `digest` or `off`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Digest => "digest",
            Self::Off => "off",
        }
    }

    /// Whether somebody may choose it for things of this type: what waits for an answer is always told.
    pub(crate) fn suits(self, kind: NotificationType) -> bool {
        self != Self::Off || kind != NotificationType::WorkspaceInvitation
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is no way to be told of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected on, digest or off")]
pub struct UnknownDelivery;

impl FromStr for Delivery {
    type Err = UnknownDelivery;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|delivery| delivery.as_str() == text).ok_or(UnknownDelivery)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_one_word_everywhere() {
        for delivery in Delivery::ALL {
            assert_eq!(delivery.to_string().parse(), Ok(delivery));
            assert_eq!(serde_json::to_value(delivery).unwrap(), delivery.as_str());
        }
        assert_eq!("On".parse::<Delivery>(), Err(UnknownDelivery));
    }

    #[test]
    fn nothing_but_a_question_must_be_told() {
        for kind in NotificationType::ALL {
            assert!(Delivery::On.suits(kind) && Delivery::Digest.suits(kind));
            assert_eq!(Delivery::Off.suits(kind), kind != NotificationType::WorkspaceInvitation);
        }
    }
}
