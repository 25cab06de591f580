//! What editors may do with a note, as far as is known since something last happened.

use std::{collections::HashMap, time::Duration};

use identity::Role;
use perme8_events::{StorageError, UserId, WorkspaceId};
use tokio::time::Instant;

use super::{House, connection::EditingEnd};
use crate::{
    application::ports::Staff,
    domain::{
        document::Document,
        policy::{Action, decide},
        references::DocumentId,
    },
    infrastructure::document_queries,
};

/// What is known is not older than this, whatever happens or does not happen.
const FRESH: Duration = Duration::from_secs(5);
/// While nobody says or hears anything, what happened is looked at no more often than this.
const PAUSE: Duration = Duration::from_millis(250);

/// Who may do what.
#[derive(Debug)]
pub(super) struct Rights {
    pub(super) document: Document,
    /// Whether the workspace or the project is put away.
    pub(super) is_archived: bool,
    pub(super) roles: HashMap<UserId, Role>,
    pub(super) asked_at: Instant,
    pub(super) is_stale: bool,
}

impl Rights {
    /// Whether a person may write, or why the person sees nothing.
    pub(super) fn may_write(&self, user: UserId) -> Result<bool, EditingEnd> {
        if self.document.is_gone || self.document.is_trashed() {
            return Err(EditingEnd::DocumentGone);
        }
        let role = self.roles.get(&user).ok_or(EditingEnd::AccessLost)?;
        let whose = self.document.whose(user).ok_or(EditingEnd::AccessLost)?;
        decide(*role, self.is_archived, Action::ViewDocuments, whose)
            .map_err(|_| EditingEnd::AccessLost)?;
        Ok(decide(*role, self.is_archived, Action::EditDocument, whose).is_ok())
    }

    /// Whether it must be asked again before anybody says or hears anything.
    pub(super) fn are_old(&self) -> bool {
        self.is_stale || self.asked_at.elapsed() > FRESH
    }

    /// When it is asked again, although nobody says or hears anything.
    pub(super) fn due(&self) -> Option<Instant> {
        self.is_stale.then(|| self.asked_at + PAUSE)
    }
}

impl House {
    /// Who of these people may do what with a document; none when it is gone.
    pub(super) async fn rights(
        &self,
        document: DocumentId,
        workspace: WorkspaceId,
        users: &[UserId],
    ) -> Result<Option<Rights>, StorageError> {
        let asked_at = Instant::now();
        let Some(document) = document_queries::by_id(&self.db, document).await? else {
            return Ok(None);
        };
        let Some(Staff { is_archived, roles }) = self.members.staff(users, workspace).await? else {
            return Ok(None);
        };
        let home = match document.project_id {
            Some(project) => self.projects.projects(&[project]).await?,
            None => Vec::new(),
        };
        let is_archived = is_archived || home.iter().any(|project| project.is_archived);
        let roles = roles.into_iter().collect();
        Ok(Some(Rights { document, is_archived, roles, asked_at, is_stale: false }))
    }
}
