//! The conversation with an editor, as `y-protocols` has it, and that of the nodes about one note.

pub(crate) mod connection;
mod message;
pub(crate) mod presence;
pub(crate) mod signal;
#[cfg(test)]
mod tests;
