//! The handler in a host, on both engines: by hand in virtual time, and as it runs by itself.
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod by_hand;
mod office;
mod runs;
