//! Telling one person one thing, once.

use perme8_events::{Envelope, Save, StorageError, UserId};

use crate::{
    application::ports::{Accesses, Inboxes},
    domain::{
        content::Content,
        notification::{Notification, Source},
    },
};

/// Writes a notification, unless `event` told that person something already, or the person has lost the workspace since.
///
/// The handler that cleans up after a loss runs independently of those that tell, so each must hold against the other: a
/// loss that was handled first is remembered and respected here, one that is handled later finds what is written here.
pub(crate) async fn tell(
    tx: &mut (impl Inboxes + Accesses + Save<Notification>),
    user: UserId,
    content: Content,
    event: &Envelope,
) -> Result<(), StorageError> {
    if let Some(workspace) = content.workspace_id()
        && !content.notification_type().outlives_access()
        && event.position < tx.last_loss(user, workspace).await?
    {
        return Ok(());
    }
    if tx.was_told(user, event.event_id).await? {
        return Ok(());
    }
    let source = Source { event_id: event.event_id, position: event.position };
    let (id, now) = (tx.new_id(), tx.now());
    tx.save(Notification::create(id, user, content, source, now)).await?;
    Ok(())
}
