//! The language of events: what every context may name in every layer.

pub(crate) mod actor;
pub(crate) mod archive;
pub(crate) mod audience;
pub(crate) mod catalogue;
pub(crate) mod commit_token;
pub(crate) mod core_events;
pub(crate) mod decode;
pub(crate) mod envelope;
pub(crate) mod ephemeral;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod id;
pub(crate) mod origin;
pub(crate) mod personal;
pub(crate) mod position;
pub(crate) mod sealed;
pub(crate) mod topic;
pub(crate) mod trace;
pub(crate) mod unsaved;
pub(crate) mod upcast;
