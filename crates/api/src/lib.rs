#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - [`Api`] is what a host hands over: the [`Facades`], an event bus, an [`AuditTrail`], a [`Readiness`], and [`ApiOptions`].
//! - [`serve()`] serves it on a listener, [`router()`] wherever a [`Router`] goes.
//! - [`AuditTrail`], [`Readiness`], [`LimitStore`], [`Metrics`] and [`LegacyBridge`] are the ports, which the host implements.

mod admin;
mod agent_queries;
mod agents;
mod answering;
mod api_keys;
mod audit;
mod audit_trail;
mod auth;
mod body;
mod changed;
mod chat;
mod client_address;
mod committed;
mod documents;
mod edge;
mod emails;
mod erm;
mod error;
mod etag;
mod export;
mod fields;
mod follower;
mod headers;
mod health;
mod invitation_lists;
mod invitations;
mod key_scope;
mod legacy;
mod lifeline;
mod limits;
mod mcp;
mod members;
mod metrics;
mod notifications;
mod openapi;
mod operator;
mod pages;
mod paging;
mod panics;
mod passwords;
mod path;
mod preferences;
mod projects;
mod query;
mod reach;
mod readiness;
mod request_id;
mod response;
mod router;
mod routing;
mod same_origin;
mod search;
mod seats;
mod selected_agents;
mod serve;
mod sessions;
mod skills;
mod socket;
mod state;
mod streams;
mod sync;
mod tickets;
mod timestamp;
mod users;
mod workspaces;

pub use audit_trail::filter::{
    AuditActorWord, AuditAggregate, AuditAggregateId, AuditAggregateType, AuditEventType,
    AuditFilter, AuditFilterError,
};
pub use audit_trail::format::AuditFormat;
pub use audit_trail::{
    AuditActor, AuditEntry, AuditPage, AuditPerson, AuditReader, AuditTrail, AuditTrailError,
};
pub use axum::Router;
pub use client_address::{TrustedProxies, TrustedProxiesError};
pub use legacy::{LegacyBridge, LegacyMessage, LegacyTopic, LegacyTopicError};
pub use limits::Limits;
pub use limits::quota::{Quota, QuotaError};
pub use limits::store::{LimitStore, Spending, Spent};
pub use metrics::{Metrics, describe_metrics};
pub use openapi::openapi;
pub use operator::{OperatorToken, OperatorTokenError};
pub use readiness::{Check, Readiness, ReadinessReport};
pub use router::router;
pub use serve::serve;
pub use state::{Api, ApiOptions, Facades};
pub use timestamp::{Timestamp, TimestampError};
