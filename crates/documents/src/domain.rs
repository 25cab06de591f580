//! What documents are, what may happen to them, and what a note is: a text that many people edit at once.

mod block;
#[cfg_attr(not(test), expect(dead_code, reason = "the room that tells of bursts is not here yet"))]
mod burst;
pub(crate) mod content;
mod difference;
pub(crate) mod document;
pub(crate) mod events;
mod fragment;
#[cfg_attr(not(test), expect(dead_code, reason = "versions are not stored yet"))]
mod history;
mod inline;
mod lib0;
mod markdown;
#[cfg_attr(not(test), expect(dead_code, reason = "the room of editors is not here yet"))]
pub(crate) mod note;
mod plain_text;
pub(crate) mod policy;
pub(crate) mod references;
pub(crate) mod stored_note;
#[cfg_attr(not(test), expect(dead_code, reason = "the room of editors is not here yet"))]
mod sync;
#[cfg(test)]
mod testing;
mod update;
mod words;
