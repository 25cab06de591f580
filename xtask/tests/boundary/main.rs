//! `cargo xtask boundary` on a small workspace, whole and broken in every way that a rule forbids.

mod edges;
mod events;
mod exports;
#[cfg(test)]
mod fixture;
mod grants;
mod layers;
mod mutants;
mod output;
mod tables;
mod versions;
