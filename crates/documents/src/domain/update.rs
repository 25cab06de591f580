//! What an update of Yjs does, found out before it is done.

use std::collections::BTreeMap;

use yrs::StateVector;
use yrs::block::ClientID;

use super::lib0::{Malformed, Reader};

/// What somebody wants to change, checked as far as the bytes alone can tell.
///
/// The library decodes updates as its own peers write them. Others may be nested without end, claim
/// lengths that they do not have, or count past what the library counts with, so nothing is given
/// to it that was not read here.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// For each replica, the clocks of the changes in it: the first, and the one behind the last.
    changes: BTreeMap<u64, (u32, u32)>,
    /// For each replica, the clock behind the last change that must be there.
    needs: BTreeMap<u64, u32>,
    /// Whether its sender misses something itself, and says so.
    has_hole: bool,
    /// The elements and texts in it.
    pub(crate) nodes: Vec<(u64, u32)>,
    /// Whether it brings anything but deletions.
    pub(crate) adds: bool,
}

/// Where a change begins.
#[derive(Clone, Copy)]
struct Id {
    replica: u64,
    clock: u32,
}

const HAS_ORIGIN: u8 = 0x80;
const HAS_RIGHT_ORIGIN: u8 = 0x40;
const HAS_KEY: u8 = 0x20;

impl Outline {
    /// Reads an update in the first version of its encoding.
    pub(crate) fn of(update: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(update);
        let mut outline = Self::default();
        for _ in 0..reader.count(4)? {
            outline.read_replica(&mut reader)?;
        }
        outline.read_deletions(&mut reader)?;
        if reader.is_at_end() { Ok(outline) } else { Err(Malformed) }
    }

    /// Whether everything that it builds upon is in a note of this state.
    pub(crate) fn follows(&self, state: &StateVector) -> bool {
        let known = |replica: u64| state.get(&ClientID::new(replica));
        let is_next = self.changes.iter().all(|(replica, (first, _))| *first <= known(*replica));
        let has_all = self.needs.iter().all(|(replica, needed)| {
            let brought = self.changes.get(replica).map_or(0, |(_, behind)| *behind);
            *needed <= known(*replica).max(brought)
        });
        !self.has_hole && is_next && has_all
    }

    fn read_replica(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        let changes = reader.count(2)?;
        let replica = reader.number()?;
        let first = reader.small()?;
        let mut clock = first;
        for _ in 0..changes {
            let length = self.read_change(reader, Id { replica, clock })?;
            clock =
                clock.checked_add(length).filter(|clock| *clock <= MAX_CLOCK).ok_or(Malformed)?;
        }
        let is_new = self.changes.insert(replica, (first, clock)).is_none();
        if changes > 0 && is_new { Ok(()) } else { Err(Malformed) }
    }

    /// Reads one change, and returns how many clocks it takes.
    fn read_change(&mut self, reader: &mut Reader<'_>, id: Id) -> Result<u32, Malformed> {
        let info = reader.byte()?;
        if info == GARBAGE || info == HOLE {
            self.has_hole |= info == HOLE;
            return length(reader);
        }
        if info & HAS_ORIGIN != 0 {
            self.read_dependency(reader, id)?;
        }
        if info & HAS_RIGHT_ORIGIN != 0 {
            self.read_dependency(reader, id)?;
        }
        if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
            match reader.number()? {
                0 => self.read_dependency(reader, id)?,
                1 => {
                    reader.text()?;
                }
                _ => return Err(Malformed),
            }
            if info & HAS_KEY != 0 {
                reader.text()?;
            }
        }
        self.read_content(reader, info & 0x1f, id)
    }

    /// Reads what a change brings. What no editor of notes writes is refused: numbers and objects
    /// of the old kind, documents in documents, and things that move.
    fn read_content(
        &mut self,
        reader: &mut Reader<'_>,
        kind: u8,
        id: Id,
    ) -> Result<u32, Malformed> {
        if kind == DELETED {
            return length(reader);
        }
        self.adds = true;
        match kind {
            BINARY => reader.bytes().map(|_| 1),
            TEXT => {
                let units = reader.text()?.encode_utf16().count();
                u32::try_from(units).ok().filter(|units| *units > 0).ok_or(Malformed)
            }
            EMBED => reader.text().map(|_| 1),
            FORMAT => {
                reader.text()?;
                reader.text().map(|_| 1)
            }
            NODE => {
                match reader.number()? {
                    ELEMENT => {
                        reader.text()?;
                    }
                    XML_TEXT => {}
                    _ => return Err(Malformed),
                }
                self.nodes.push((id.replica, id.clock));
                Ok(1)
            }
            VALUES => {
                let values = reader.count(1)?;
                for _ in 0..values {
                    reader.skip_any()?;
                }
                u32::try_from(values).ok().filter(|values| *values > 0).ok_or(Malformed)
            }
            _ => Err(Malformed),
        }
    }

    /// Reads which change must be there before this one; its own replica's can only be earlier.
    fn read_dependency(&mut self, reader: &mut Reader<'_>, id: Id) -> Result<(), Malformed> {
        let replica = reader.number()?;
        let clock = reader.small()?;
        if replica == id.replica && clock >= id.clock {
            return Err(Malformed);
        }
        self.need(replica, clock.checked_add(1).ok_or(Malformed)?);
        Ok(())
    }

    fn read_deletions(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        for _ in 0..reader.count(2)? {
            let replica = reader.number()?;
            for _ in 0..reader.count(2)? {
                let clock = reader.small()?;
                let behind = clock.checked_add(length(reader)?).ok_or(Malformed)?;
                if behind > MAX_CLOCK {
                    return Err(Malformed);
                }
                self.need(replica, behind);
            }
        }
        Ok(())
    }

    fn need(&mut self, replica: u64, behind: u32) {
        let needed = self.needs.entry(replica).or_default();
        *needed = behind.max(*needed);
    }
}

/// The greatest clock that the library counts with.
const MAX_CLOCK: u32 = i32::MAX as u32;

// Kinds of changes.
const GARBAGE: u8 = 0;
const DELETED: u8 = 1;
const BINARY: u8 = 3;
const TEXT: u8 = 4;
const EMBED: u8 = 5;
const FORMAT: u8 = 6;
const NODE: u8 = 7;
const VALUES: u8 = 8;
const HOLE: u8 = 10;

// Kinds of nodes.
const ELEMENT: u64 = 3;
const XML_TEXT: u64 = 6;

/// A length that is not nothing.
fn length(reader: &mut Reader<'_>) -> Result<u32, Malformed> {
    reader.small().and_then(|length| if length > 0 { Ok(length) } else { Err(Malformed) })
}
