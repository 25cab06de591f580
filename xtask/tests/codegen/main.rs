//! `cargo xtask codegen` on a small workspace, which lends books.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod drift;
#[cfg(test)]
mod library;
