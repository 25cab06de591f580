//! What people are told, and what becomes of it.

pub(crate) mod action;
pub(crate) mod content;
pub(crate) mod cursor;
pub(crate) mod events;
pub(crate) mod notification;
pub(crate) mod notification_type;
pub(crate) mod occasion;
