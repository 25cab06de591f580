//! Notes with a past, for measurements.

use perme8_events::{
    Origin, StorageError,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::notes::Notes as _,
    domain::{note::Edit, references::DocumentId, stored_note::Authored},
};

/// So many are stored in one transaction.
const AT_ONCE: usize = 1000;

/// Stores updates of Yjs as they are, each by itself, as if editors had said them one after the other.
///
/// # Errors
///
/// The storage fails, or there is no such document.
pub async fn append_updates(
    db: &Db,
    document: DocumentId,
    updates: impl Iterator<Item = Vec<u8>>,
) -> Result<(), StorageError> {
    let uow = UnitOfWork::new(db.clone());
    let origin = || Origin::system("documents.measurement");
    let note = uow.run(origin(), async |tx| tx.lock_note(document).await).await?;
    let note = note.ok_or_else(StorageError::conflict)?.id;
    let authored = |update| Authored { edit: Edit::stored(update), author: None };
    let mut updates = updates.map(authored).peekable();
    while updates.peek().is_some() {
        let some: Vec<Authored> = updates.by_ref().take(AT_ONCE).collect();
        uow.run(origin(), async |tx| tx.append_updates(note, &some).await).await?;
    }
    Ok(())
}
