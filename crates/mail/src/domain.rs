//! What a mail is: whom it goes to, what it says, and how that looks.

pub(crate) mod base_url;
pub(crate) mod correspondent;
mod layout;
pub(crate) mod letter;
mod line;
pub(crate) mod message_id;
pub(crate) mod outgoing;
pub(crate) mod stationery;
