//! What people, workspaces, members and invitations are, and what may happen to them.

pub(crate) mod account_events;
pub(crate) mod account_letters;
pub(crate) mod api_key;
pub(crate) mod api_key_events;
pub(crate) mod departure;
pub(crate) mod discreet;
pub(crate) mod email;
pub(crate) mod events;
pub(crate) mod fields;
pub(crate) mod folded;
pub(crate) mod invitation;
pub(crate) mod key_scopes;
pub(crate) mod letters;
pub(crate) mod member;
pub(crate) mod policy;
pub(crate) mod preferences;
pub(crate) mod references;
pub(crate) mod role;
pub(crate) mod secret;
pub(crate) mod seen;
pub(crate) mod session;
pub(crate) mod slug;
pub(crate) mod user;
pub(crate) mod workspace;
pub(crate) mod workspace_events;
