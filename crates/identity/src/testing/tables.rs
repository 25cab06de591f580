//! The tables in memory, with the same rules of uniqueness as in a database.

use chrono::{DateTime, Utc};
use perme8_events::{
    Aggregate, Load, StorageError, Store, Transaction as _, UserId, WorkspaceId, testing::FakeTx,
};

use crate::{
    application::ports::{Accounts, EmailTokens, Members, Sessions, Users, Workspaces},
    domain::{
        api_key::ApiKey,
        email::Email,
        invitation::Invitation,
        member::{Member, MemberId},
        preferences::Preferences,
        references::{InvitationId, SessionId, WorkspaceRef},
        role::Role,
        secret::TokenHash,
        session::{EmailToken, Session, Ticket, TokenPurpose},
        slug::Slug,
        user::User,
        workspace::Workspace,
    },
};

/// What a database would hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) users: Vec<User>,
    pub(crate) tokens: Vec<EmailToken>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) workspaces: Vec<Workspace>,
    pub(crate) members: Vec<Member>,
    pub(crate) invitations: Vec<Invitation>,
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) preferences: Vec<Preferences>,
}

/// Compare and set: a new row must not be there, an old one must have the version that was read.
pub(super) fn put<A: Aggregate + Clone>(
    rows: &mut Vec<A>,
    aggregate: &mut A,
    version: fn(&mut A) -> &mut i64,
    collides: impl Fn(&A, &A) -> bool,
) -> Result<(), StorageError>
where
    A::Id: PartialEq,
{
    let place = rows.iter().position(|row| row.id() == aggregate.id());
    let stored = place.map_or(0, |place| *version(&mut rows[place]));
    let taken = rows.iter().any(|row| row.id() != aggregate.id() && collides(row, aggregate));
    if stored != *version(aggregate) || taken {
        return Err(StorageError::conflict());
    }
    *version(aggregate) += 1;
    match place {
        Some(place) => rows[place] = aggregate.clone(),
        None => rows.push(aggregate.clone()),
    }
    Ok(())
}

/// Deletes what is over, the longest over first.
pub(super) fn purge<R>(
    rows: &mut Vec<R>,
    limit: u32,
    is_over: impl Fn(&R) -> (bool, DateTime<Utc>),
) -> u64 {
    rows.sort_by_key(|row| is_over(row).1);
    let mut left = u64::from(limit);
    rows.retain(|row| {
        let goes = left > 0 && is_over(row).0;
        left -= u64::from(goes);
        !goes
    });
    u64::from(limit) - left
}

impl Load<User> for FakeTx<Tables> {
    async fn load(&mut self, id: UserId) -> Result<Option<User>, StorageError> {
        Ok(self.state.users.iter().find(|user| user.id == id).cloned())
    }
}

impl Store<User> for FakeTx<Tables> {
    async fn store(&mut self, user: &mut User) -> Result<(), StorageError> {
        put(&mut self.state.users, user, |user| &mut user.version, |a, b| a.email == b.email)?;
        self.state.users.retain(|user| !user.is_gone);
        self.state.cut_keys();
        Ok(())
    }
}

impl Users for FakeTx<Tables> {
    async fn user_by_email(&mut self, email: &Email) -> Result<Option<User>, StorageError> {
        Ok(self.state.users.iter().find(|user| user.email == *email).cloned())
    }

    async fn wait_for_turn(&mut self, _email: &Email) -> Result<(), StorageError> {
        Ok(())
    }
}

impl EmailTokens for FakeTx<Tables> {
    async fn keep_token(&mut self, token: &EmailToken) -> Result<(), StorageError> {
        let now = self.now();
        self.state.tokens.retain(|kept| kept.user_id != token.user_id || kept.expires_at > now);
        self.state.tokens.push(token.clone());
        Ok(())
    }

    async fn purge_tokens(&mut self, limit: u32) -> Result<u64, StorageError> {
        let now = self.now();
        Ok(purge(&mut self.state.tokens, limit, |kept| (kept.expires_at <= now, kept.expires_at)))
    }

    async fn take_token(
        &mut self,
        hash: &TokenHash,
        purpose: TokenPurpose,
    ) -> Result<Option<EmailToken>, StorageError> {
        let now = self.now();
        let place = self.state.tokens.iter().position(|kept| {
            kept.token_hash == *hash && kept.purpose == purpose && kept.expires_at > now
        });
        Ok(place.map(|place| self.state.tokens.remove(place)))
    }

    async fn forget_tokens(&mut self, user: UserId) -> Result<(), StorageError> {
        self.state.tokens.retain(|kept| kept.user_id != user);
        Ok(())
    }
}

impl Sessions for FakeTx<Tables> {
    async fn begin_session(&mut self, session: &Session) -> Result<(), StorageError> {
        let now = self.now();
        self.state.sessions.retain(|kept| kept.user_id != session.user_id || kept.expires_at > now);
        self.state.sessions.push(session.clone());
        Ok(())
    }

    async fn purge_sessions(&mut self, limit: u32) -> Result<u64, StorageError> {
        let now = self.now();
        Ok(purge(&mut self.state.sessions, limit, |kept| (kept.expires_at <= now, kept.expires_at)))
    }

    async fn session(
        &mut self,
        id: SessionId,
        user: UserId,
    ) -> Result<Option<Session>, StorageError> {
        let mut sessions = self.state.sessions.iter();
        Ok(sessions.find(|kept| kept.id == id && kept.user_id == user).cloned())
    }

    async fn refresh_session(&mut self, id: SessionId, user: UserId) -> Result<bool, StorageError> {
        let now = self.now();
        let mut sessions = self.state.sessions.iter_mut();
        let session =
            sessions.find(|kept| kept.id == id && kept.user_id == user && kept.expires_at > now);
        Ok(session.map(|session| session.authenticated_at = now).is_some())
    }

