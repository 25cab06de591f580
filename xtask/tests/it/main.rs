//! xtask as it is used: as a program.
#![expect(clippy::print_stderr, reason = "a test that leaves something out says so")]

#[cfg(test)]
mod postgres;
