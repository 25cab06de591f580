//! The whole host over real HTTP, on both engines.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod admin;
mod agents;
#[cfg(test)]
mod alerts;
mod asking;
#[cfg(test)]
mod asking_elsewhere;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod chat_answers;
#[cfg(test)]
mod chats;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod deletion;
#[cfg(test)]
mod document_news;
#[cfg(test)]
mod document_questions;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod editing;
#[cfg(test)]
mod emails;
#[cfg(test)]
mod erm;
#[cfg(test)]
mod erm_graph;
#[cfg(test)]
mod expiry;
#[cfg(test)]
mod health;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod legacy;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod mail_server;
#[cfg(test)]
mod mails;
#[cfg(test)]
mod mcp;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod morning;
#[cfg(test)]
mod notifications;
#[cfg(test)]
mod onboarding;
#[cfg(test)]
mod once;
#[cfg(test)]
mod passwords;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod search;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod workspaces;
