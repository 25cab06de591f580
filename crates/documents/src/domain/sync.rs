//! The conversation with an editor, as `y-protocols` has it.

pub(crate) mod connection;
mod message;
pub(crate) mod presence;
#[cfg(test)]
mod tests;
