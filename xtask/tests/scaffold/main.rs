//! `cargo xtask new-context`, `new-use-case`, `new-event` and `new-handler` on a small workspace, which sells things.

#[cfg(test)]
mod contexts;
#[cfg(test)]
mod events;
#[cfg(test)]
mod handlers;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod use_cases;
