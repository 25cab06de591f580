//! The proofs that need the whole host, or processes of their own.
//!
//! Short forms run with every test and by `cargo xtask prove`, which runs the long ones when it is told `--long`.

#[cfg(test)]
mod books;
#[cfg(test)]
mod form;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod notebook;
#[cfg(test)]
mod people;
#[cfg(test)]
mod r15_rebuild;
#[cfg(test)]
mod r17_edits;
#[cfg(test)]
mod r18_forgotten;
#[cfg(test)]
mod r4_asking;
#[cfg(test)]
mod r4_exactly_once;
#[cfg(test)]
mod r4_telling;
#[cfg(test)]
mod r8_fenced;
#[cfg(test)]
mod r8_two_hosts;
#[cfg(test)]
mod typists;
#[cfg(test)]
mod victims;
