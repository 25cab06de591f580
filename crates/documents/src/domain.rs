//! What a note is: a text that many people edit at once.

mod block;
mod burst;
mod content;
mod difference;
mod fragment;
mod history;
mod inline;
mod lib0;
mod markdown;
mod note;
mod plain_text;
mod sync;
#[cfg(test)]
mod testing;
mod update;
mod words;
