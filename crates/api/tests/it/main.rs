//! The HTTP edge, asked as clients ask it.

mod accounts;
mod client;
mod health;
mod host;
mod invitations;
mod notifications;
mod refusals;
mod sessions;
mod streams;
mod workspaces;
