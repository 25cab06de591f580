//! The rungs of the ladder: the promises that are proven.

use std::{fmt, str::FromStr};

/// A promise of the event core, or of what is built upon it, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rung(u32);

/// A measurement that belongs to a rung, and what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measurement {
    pub(crate) name: &'static str,
    pub(crate) passed_on: &'static [&'static str],
}

/// What a producer pays for not waiting, with as many at once as the short form has.
const PRODUCERS: Measurement =
    Measurement { name: "events", passed_on: &["--only", "writers", "--writers", "16,64"] };

/// What each promises; numbers that are not here were never given.
const PROMISES: [(u32, &str); 16] = [
    (1, "lossless"),
    (2, "ordered"),
    (3, "atomic"),
    (4, "exactly-once effects"),
    (5, "producers never wait for each other"),
    (6, "sequenced dead letters"),
    (7, "durable retries"),
    (8, "fenced leases"),
    (11, "restore-safe"),
    (12, "both engines alike, and many writers on SQLite"),
    (13, "parallel"),
    (14, "bounded"),
    (15, "read models are built anew"),
    (16, "a test kit in virtual time"),
    (17, "edits of notes"),
    (18, "people who are forgotten"),
];

impl Rung {
    /// In order.
    pub(crate) const ALL: [Self; PROMISES.len()] = {
        let mut all = [Self(0); PROMISES.len()];
        let mut n = 0;
        while n < all.len() {
            all[n] = Self(PROMISES[n].0);
            n += 1;
        }
        all
    };

    /// What it promises.
    pub(crate) fn promise(self) -> &'static str {
        let named = PROMISES.iter().find(|(number, _)| *number == self.0);
        named.map_or("", |(_, promise)| promise)
    }

    /// The measurement that belongs to it, which takes long: it is part of the long form.
    pub(crate) fn measurement(self) -> Option<Measurement> {
        (self.0 == 5).then_some(PRODUCERS)
    }

    /// The tests that prove it: those in a module or with a name that starts with `r1_`.
    pub(crate) fn filter(self) -> String {
        format!("test(/(^|::)r{}_/)", self.0)
    }
}

impl FromStr for Rung {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix(['R', 'r']).and_then(|number| number.parse().ok());
        let rung = number.map(Self).ok_or_else(|| "a rung is written like R1".to_owned())?;
        if Self::ALL.contains(&rung) {
            return Ok(rung);
        }
        let all: Vec<String> = Self::ALL.iter().map(Self::to_string).collect();
        Err(format!("there is no rung {rung}; there is {}", all.join(", ")))
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rung_is_a_letter_and_a_number() {
        assert_eq!("r4".parse(), Ok(Rung(4)));
        assert_eq!("R12".parse::<Rung>().unwrap().filter(), "test(/(^|::)r12_/)");
        assert_eq!("4".parse::<Rung>(), Err("a rung is written like R1".to_owned()));
    }

    #[test]
    fn a_number_that_was_never_given_is_no_rung() {
        let error = "R9".parse::<Rung>().unwrap_err();
        assert!(error.starts_with("there is no rung R9; there is R1, R2, R3"), "{error}");
    }

    #[test]
    fn every_rung_says_what_it_promises() {
        assert!(Rung::ALL.iter().all(|rung| !rung.promise().is_empty()));
        assert!(Rung::ALL.is_sorted_by_key(|rung| rung.0));
    }
}
