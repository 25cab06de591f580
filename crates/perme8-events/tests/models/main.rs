//! Models of the protocols between nodes, of which every state is visited, and mutants that must be found broken.
//!
//! A step of a model is what one statement or one commit does in the database, or what happens to a process; what a node
//! remembers between two steps may be out of date by then. Which code a step stands for is said beside it.

#[cfg(test)]
mod check;
#[cfg(test)]
mod r15_swap;
#[cfg(test)]
mod r6_replay;
#[cfg(test)]
mod r8_leases;
