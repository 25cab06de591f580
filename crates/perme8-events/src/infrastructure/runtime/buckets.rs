//! Into which buckets keys are hashed, and how the partitions of a handler share the buckets.

use std::ops::RangeInclusive;

use sha2::{Digest as _, Sha256};

/// So many buckets the keys of a handler are hashed into.
pub(crate) const BUCKETS: u16 = 256;

/// The bucket of a key; stable for ever, since checkpoints depend on it.
pub(crate) fn bucket(key: &str) -> u8 {
    Sha256::digest(key.as_bytes())[0]
}

/// The buckets as `count` ranges of about the same width.
pub(crate) fn spread(count: u16) -> impl Iterator<Item = RangeInclusive<i64>> {
    (0..count).map(move |n| {
        let first = u32::from(n) * u32::from(BUCKETS) / u32::from(count);
        let next = (u32::from(n) + 1) * u32::from(BUCKETS) / u32::from(count);
        i64::from(first)..=i64::from(next) - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_of_a_key_never_changes() {
        assert_eq!([bucket(""), bucket("user:1"), bucket("ä")], [227, 171, 51]);
    }

    #[test]
    fn every_bucket_lies_in_exactly_one_range() {
        for count in [1, 2, 3, 7, 16, 255, 256] {
            let ranges: Vec<_> = spread(count).collect();
            assert_eq!(ranges.len(), usize::from(count));
            for bucket in 0..256 {
                assert_eq!(
                    ranges.iter().filter(|range| range.contains(&bucket)).count(),
                    1,
                    "{bucket} of {count}"
                );
            }
        }
    }
}
