//! Editors at notes, on one node and on several, on both engines.

mod bursts;
pub(in crate::facade) mod client;
mod nodes;
mod one_node;
mod races;
mod world;

use client::Client;
