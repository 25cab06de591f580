//! The way in: answers that run among the tasks of a host, and whoever follows them.

mod alarm;
mod answering;
pub(crate) mod answers;
pub(crate) mod following;
mod keeping;
pub(crate) mod ledger;
pub(crate) mod llm;
pub(crate) mod measures;
mod running;
pub(crate) mod unconfigured;
