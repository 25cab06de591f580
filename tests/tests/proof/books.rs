//! What an audit of the bank finds.

use std::fmt;

use perme8_events::testing::TestDb;
use serde::Deserialize;

use crate::victims::Victim;

/// What the audit finds; the books balance when everything but the first is zero.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) deposits: usize,
    unknown: usize,
    unbalanced: usize,
    pub(crate) counted_again: i64,
    pub(crate) not_counted: i64,
    wrong_totals: usize,
    noted_again: usize,
    not_noted: usize,
    not_paid: usize,
    paid_again: usize,
    fired_again: usize,
    not_fired: usize,
}

impl Findings {
    /// Every effect is there, and none twice.
    pub(crate) fn balanced(deposits: usize) -> Self {
        Self { deposits, ..Self::default() }
    }

    fn faults(&self) -> [(i64, &'static str); 11] {
        let Self {
            deposits: _,
            unknown,
            unbalanced,
            counted_again,
            not_counted,
            wrong_totals,
            noted_again,
            not_noted,
            not_paid,
            paid_again,
            fired_again,
            not_fired,
        } = *self;
        let of = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        [
            (of(unknown), "acknowledged and unknown"),
            (of(unbalanced), "accounts out of balance"),
            (counted_again, "counted again"),
            (not_counted, "not counted"),
            (of(wrong_totals), "wrong totals"),
            (of(noted_again), "noted again"),
            (of(not_noted), "not noted"),
            (of(not_paid), "not paid"),
            (of(paid_again), "paid again"),
            (of(fired_again), "fired again"),
            (of(not_fired), "not fired"),
        ]
    }
}

/// The deposits, and what is not zero of the others.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} deposits", self.deposits)?;
        let mut balances = true;
        for (count, what) in self.faults().into_iter().filter(|(count, _)| *count > 0) {
            balances = false;
            write!(f, ", {count} {what}")?;
        }
        f.write_str(if balances { ", the books balance" } else { "" })
    }
}

/// Lets handlers finish, and compares the books with what the log and the acknowledgements say.
pub(crate) async fn audit(command: &str, test: &TestDb, acknowledged: &[String]) -> Findings {
    let lines = Victim::start(command, &test.url).finish(acknowledged).await;
    serde_json::from_str(&lines[0]).unwrap()
}
