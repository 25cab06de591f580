//! The two engines, and what runs on them.

pub(crate) mod archive;
pub(crate) mod bus;
mod cadence;
pub(crate) mod db;
pub(crate) mod ephemeral;
pub(crate) mod feed;
mod guard;
mod hex;
mod hints;
pub(crate) mod log;
pub(crate) mod measures;
pub(crate) mod migrations;
mod process;
pub(crate) mod projection;
pub(crate) mod queue;
pub(crate) mod runtime;
pub(crate) mod sealing;
pub(crate) mod sql;
pub(crate) mod tasks;
pub(crate) mod traces;
pub(crate) mod tx;
pub(crate) mod unit_of_work;
