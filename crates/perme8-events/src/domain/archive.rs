//! A range of the log in a file: what the manifest beside it says, and which one follows which.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::position::Position;

/// So many files are named where somebody has to be told of them.
const NAMED: usize = 3;

/// A range of the log whose events stand in a file, and no longer in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchivedRange {
    /// Where it begins.
    pub first: Position,
    /// Where it ends.
    pub last: Position,
    /// The file, without its folder.
    pub file: String,
}

/// Ranges for people, in order: from where to where, and in which files.
pub(crate) fn named(ranges: &[ArchivedRange]) -> String {
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else {
        return "nothing".to_owned();
    };
    let files = ranges.iter().take(NAMED).map(|range| format!("`{}`", range.file));
    let mut files = files.collect::<Vec<_>>().join(", ");
    if ranges.len() > NAMED {
        files = format!("{files} and {} more", ranges.len() - NAMED);
    }
    format!("positions {} to {}, in {files}", first.first, last.last)
}

/// What stands beside a file of events.
///
/// It says nothing that does not follow from the log, so a range that is written once more has the same one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The form of the file and of this.
    pub(crate) format: u32,
    /// The range: every event of the log from here …
    pub(crate) first: Position,
    /// … to here is in the file.
    pub(crate) last: Position,
    /// So many they are.
    pub(crate) events: u64,
    /// When the first of them happened.
    pub(crate) first_at: DateTime<Utc>,
    /// When the last of them happened.
    pub(crate) last_at: DateTime<Utc>,
    /// The name of the file.
    pub(crate) file: String,
    /// The SHA-256 of its bytes.
    pub(crate) file_sha256: String,
    /// The SHA-256 of its lines, before they were compressed.
    pub(crate) lines_sha256: String,
    /// The same of the range before; none of the first.
    pub(crate) previous_sha256: Option<String>,
}

impl Manifest {
    /// The form of the files that this program writes and reads.
    pub(crate) const FORMAT: u32 = 1;

    /// The name of the file of a range.
    pub(crate) fn file_of(first: Position, last: Position) -> String {
        format!("events-{:012}-{:012}.jsonl.gz", first.number(), last.number())
    }

    /// The name of the manifest beside a file.
    pub(crate) fn name_beside(file: &str) -> String {
        format!("{}.manifest.json", file.trim_end_matches(".jsonl.gz"))
    }

    /// The text that is written.
    pub(crate) fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("texts and numbers are always JSON");
        format!("{text}\n")
    }

    /// What a text says, if it is one that was written, to the last byte.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_str(text)
            .map_err(|error| format!("its manifest cannot be read: {error}"))?;
        // Positions below the first are none, and one is subtracted from it below.
        if manifest.first <= Position::START {
            return Err("its manifest says what cannot be".to_owned());
        }
        if manifest.format != Self::FORMAT {
            let (form, known) = (manifest.format, Self::FORMAT);
            return Err(format!("its form is {form}, and this program reads {known}"));
        }
        let width = manifest.last.number().checked_sub(manifest.first.before().number());
        let width = width.and_then(|width| u64::try_from(width).ok()).unwrap_or_default();
        if !(1..=width).contains(&manifest.events) {
            return Err("its manifest says what cannot be".to_owned());
        }
        if manifest.file != Self::file_of(manifest.first, manifest.last) {
            return Err("its manifest is of another file".to_owned());
        }
        if manifest.text() != text {
            return Err("its manifest is not as it was written".to_owned());
        }
        Ok(manifest)
    }

    /// Why it does not go on where the one before ends; that of the first range has none before it.
    pub(crate) fn breaks_off(&self, before: Option<&Self>) -> Option<String> {
        let (ends, says) = match before {
            Some(before) => (before.last, Some(&before.lines_sha256)),
            None => (Position::START, None),
        };
        let expected = Position::new(ends.number() + 1);
        if self.first > expected {
            let last = self.first.before();
            return Some(format!("no file holds positions {expected} to {last}, before it"));
        }
        if self.first < expected {
            return Some(format!("position {} is in the file before it, too", self.first));
        }
        (self.previous_sha256.as_ref() != says)
            .then(|| "it was written behind another file than the one before it".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(first: i64, last: i64, before: Option<&Manifest>) -> Manifest {
        let (first, last) = (Position::new(first), Position::new(last));
        Manifest {
            format: Manifest::FORMAT,
            first,
            last,
            events: 2,
            first_at: DateTime::UNIX_EPOCH,
            last_at: DateTime::UNIX_EPOCH,
            file: Manifest::file_of(first, last),
            file_sha256: "ab".repeat(32),
            lines_sha256: format!("{last:064}"),
            previous_sha256: before.map(|before| before.lines_sha256.clone()),
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written_and_no_byte_of_it_may_differ() {
        let manifest = manifest(1, 7, None);
        let text = manifest.text();
        assert_eq!(Manifest::read(&text), Ok(manifest));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let flipped = String::from_utf8_lossy(&bytes).into_owned();
            // A checksum that differs is another checksum, which the file does not have.
            let read = Manifest::read(&flipped);
            assert_ne!(read.as_ref(), Manifest::read(&text).as_ref(), "byte {at}: {flipped}");
        }
        assert!(Manifest::read(&format!("{text} ")).is_err());
    }

    #[test]
    fn a_manifest_cannot_say_what_cannot_be() {
        let sound = manifest(1, 7, None);
        assert!(Manifest::read(&Manifest { events: 8, ..sound.clone() }.text()).is_err());
        assert!(Manifest::read(&Manifest { events: 0, ..sound.clone() }.text()).is_err());
        assert!(Manifest::read(&Manifest { format: 2, ..sound.clone() }.text()).is_err());
        assert!(Manifest::read(&Manifest { last: Position::new(8), ..sound }.text()).is_err());
    }

    #[test]
    fn ranges_join_each_other_and_say_whom_they_follow() {
        let first = manifest(1, 7, None);
        let second = manifest(8, 9, Some(&first));
        assert_eq!(first.breaks_off(None), None);
        assert_eq!(second.breaks_off(Some(&first)), None);
        let says = |manifest: Manifest| manifest.breaks_off(Some(&first)).unwrap_or_default();
        assert_eq!(
            says(manifest(9, 12, Some(&first))),
            "no file holds positions 8 to 8, before it"
        );
        assert_eq!(says(manifest(7, 12, Some(&first))), "position 7 is in the file before it, too");
        let stranger = manifest(8, 9, Some(&second));
        assert_eq!(says(stranger), "it was written behind another file than the one before it");
        assert!(second.breaks_off(None).is_some(), "the first one is missing");
    }

    #[test]
    fn ranges_are_named_by_their_ends_and_some_files() {
        let range = |n: i64| ArchivedRange {
            first: Position::new(n),
            last: Position::new(n),
            file: format!("f{n}"),
        };
        let ranges: Vec<_> = (1..=5).map(range).collect();
        assert_eq!(named(&[]), "nothing");
        assert_eq!(named(&ranges[..2]), "positions 1 to 2, in `f1`, `f2`");
        assert_eq!(named(&ranges[..3]), "positions 1 to 3, in `f1`, `f2`, `f3`");
        assert_eq!(named(&ranges), "positions 1 to 5, in `f1`, `f2`, `f3` and 2 more");
    }

    #[test]
    fn a_file_is_called_after_its_range_and_its_manifest_after_the_file() {
        let file = Manifest::file_of(Position::new(1), Position::new(70));
        assert_eq!(file, "events-000000000001-000000000070.jsonl.gz");
        assert_eq!(Manifest::name_beside(&file), "events-000000000001-000000000070.manifest.json");
    }
}
