//! The ids of sessions and messages.

use perme8_events::Id;

/// Marks the ids of sessions.
#[derive(Debug)]
pub enum UserChatSession {}

/// Identifies a session: one conversation of one person.
pub type ChatSessionId = Id<UserChatSession>;

/// Marks the ids of messages.
#[derive(Debug)]
pub enum SessionMessage {}

/// Identifies a message of a session.
pub type MessageId = Id<SessionMessage>;
