//! What a command found out: for machines, and for people.

use serde::Serialize;

use crate::cli::Paint;

/// What a command found out. Its `Serialize` is what `--json` prints.
pub(crate) trait Report: Serialize {
    /// The same for people; ends without a line break.
    fn text(&self, paint: Paint) -> String;
}
