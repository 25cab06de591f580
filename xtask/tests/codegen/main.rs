//! `cargo xtask codegen` on a small workspace, which lends books, and what others say of its results.
#![expect(clippy::print_stderr, reason = "a test that leaves something out says so")]

#[cfg(test)]
mod contracts;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod drift;
#[cfg(test)]
mod library;
