//! What editors say to servers and hear from them, in the bytes of y-protocols: just enough of it to type and to watch.
//!
//! The clients run beside the server that is measured, so they merge nothing: an edit is told by its author and its number.

/// A character that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) author: u64,
    /// Where it stands among all that the author did.
    pub(crate) clock: u64,
}

/// The clocks that the paragraph and the text take to which an author types.
pub(crate) const BEGINNING: u64 = 2;

/// "What do you have?", from somebody who has nothing.
pub(crate) const ASK: [u8; 4] = [0, 0, 1, 0];

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Everything that it has; its length in bytes.
    All(usize),
    /// What others typed just now, by author: the first clock, and how many.
    Typed(Vec<(Edit, u64)>),
    /// Something is refused.
    Denied,
    /// Anything else.
    Other,
}

/// The update by which an author types the first character, into a paragraph of its own.
pub(crate) fn begin(author: u64) -> Vec<u8> {
    let mut update = vec![1, 3];
    number(&mut update, author);
    number(&mut update, 0);
    update.extend([7, 1]);
    text(&mut update, "prosemirror");
    update.push(3);
    text(&mut update, "paragraph");
    update.extend([7, 0]);
    number(&mut update, author);
    update.extend([0, 6, 4, 0]);
    number(&mut update, author);
    update.push(1);
    text(&mut update, "x");
    // Nothing is deleted.
    update.push(0);
    update
}

/// The update by which an author types the next one.
pub(crate) fn typed(Edit { author, clock }: Edit) -> Vec<u8> {
    let mut update = vec![1, 1];
    number(&mut update, author);
    number(&mut update, clock);
    update.push(0x84);
    number(&mut update, author);
    number(&mut update, clock - 1);
    text(&mut update, "x");
    update.push(0);
    update
}

/// The frame that tells an update.
pub(crate) fn framed(update: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, 2];
    number(&mut frame, update.len() as u64);
    frame.extend(update);
    frame
}

/// Reads a frame; nothing if it is not as servers write it.
pub(crate) fn heard(frame: &[u8]) -> Option<Heard> {
    let mut rest = frame;
    Some(match (take(&mut rest)?, rest.first()) {
        (0, Some(1)) => Heard::All(frame.len()),
        (0, Some(2)) => {
            take(&mut rest)?;
            take(&mut rest)?;
            Heard::Typed(edits(rest)?)
        }
        (2, _) => Heard::Denied,
        _ => Heard::Other,
    })
}

/// What is typed in an update.
fn edits(mut rest: &[u8]) -> Option<Vec<(Edit, u64)>> {
    let mut edits = Vec::new();
    for _ in 0..take(&mut rest)? {
        let (items, author, mut clock) = (take(&mut rest)?, take(&mut rest)?, take(&mut rest)?);
        for _ in 0..items {
            let (info, after) = rest.split_first()?;
            rest = after;
            let origins = u32::from(info & 0x80 != 0) + u32::from(info & 0x40 != 0);
            for _ in 0..2 * origins {
                take(&mut rest)?;
            }
            if origins == 0 {
                if take(&mut rest)? == 1 {
                    skip_text(&mut rest)?;
                } else {
                    take(&mut rest)?;
                    take(&mut rest)?;
                }
            }
            clock += match info & 0x1f {
                4 => {
                    let characters = skip_text(&mut rest)?;
                    edits.push((Edit { author, clock }, characters));
                    characters
                }
                7 => {
                    if take(&mut rest)? == 3 {
                        skip_text(&mut rest)?;
                    }
                    1
                }
                _ => return None,
            };
        }
    }
    Some(edits)
}

/// Skips a text of ASCII characters, and says how many.
fn skip_text(rest: &mut &[u8]) -> Option<u64> {
    let length = take(rest)?;
    *rest = rest.get(usize::try_from(length).ok()?..)?;
    Some(length)
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    into.push(number.to_le_bytes()[0]);
}

fn text(into: &mut Vec<u8>, text: &str) {
    number(into, text.len() as u64);
    into.extend(text.as_bytes());
}
