//! `cargo xtask new-event` and `new-handler` on a small workspace, which sells things.

#[cfg(test)]
mod events;
#[cfg(test)]
mod handlers;
#[cfg(test)]
mod shop;
