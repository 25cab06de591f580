//! What documents said before.

use perme8_events::{CommitToken, Origin, UserId};

use super::Documents;
use crate::{
    application::{
        read_models::OpenDocument,
        restore_version::{RestoreVersion, RestoreVersionError},
        versions::{VersionDetails, VersionDifference, VersionError, VersionSummary},
    },
    domain::{
        document::Document,
        references::{DocumentRef, NoteId},
    },
    infrastructure::note_queries,
};

impl Documents {
    /// The versions of a document that are kept, newest first, for those who may see it; those from before it was shared are
    /// for its owner alone.
    ///
    /// # Errors
    ///
    /// [`VersionError`].
    #[tracing::instrument(skip_all, fields(?document))]
    pub async fn versions(
        &self,
        origin: &Origin,
        document: &DocumentRef,
    ) -> Result<Vec<VersionSummary>, VersionError> {
        let (acting, Document { note_id, .. }) = self.seen_by(origin, document).await?;
        let versions = note_queries::versions(&self.db, note_id, acting.user_id).await?;
        self.still_seen(versions, note_id, origin, document).await
    }

    /// A version of a document, and what it says, for those who may see it.
    ///
    /// # Errors
    ///
    /// [`VersionError`].
    #[tracing::instrument(skip_all, fields(?document))]
    pub async fn version(
        &self,
        origin: &Origin,
        document: &DocumentRef,
        number: i64,
    ) -> Result<VersionDetails, VersionError> {
        let (acting, Document { note_id, .. }) = self.seen_by(origin, document).await?;
        let version = self.kept(note_id, number, acting.user_id).await?;
        self.still_seen(version, note_id, origin, document).await
    }

    /// What a version says that another one does not, or the one before it; for those who may see the document.
    ///
    /// # Errors
    ///
    /// [`VersionError`].
    #[tracing::instrument(skip_all, fields(?document))]
    pub async fn version_difference(
        &self,
        origin: &Origin,
        document: &DocumentRef,
        number: i64,
        against: Option<i64>,
    ) -> Result<VersionDifference, VersionError> {
        let (acting, Document { note_id, .. }) = self.seen_by(origin, document).await?;
        let reader = acting.user_id;
        let to = self.kept(note_id, number, reader).await?;
        let from = match against {
            Some(other) => Some(other),
            None => note_queries::number_before(&self.db, note_id, number, reader).await?,
        };
        let from = match from {
            Some(other) => Some(self.kept(note_id, other, reader).await?),
            None => None,
        };
        let difference = VersionDifference::between(from.as_ref(), &to);
        self.still_seen(difference, note_id, origin, document).await
    }

    /// Makes a document say again what it said in a version.
    ///
    /// # Errors
    ///
    /// [`RestoreVersionError`].
    #[tracing::instrument(skip_all, fields(document = ?command.document))]
    pub async fn restore_version(
        &self,
        origin: Origin,
        command: RestoreVersion,
    ) -> Result<(OpenDocument, CommitToken), RestoreVersionError> {
        let DocumentRef { workspace, slug } = &command.document;
        let (membership, (document, text), committed) = transact!(
            self,
            origin,
            workspace,
            RestoreVersionError,
            |acting| self.home(acting, slug).await?,
            |tx, home| command.execute(tx, acting, home)
        )?;
        self.written(&document);
        let document = self.shown(&membership, document).await?;
        Ok((OpenDocument { document, text }, committed))
    }

    /// What was found, if the document still is in use and seen by the person who asks: it may have been hidden before that was
    /// written which was found.
    async fn still_seen<T: Send>(
        &self,
        found: T,
        note: NoteId,
        origin: &Origin,
        document: &DocumentRef,
    ) -> Result<T, VersionError> {
        let (_, Document { note_id, .. }) = self.seen_by(origin, document).await?;
        if note_id == note { Ok(found) } else { Err(VersionError::DocumentNotFound) }
    }

    async fn kept(
        &self,
        note: NoteId,
        number: i64,
        reader: UserId,
    ) -> Result<VersionDetails, VersionError> {
        let version = note_queries::version(&mut &self.db, note, number, reader).await?;
        version.ok_or(VersionError::VersionNotFound)
    }
}
