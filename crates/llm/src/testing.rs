//! Models and providers that do what a test tells them to, and what is around an answer.

mod keeper;
mod model;
mod provider;
mod reply;
mod surroundings;

pub use keeper::{Kept, MemoryKeeper};
pub use model::{Gate, Script, ScriptedModel};
pub use provider::{Asked, ProviderServer};
pub use reply::Reply;
pub use surroundings::TestSurroundings;
