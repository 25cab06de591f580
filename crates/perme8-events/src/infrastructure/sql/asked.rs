//! Questions that are asked within a transaction and outside of one.

use super::{Query, Stmt};
use crate::infrastructure::{db::Db, tx::Tx};

/// Whatever answers queries: an open transaction, or the database.
///
/// For functions that read the same within a transaction as outside of one; elsewhere [`Tx::query`] and [`Db::query`] do.
pub trait Asked: Send {
    /// A query.
    fn ask(&mut self, stmt: &'static Stmt) -> Query<'_>;
}

impl Asked for Tx {
    fn ask(&mut self, stmt: &'static Stmt) -> Query<'_> {
        self.query(stmt)
    }
}

impl Asked for &Db {
    fn ask(&mut self, stmt: &'static Stmt) -> Query<'_> {
        self.query(stmt)
    }
}
