//! Changing a document: what it is called, who sees it, where it is and what it says.

use std::fmt;

use identity::FieldErrors;
use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::{Acting, Home},
        bursts,
        contents::{NotWritten, Opened},
        notes::Notes,
        ports::{Documents, Gone, ProjectView, Tombstones},
        read_models::{SeenDocument, Text},
    },
    domain::{
        document::{Document, Particulars, Title},
        note::{WriteError, check_length},
        policy::{Action, Whose},
        references::DocumentRef,
    },
};

/// Changes a document. What is left out stays; what changes nothing is no event. The slug stays.
///
/// Emits one event for each thing that is different: [`DocumentTitleChanged`](crate::DocumentTitleChanged),
/// [`DocumentVisibilityChanged`](crate::DocumentVisibilityChanged),
/// [`DocumentPinnedChanged`](crate::DocumentPinnedChanged), [`DocumentMoved`](crate::DocumentMoved),
/// [`NoteContentUpdated`](crate::NoteContentUpdated).
#[derive(Clone)]
pub struct UpdateDocument {
    /// Which.
    pub document: DocumentRef,
    /// What it is called; 1 to 200 characters.
    pub title: Option<String>,
    /// Whether every member of the workspace sees it.
    pub is_public: Option<bool>,
    /// Whether it is at the top of every list.
    pub is_pinned: Option<bool>,
    /// Where it comes.
    pub project: Option<Move>,
    /// What it says.
    pub content: Option<NewContent>,
    /// What was seen of it; if it has changed since, nothing is changed.
    pub seen: Option<SeenDocument>,
}

/// Shows not what it is called.
impl fmt::Debug for UpdateDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { document, title: _, is_public, is_pinned, project, content, seen } = self;
        f.debug_struct("UpdateDocument")
            .field("document", document)
            .field("is_public", is_public)
            .field("is_pinned", is_pinned)
            .field("project", project)
            .field("content", content)
            .field("seen", seen)
            .finish_non_exhaustive()
    }
}

/// Where a document comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Into the project of this slug.
    Into(String),
    /// Out of every project.
    Out,
}

/// What a document says from now on.
#[derive(Clone, PartialEq, Eq)]
pub struct NewContent {
    /// Markdown; at most 1 MiB.
    pub text: String,
    /// The hash of the text that was seen; without it nothing is written.
    pub seen_hash: Option<String>,
}

/// What people write is shown nowhere.
impl fmt::Debug for NewContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewContent").field("seen_hash", &self.seen_hash).finish_non_exhaustive()
    }
}

