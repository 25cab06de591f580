//! Who acts, and with which session.

use identity::Seen;
use perme8_events::{Origin, StorageError, UserId, WorkspaceId};

use crate::{
    application::{
        cancel_answer::CancelAnswerError,
        delete_message::DeleteMessageError,
        delete_session::DeleteSessionError,
        ports::{Members, Sessions, WorkspaceView},
        read_models::QueryError,
        rename_session::RenameSessionError,
        send_message::SendMessageError,
    },
    domain::{references::ChatSessionId, session::Session},
};

/// The person by whose rights something is done, and where that person belongs; found out before the transaction begins.
#[derive(Debug)]
pub(crate) struct Acting {
    pub(crate) user_id: UserId,
    pub(crate) workspaces: Vec<WorkspaceView>,
}

/// Why somebody cannot do something with a session.
#[derive(Debug)]
pub(crate) enum OutOfReach {
    /// No person acts.
    Nobody,
    /// There is no such session, it is somebody else's, or in a workspace that the person has lost: the same, so that nobody
    /// learns which exist.
    NoSession,
    /// It has changed since it was seen.
    OtherVersion,
    /// The storage failed.
    Storage(StorageError),
}

impl Acting {
    /// Whoever acts, or for whom the system acts.
    pub(crate) async fn gather(members: &dyn Members, origin: &Origin) -> Result<Self, OutOfReach> {
        let user_id = origin.person().ok_or(OutOfReach::Nobody)?;
        let workspaces = members.workspaces_of(user_id).await.map_err(OutOfReach::Storage)?;
        Ok(Self { user_id, workspaces })
    }

    /// A workspace, if the person belongs to it.
    pub(crate) fn workspace(&self, id: WorkspaceId) -> Option<&WorkspaceView> {
        self.workspaces.iter().find(|workspace| workspace.id == id)
    }

    /// Whether the person may see a session: the own ones, outside of workspaces or in those that the person still belongs to.
    pub(crate) fn sees(&self, session: &Session) -> bool {
        let Session { user_id, workspace_id, .. } = session;
        *user_id == self.user_id && workspace_id.is_none_or(|id| self.workspace(id).is_some())
    }

    /// The session, if it is that of the person and still is what the person has `seen`.
    pub(crate) async fn session(
        &self,
        tx: &mut impl Sessions,
        id: ChatSessionId,
        seen: Option<Seen>,
    ) -> Result<Session, OutOfReach> {
        let session = tx.load(id).await.map_err(OutOfReach::Storage)?;
        let session = session.filter(|session| self.sees(session)).ok_or(OutOfReach::NoSession)?;
        if seen.is_some_and(|seen| !seen.is(session.id, session.version)) {
            return Err(OutOfReach::OtherVersion);
        }
        Ok(session)
    }
}

/// Writes why a command was refused, for those that look at what was seen and for those that do not.
macro_rules! from_out_of_reach {
    ($($Error:ident: $other_version:expr;)+) => {$(
        impl From<OutOfReach> for $Error {
            fn from(reason: OutOfReach) -> Self {
                match reason {
                    OutOfReach::Nobody => Self::Forbidden,
                    OutOfReach::NoSession => Self::SessionNotFound,
                    OutOfReach::OtherVersion => $other_version,
                    OutOfReach::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

from_out_of_reach! {
    DeleteSessionError: Self::OtherVersion;
    RenameSessionError: Self::OtherVersion;
    // Nobody says what was seen.
    CancelAnswerError: Self::Storage(StorageError::conflict());
    DeleteMessageError: Self::Storage(StorageError::conflict());
    QueryError: Self::Storage(StorageError::conflict());
    SendMessageError: Self::Storage(StorageError::conflict());
}