    /// Of that only people are told, who ask a database.
    async fn note_use(&mut self, _id: SessionId) -> Result<(), StorageError> {
        Ok(())
    }

    async fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
    ) -> Result<(), StorageError> {
        self.state.sessions.retain(|kept| kept.user_id != user || Some(kept.id) == except);
        Ok(())
    }

    async fn end_session(&mut self, id: SessionId, user: UserId) -> Result<bool, StorageError> {
        let before = self.state.sessions.len();
        self.state.sessions.retain(|kept| kept.id != id || kept.user_id != user);
        Ok(self.state.sessions.len() < before)
    }
}

impl Load<Workspace> for FakeTx<Tables> {
    async fn load(&mut self, id: WorkspaceId) -> Result<Option<Workspace>, StorageError> {
        Ok(self.state.workspaces.iter().find(|workspace| workspace.id == id).cloned())
    }
}

impl Store<Workspace> for FakeTx<Tables> {
    async fn store(&mut self, workspace: &mut Workspace) -> Result<(), StorageError> {
        let gone = workspace.id;
        put(&mut self.state.workspaces, workspace, |w| &mut w.version, |a, b| a.slug == b.slug)?;
        if workspace.is_gone {
            self.state.workspaces.retain(|row| row.id != gone);
            self.state.members.retain(|row| row.id.workspace_id != gone);
            self.state.invitations.retain(|row| row.workspace_id != gone);
            self.state.cut_keys();
            self.state.forget_preferences_of_strangers();
        }
        Ok(())
    }
}

impl Workspaces for FakeTx<Tables> {
    async fn held_workspace(&mut self, id: WorkspaceId) -> Result<Option<Workspace>, StorageError> {
        Load::<Workspace>::load(self, id).await
    }

    async fn workspace_by_slug(&mut self, slug: &Slug) -> Result<Option<Workspace>, StorageError> {
        Ok(self.state.workspaces.iter().find(|workspace| workspace.slug == *slug).cloned())
    }

    async fn standing(
        &mut self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<(Workspace, Role)>, StorageError> {
        let named = |candidate: &&Workspace| match workspace {
            WorkspaceRef::Id(id) => candidate.id == *id,
            WorkspaceRef::Slug(slug) => candidate.slug.as_str() == slug,
        };
        let Some(workspace) = self.state.workspaces.iter().find(named).cloned() else {
            return Ok(None);
        };
        let id = MemberId { workspace_id: workspace.id, user_id: user };
        let member = self.state.members.iter().find(|member| member.id == id);
        Ok(member.map(|member| (workspace, member.role)))
    }
}

impl Load<Member> for FakeTx<Tables> {
    async fn load(&mut self, id: MemberId) -> Result<Option<Member>, StorageError> {
        Ok(self.state.members.iter().find(|member| member.id == id).cloned())
    }
}

impl Store<Member> for FakeTx<Tables> {
    async fn store(&mut self, member: &mut Member) -> Result<(), StorageError> {
        let two_owners = |a: &Member, b: &Member| {
            a.id.workspace_id == b.id.workspace_id && a.role == Role::Owner && b.role == Role::Owner
        };
        put(&mut self.state.members, member, |member| &mut member.version, two_owners)?;
        self.state.members.retain(|member| !member.is_gone);
        self.state.cut_keys();
        self.state.forget_preferences_of_strangers();
        Ok(())
    }
}

impl Members for FakeTx<Tables> {
    async fn managers(&mut self, workspace: WorkspaceId) -> Result<Vec<UserId>, StorageError> {
        let members = self.state.members.iter();
        let managing = members.filter(|m| m.id.workspace_id == workspace && m.role.is_manager());
        let mut managers: Vec<_> = managing.map(|m| (m.joined_at, m.id.user_id)).collect();
        managers.sort();
        Ok(managers.into_iter().map(|(_, user)| user).collect())
    }

    async fn member_by_email(
        &mut self,
        workspace: WorkspaceId,
        email: &Email,
    ) -> Result<Option<Member>, StorageError> {
        let Some(user) = self.user_by_email(email).await? else { return Ok(None) };
        Load::<Member>::load(self, MemberId { workspace_id: workspace, user_id: user.id }).await
    }
}

impl Load<Invitation> for FakeTx<Tables> {
    async fn load(&mut self, id: InvitationId) -> Result<Option<Invitation>, StorageError> {
        Ok(self.state.invitations.iter().find(|invitation| invitation.id == id).cloned())
    }
}

impl Store<Invitation> for FakeTx<Tables> {
    async fn store(&mut self, invitation: &mut Invitation) -> Result<(), StorageError> {
        let both_pending = |a: &Invitation, b: &Invitation| {
            a.is_pending()
                && b.is_pending()
                && a.workspace_id == b.workspace_id
                && a.email == b.email
        };
        put(&mut self.state.invitations, invitation, |i| &mut i.version, both_pending)
    }
}

/// As they were when the tables were copied.
impl Accounts for Tables {
    async fn account_by_email(&self, email: &Email) -> Result<Option<User>, StorageError> {
        Ok(self.users.iter().find(|user| user.email == *email).cloned())
    }

    async fn account(&self, id: UserId) -> Result<Option<User>, StorageError> {
        Ok(self.users.iter().find(|user| user.id == id).cloned())
    }

    async fn account_by_token(
        &self,
        hash: &TokenHash,
        purpose: TokenPurpose,
    ) -> Result<Option<User>, StorageError> {
        let mut tokens = self.tokens.iter();
        let token = tokens.find(|token| token.token_hash == *hash && token.purpose == purpose);
        Ok(token.and_then(|token| self.users.iter().find(|user| user.id == token.user_id)).cloned())
    }
}
