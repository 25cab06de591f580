//! The facade on SQLite and on PostgreSQL, with the real identity and projects beside it.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod clearing;
mod directory;
mod documents;
mod lists;
mod office;
mod overtaken;
mod versions;
