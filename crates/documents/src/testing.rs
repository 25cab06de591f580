//! Documents in memory, for the tests of this crate.

mod note_tables;

pub(crate) use note_tables::NoteTables;
