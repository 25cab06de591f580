//! What people are told, and what becomes of it.

pub(crate) mod action;
pub(crate) mod content;
pub(crate) mod cursor;
pub(crate) mod delivery;
pub(crate) mod digest_letter;
pub(crate) mod document_news;
pub(crate) mod events;
pub(crate) mod facts;
pub(crate) mod link;
pub(crate) mod notification;
pub(crate) mod notification_type;
pub(crate) mod occasion;
pub(crate) mod preferences;
pub(crate) mod project_news;
pub(crate) mod recalled;
