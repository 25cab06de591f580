//! What every adapter of the ports promises: the tables in memory, SQLite and PostgreSQL alike.

use perme8_events::{StorageError, testing::promises};

mod documents;
mod notes;
