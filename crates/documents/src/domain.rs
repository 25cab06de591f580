//! What documents are, what may happen to them, and what a note is: a text that many people edit at once.

pub(crate) mod agent_command;
mod block;
pub(crate) mod burst;
mod contained;
pub(crate) mod content;
mod difference;
pub(crate) mod document;
pub(crate) mod events;
mod fragment;
pub(crate) mod history;
mod inline;
mod lib0;
pub(crate) mod loose;
mod markdown;
pub(crate) mod note;
mod plain_text;
pub(crate) mod policy;
pub(crate) mod references;
pub(crate) mod search;
pub(crate) mod stored_note;
pub(crate) mod sync;
#[cfg(test)]
mod testing;
mod update;
pub(crate) mod version;
mod words;
