//! A crowd for the tests and measurements of other crates, and a company with its tables in memory for those of this one.

#[cfg(test)]
mod choices;
#[cfg(test)]
mod company;
mod crowd;
#[cfg(test)]
mod memory;

pub use crowd::{Crowd, Told, dissolve, kept, leave};

#[cfg(test)]
pub(crate) use company::{
    ACME, ADA, BOB, CAROL, DAVE, INVITATION, acme, acme_of, declined, deleted, deliver, demoted,
    every_occasion, expired, farewell, id, invited, joined, left, notification, promoted, removed,
    revoked, short, unannounced,
};
#[cfg(test)]
pub(crate) use memory::Memory;