/// Why the document stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateDocumentError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such document, or it is in the trash.
    #[error("there is no such document")]
    DocumentNotFound,
    /// The workspace has no project of the name into which it shall come.
    #[error("there is no such project")]
    ProjectNotFound,
    /// No person acts, or one who may not do all of this with it.
    #[error("the role, or whose document it is, does not allow this")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The project that it is in, or into which it shall come, is put away.
    #[error("the project is archived: restore it first")]
    ProjectArchived,
    /// Somebody changed it since it was seen.
    #[error("the document has changed since: look at it again")]
    OtherVersion,
    /// It is not said which text was seen.
    #[error("the hash of the text that was seen is missing: send it with the new one")]
    ContentHashMissing,
    /// It says something else than what was seen.
    #[error("the text has changed since: look at it again")]
    OtherContent(Box<Text>),
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// It cannot say this.
    #[error(transparent)]
    Unwritable(#[from] WriteError),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl UpdateDocument {
    /// `home` is where it is, `goal` the project into which it shall come, if there is one.
    ///
    /// Gives the document as it is then, and what it says.
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
        acting: &Acting,
        home: &Home,
        goal: Option<&ProjectView>,
    ) -> Result<(Document, Text), UpdateDocumentError>
    where
        T: Documents + Notes + Tombstones + Save<Document>,
    {
        let (document, whose) = acting.document(tx, &self.document.slug).await?;
        if document.is_trashed() {
            return Err(UpdateDocumentError::DocumentNotFound);
        }
        self.check_rights(acting, &document, whose)?;
        home.takes_changes_of(&document)?;
        let project_id = match &self.project {
            None => document.project_id,
            Some(Move::Out) => None,
            Some(Move::Into(_)) => {
                let goal = goal.ok_or(UpdateDocumentError::ProjectNotFound)?;
                if goal.is_archived {
                    return Err(UpdateDocumentError::ProjectArchived);
                }
                // It was there a moment ago, when it was asked.
                if tx.is_gone(Gone::Project(goal.id)).await? {
                    return Err(UpdateDocumentError::ProjectNotFound);
                }
                Some(goal.id)
            }
        };
        if let Some(content) = &self.content {
            // Before anybody has to wait.
            check_length(&content.text)?;
        }
        // The note before the document, in the order in which whoever edits takes them.
        let opened = Opened::of(tx, &document).await?;
        if !opened.is_as_seen(self.seen.as_ref()) {
            return Err(UpdateDocumentError::OtherVersion);
        }
        let current = opened.text();
        let new = self.new_text(&current)?;
        let before = document.particulars();
        let title = self.title.as_deref().map(Title::check).transpose();
        let particulars = Particulars {
            title: title.map_err(UpdateDocumentError::Invalid)?.unwrap_or(before.title),
            project_id,
            is_public: self.is_public.unwrap_or(before.is_public),
            is_pinned: self.is_pinned.unwrap_or(before.is_pinned),
        };
        let is_shared_now = particulars.is_public && !document.is_public;
        let written = match new {
            Some(text) => opened.write(tx, acting.user_id, text).await?,
            None => None,
        };
        let document = match document.update(particulars, tx.now()) {
            Some(updated) => tx.save(updated).await?,
            None if written.is_some() => {
                tx.touch(&document).await?;
                Document { updated_at: tx.now(), ..document }
            }
            None => document,
        };
        match &written {
            Some(text) => bursts::end(tx, &document, text.as_str()).await?,
            None if is_shared_now => bursts::share(tx, &document, current.as_str()).await?,
            None => {}
        }
        Ok((document, written.unwrap_or(current)))
    }

    /// Whoever wants several things needs the right to each; who wants nothing, to change it.
    fn check_rights(
        &self,
        acting: &Acting,
        document: &Document,
        whose: Whose,
    ) -> Result<(), UpdateDocumentError> {
        let Self { document: _, title, is_public, is_pinned, project, content, seen: _ } = self;
        let is_edited =
            title.is_some() || is_public.is_some() || project.is_some() || content.is_some();
        if is_pinned.is_some() {
            acting.may(Action::PinDocument, whose)?;
        }
        if is_edited || is_pinned.is_none() {
            acting.may(Action::EditDocument, whose)?;
        }
        if document.is_public && *is_public == Some(false) {
            acting.may(Action::HideDocument, whose)?;
        }
        Ok(())
    }

    /// What it shall say, if something else, once it is sure that it says what was seen.
    fn new_text(&self, current: &Text) -> Result<Option<&str>, UpdateDocumentError> {
        let Some(NewContent { text, seen_hash }) = &self.content else { return Ok(None) };
        let seen = seen_hash.as_deref().ok_or(UpdateDocumentError::ContentHashMissing)?;
        if current.content_hash != seen {
            return Err(UpdateDocumentError::OtherContent(Box::new(current.clone())));
        }
        Ok(Some(text))
    }
}

impl From<NotWritten> for UpdateDocumentError {
    fn from(reason: NotWritten) -> Self {
        match reason {
            NotWritten::Refused(error) => Self::Unwritable(error),
            NotWritten::Storage(error) => Self::Storage(error),
        }
    }
}

#[cfg(test)]
mod tests;
