//! The wire to a provider.

pub(crate) mod completions_gateway;
mod frames;
mod hearing;
mod wire;
