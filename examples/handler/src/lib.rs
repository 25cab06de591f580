#![doc = include_str!("../README.md")]

mod board;
mod noticeboard;

pub use board::{MIGRATIONS, Notice, notices};
pub use noticeboard::{Noticeboard, Wording};
