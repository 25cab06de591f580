//! Mails from the transaction that enqueues them to the mailbox, on both engines.

#[cfg(test)]
mod mailbox;
