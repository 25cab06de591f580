//! Nothing: the SQLite of sqlx 0.8 is resolved by cargo, and never built or linked here.
