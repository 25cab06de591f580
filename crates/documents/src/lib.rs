#![doc = include_str!("../README.md")]

mod application;
mod domain;
mod infrastructure;

#[cfg(test)]
mod testing;

pub use infrastructure::MIGRATIONS;
