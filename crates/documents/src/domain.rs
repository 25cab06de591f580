//! What a note is: a text that many people edit at once.

mod block;
mod burst;
pub(crate) mod content;
mod difference;
mod fragment;
mod history;
mod inline;
mod lib0;
mod markdown;
pub(crate) mod note;
mod plain_text;
pub(crate) mod references;
pub(crate) mod stored_note;
mod sync;
#[cfg(test)]
mod testing;
mod update;
mod words;
