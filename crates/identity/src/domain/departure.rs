//! Who or what is gone, in one word for handlers that see to what was left.

use perme8_events::{DecodeError, Envelope, UserId, WorkspaceId};

use crate::domain::{
    account_events::UserDeleted,
    events::{MemberLeft, MemberRemoved},
    workspace_events::WorkspaceDeleted,
};

/// Who or what is gone, whichever event told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// A person from a workspace, removed or by their own will.
    Member {
        /// Who.
        user_id: UserId,
        /// From where.
        workspace_id: WorkspaceId,
    },
    /// A workspace, for everybody.
    Workspace {
        /// Which.
        workspace_id: WorkspaceId,
    },
    /// A person with the account.
    Person {
        /// Who.
        user_id: UserId,
    },
}

impl Departure {
    /// What an event tells of, if it tells of that.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it claims to be such an event, but is not.
    pub fn of(event: &Envelope) -> Result<Option<Self>, DecodeError> {
        if let Some(MemberRemoved { workspace_id, user_id }) = event.decode()? {
            return Ok(Some(Self::Member { user_id, workspace_id }));
        }
        if let Some(MemberLeft { workspace_id, user_id }) = event.decode()? {
            return Ok(Some(Self::Member { user_id, workspace_id }));
        }
        if let Some(WorkspaceDeleted { workspace_id, .. }) = event.decode()? {
            return Ok(Some(Self::Workspace { workspace_id }));
        }
        let person = event.decode()?;
        Ok(person.map(|UserDeleted { user_id, .. }| Self::Person { user_id }))
    }
}
