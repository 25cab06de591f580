//! The versions of a note that are kept, and which of them go when there are too many.

use chrono::{DateTime, Utc};
use perme8_events::UserId;

use super::content::ContentHash;

/// So many versions of a note are kept.
pub(crate) const MOST: usize = 200;
/// So many of the last ones are kept in any case.
const LAST: usize = 50;

/// A version, as far as it matters for which ones are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub number: i64,
    pub hash: ContentHash,
    pub at: DateTime<Utc>,
}

/// A version to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewVersion<'a> {
    pub number: i64,
    pub text: &'a str,
    pub hash: &'a ContentHash,
    /// Who took part in it since the version before.
    pub authors: &'a [UserId],
    /// Who alone sees it: it was kept while the document was not shared.
    pub private_to: Option<UserId>,
}

/// Which version goes, so that another one can be kept.
///
/// It is the one that stands least apart: between the versions before and behind it lies the shortest time. So what is long
/// ago becomes sparse, and the beginning and the end stay.
pub(crate) fn superfluous(versions: &[Mark]) -> Option<i64> {
    let old = versions.len().saturating_sub(LAST);
    if versions.len() < MOST {
        return None;
    }
    let apart = |three: &&[Mark]| three[2].at - three[0].at;
    versions[..=old].windows(3).min_by_key(apart).map(|three| three[1].number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(seconds: impl Iterator<Item = i64>) -> Vec<Mark> {
        let mark = |(number, second)| Mark {
            number,
            hash: ContentHash::of(""),
            at: DateTime::from_timestamp(second, 0).unwrap(),
        };
        (1..).zip(seconds).map(mark).collect()
    }

    #[test]
    fn nothing_goes_as_long_as_there_is_room() {
        assert_eq!(superfluous(&versions(0..199)), None);
    }

    #[test]
    fn what_stands_least_apart_goes_first() {
        let seconds = (0..200).map(|number| if number == 77 { 7_601 } else { number * 100 });
        assert_eq!(superfluous(&versions(seconds)), Some(77));
    }

    #[test]
    fn the_beginning_and_the_end_stay_and_what_is_long_ago_becomes_sparse() {
        let mut kept: Vec<Mark> = Vec::new();
        for mark in versions((0..2_000).map(|number| number * 60)) {
            if let Some(number) = superfluous(&kept) {
                kept.retain(|mark| mark.number != number);
            }
            kept.push(mark);
        }
        assert_eq!((kept.len(), kept[0].number), (MOST, 1));
        let last: Vec<i64> = kept[MOST - LAST..].iter().map(|mark| mark.number).collect();
        assert_eq!(last, (1_951..=2_000).collect::<Vec<i64>>());
        let gaps = kept.windows(2).map(|two| two[1].number - two[0].number);
        assert!(gaps.max().unwrap() < 40, "no long time is without a version");
    }
}
