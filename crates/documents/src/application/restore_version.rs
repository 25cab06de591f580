//! Making a document say again what it said in a version.

use perme8_events::StorageError;

use crate::{
    application::{
        acting::{Acting, Home},
        bursts,
        contents::{NotWritten, Opened},
        notes::Notes,
        ports::Documents,
        read_models::{SeenDocument, Text},
    },
    domain::{document::Document, note::WriteError, policy::Action, references::DocumentRef},
};

/// Makes a document say again what it said in a version, by an edit like every other: whoever has it open sees it happen, and
/// what it said until then is a version, too.
///
/// Emits [`NoteContentUpdated`](crate::NoteContentUpdated).
#[derive(Debug, Clone)]
pub struct RestoreVersion {
    /// Which document.
    pub document: DocumentRef,
    /// The number of the version.
    pub number: i64,
    /// What was seen of the document; if it has changed since, nothing happens.
    pub seen: Option<SeenDocument>,
}

/// Why the document stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreVersionError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such document that the person could see, or it is in the trash.
    #[error("there is no such document")]
    DocumentNotFound,
    /// The document has no such version, or has it no longer.
    #[error("there is no such version")]
    VersionNotFound,
    /// No person acts, or one who may not.
    #[error("guests do not edit documents, nor do owners of a workspace those of others")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The project that it is in is put away.
    #[error("the project is archived: restore it first")]
    ProjectArchived,
    /// Somebody changed it since it was seen.
    #[error("the document has changed since: look at it again")]
    OtherVersion,
    /// The note does not take it.
    #[error(transparent)]
    Unwritable(#[from] WriteError),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RestoreVersion {
    pub(crate) async fn execute(
        &self,
        tx: &mut (impl Documents + Notes),
        acting: &Acting,
        home: &Home,
    ) -> Result<(Document, Text), RestoreVersionError> {
        let Self { document: DocumentRef { slug, .. }, number, seen } = self;
        let (document, whose) = acting.document(tx, slug).await?;
        if document.is_trashed() {
            return Err(RestoreVersionError::DocumentNotFound);
        }
        acting.may(Action::EditDocument, whose)?;
        home.takes_changes_of(&document)?;
        let opened = Opened::of(tx, &document).await?;
        if !opened.is_as_seen(seen.as_ref()) {
            return Err(RestoreVersionError::OtherVersion);
        }
        let text = tx.version_text(document.note_id, *number, acting.user_id).await?;
        let text = text.ok_or(RestoreVersionError::VersionNotFound)?;
        let current = opened.text();
        let Some(written) = opened.write(tx, acting.user_id, &text).await? else {
            return Ok((document, current));
        };
        tx.touch(&document).await?;
        bursts::end(tx, &document, written.as_str()).await?;
        Ok((Document { updated_at: tx.now(), ..document }, written))
    }
}

impl From<NotWritten> for RestoreVersionError {
    fn from(reason: NotWritten) -> Self {
        match reason {
            NotWritten::Refused(error) => Self::Unwritable(error),
            NotWritten::Storage(error) => Self::Storage(error),
        }
    }
}

#[cfg(test)]
mod tests;
