//! Models that say what a test tells them to, and what is around an answer.

mod keeper;
mod model;
mod surroundings;

pub use keeper::{Kept, MemoryKeeper};
pub use model::{Gate, Script, ScriptedModel};
pub use surroundings::TestSurroundings;
