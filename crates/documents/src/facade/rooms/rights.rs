//! What editors may do with a note, as far as is known since something last happened.

use std::{collections::HashMap, time::Duration};

use identity::Role;
use perme8_events::{StorageError, UserId, WorkspaceId};
use tokio::time::Instant;

use super::{House, connection::EditingEnd, room::Room};
use crate::{
    application::ports::Staff,
    domain::{
        document::Document,
        policy::{Action, decide},
        references::DocumentId,
        sync::presence::ConnectionId,
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
    /// When it was asked last, whether there was an answer or not.
    pub(super) tried_at: Instant,
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
        self.is_stale.then(|| self.tried_at + PAUSE)
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
        let document = document_queries::by_id(&self.db, document);
        let (document, staff) = tokio::try_join!(document, self.members.staff(users, workspace))?;
        let (Some(document), Some(Staff { is_archived, roles })) = (document, staff) else {
            return Ok(None);
        };
        let home = match document.project_id {
            Some(project) => self.projects.projects(&[project]).await?,
            None => Vec::new(),
        };
        let is_archived = is_archived || home.iter().any(|project| project.is_archived);
        let roles = roles.into_iter().collect();
        Ok(Some(Rights {
            document,
            is_archived,
            roles,
            asked_at,
            tried_at: asked_at,
            is_stale: false,
        }))
    }
}

impl Room {
    /// Finds out anew who may do what, if anything may have changed that, and lets go of those who see nothing any more.
    pub(super) async fn freshen(&mut self) -> Result<(), StorageError> {
        if self.rights.are_old() { self.ask_rights([]).await } else { Ok(()) }
    }

    /// The same, whatever is known, of some people more.
    pub(super) async fn ask_rights(
        &mut self,
        also: impl IntoIterator<Item = UserId>,
    ) -> Result<(), StorageError> {
        let mut users: Vec<UserId> = self.editors.values().map(|editor| editor.user).collect();
        users.extend(also);
        users.sort_unstable();
        users.dedup();
        self.rights.tried_at = Instant::now();
        let asked = self.guard.house.rights(self.guard.document, self.workspace, &users).await?;
        let Some(rights) = asked else {
            self.let_all_go(EditingEnd::DocumentGone);
            self.rights.document.is_gone = true;
            self.rights.is_stale = false;
            return Ok(());
        };
        self.rights = rights;
        let lost = self.editors.iter().filter_map(|(id, editor)| {
            self.rights.may_write(editor.user).err().map(|why| (*id, why))
        });
        let lost: Vec<(ConnectionId, EditingEnd)> = lost.collect();
        for (id, why) in lost {
            self.let_go(id, why);
        }
        Ok(())
    }
}
