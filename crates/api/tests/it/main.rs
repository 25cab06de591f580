//! The HTTP edge, asked as clients ask it.

mod accounts;
mod admin;
mod api_keys;
mod attempts;
mod audit;
mod client;
mod export;
mod health;
mod host;
mod html;
mod invitations;
mod kept;
mod notifications;
mod pages;
mod passwords;
mod preferences;
mod projects;
mod refusals;
mod selected_agents;
mod serving;
mod sessions;
mod socket;
mod sockets;
mod streams;
mod trail;
mod workspaces;
