//! Where the panics of a library end that reads what anybody may have sent.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The result of `work`, or nothing if it panics: whatever it had in its hands is not to be used again.
pub(crate) fn contained<R>(work: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
