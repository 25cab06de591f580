//! The proofs of what the core promises, rung by rung, each with a control that must fail.
//!
//! Short forms run with every test; `cargo xtask prove` runs the long ones.

#[cfg(test)]
mod checks;
#[cfg(test)]
mod consumers;
#[cfg(test)]
mod form;
#[cfg(test)]
mod r1_lossless;
#[cfg(test)]
mod r2_ordered;
#[cfg(test)]
mod r3_atomic;
#[cfg(test)]
mod r4_isolated;
#[cfg(test)]
mod trouble;
#[cfg(test)]
mod world;
#[cfg(test)]
mod writers;
