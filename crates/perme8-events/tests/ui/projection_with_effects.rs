//! A projection has rows, and nothing by which it could reach beyond them.

use perme8_events::{JobDone, Transaction as _, sql::Rows};

fn emit(rows: &mut Rows<'_>, event: JobDone) {
    rows.emit(event);
}

fn reach(rows: &mut Rows<'_>, event: JobDone) {
    rows.tx.emit(event);
}

fn main() {}
