//! What every adapter of the ports promises: the tables in memory, SQLite and PostgreSQL alike.

mod schemas;
