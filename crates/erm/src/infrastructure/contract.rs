//! What every adapter of the ports promises: the tables in memory, SQLite and PostgreSQL alike.

mod edges;
mod entities;
mod graphs;
mod reindexing;
mod remains;
mod restoring;
mod schemas;
