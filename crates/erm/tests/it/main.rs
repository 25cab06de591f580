//! The facade on SQLite and on PostgreSQL, with the real identity, projects and documents beside it.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod bulks;
mod claims;
mod files;
mod knowledge;
mod many;
mod office;
mod people;
mod projected;
mod races;
mod restoring;
mod schemas;
