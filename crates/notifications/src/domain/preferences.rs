//! Of what a person wants to be told, and how.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{delivery::Delivery, notification_type::NotificationType};

/// When the mail of the day goes out unless its reader says otherwise.
const DIGEST_HOUR: DigestHour = DigestHour(8);

/// The full hour of a day, in UTC, at which a mail lists what came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DigestHour(u8);

impl DigestHour {
    /// None beyond 23.
    pub(crate) fn new(hour: u8) -> Option<Self> {
        (hour < 24).then_some(Self(hour))
    }

    pub(crate) fn number(self) -> u8 {
        self.0
    }

    /// When it strikes next.
    pub(crate) fn after(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let hour = NaiveTime::from_hms_opt(self.0.into(), 0, 0).expect("a day has 24 hours");
        let today = now.date_naive().and_time(hour).and_utc();
        if today > now { today } else { today + TimeDelta::days(1) }
    }
}

impl Default for DigestHour {
    fn default() -> Self {
        DIGEST_HOUR
    }
}

/// Of what a person wants to be told, and how: a default for each type, and exceptions for single workspaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(crate) user_id: UserId,
    pub(crate) digest_hour: DigestHour,
    pub(crate) deliveries: Deliveries,
    pub(crate) version: i64,
}

/// What was chosen, by type and workspace; without a workspace it is the default of the type.
pub(crate) type Deliveries = BTreeMap<(NotificationType, Option<WorkspaceId>), Delivery>;

impl Aggregate for Preferences {
    const TYPE: &'static str = "preferences";
    type Id = UserId;

    fn id(&self) -> UserId {
        self.user_id
    }
}

impl Preferences {
    /// Those of somebody who never chose.
    pub(crate) fn of(user_id: UserId) -> Self {
        let (digest_hour, deliveries) = (DigestHour::default(), Deliveries::new());
        Self { user_id, digest_hour, deliveries, version: 0 }
    }

    /// What was chosen before is forgotten. No event tells of it: it concerns nobody else.
    pub(crate) fn choose(self, digest_hour: DigestHour, deliveries: Deliveries) -> Unsaved<Self> {
        Unsaved::new(Self { digest_hour, deliveries, ..self })
    }

    /// How its person is told of things of this type that happen anywhere.
    pub(crate) fn default_of(&self, kind: NotificationType) -> Delivery {
        self.deliveries.get(&(kind, None)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::{Clock as _, testing::ManualClock};

    use super::*;

    #[test]
    fn the_hour_strikes_once_a_day() {
        let nine = ManualClock::monday_morning().now();
        let second = TimeDelta::seconds(1);
        let strikes = |hour, now| DigestHour::new(hour).unwrap().after(now);
        assert_eq!(strikes(10, nine), nine + TimeDelta::hours(1));
        assert_eq!(strikes(9, nine - second), nine);
        assert_eq!(strikes(9, nine), nine + TimeDelta::days(1));
        assert_eq!(strikes(8, nine), nine + TimeDelta::hours(23));
        assert_eq!(strikes(0, nine), nine + TimeDelta::hours(15));
        assert_eq!(DigestHour::new(24), None);
    }
}
