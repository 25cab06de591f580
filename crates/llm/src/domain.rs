//! What is asked, what is told, and how much of it there may be.

pub(crate) mod account;
pub(crate) mod budget;
pub(crate) mod call;
pub(crate) mod failure;
pub(crate) mod limits;
pub(crate) mod material;
pub(crate) mod message;
pub(crate) mod model_name;
pub(crate) mod models;
pub(crate) mod piece;
pub(crate) mod provider;
pub(crate) mod told;
