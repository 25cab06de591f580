//! What is done later, and outside of the transactions that asked for it: jobs, timers, schedules.
//!
//! Everything is a row first. A job is claimed by one node at a time: it is taken over by others when the lease of that
//! node has run out, and the epoch of the job fences out what the former node still says about it. Timers and schedules
//! have no owner: firing removes or moves the row in the transaction that emits the event or enqueues the job, so one node
//! does it, whoever comes first.

pub(crate) mod claims;
pub(crate) mod deferred;
pub(crate) mod dispatcher;
pub(crate) mod erased;
mod rounds;
mod run;
mod schedules;
pub(crate) mod start;
mod timers;
