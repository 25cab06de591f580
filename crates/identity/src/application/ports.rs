//! What the use cases ask of the transaction and of the world.

use std::fmt;

use async_trait::async_trait;
use perme8_events::{Load, StorageError, Transaction, UserId, WorkspaceId};

use crate::domain::{
    api_key::ApiKey,
    email::Email,
    invitation::Invitation,
    member::Member,
    references::{ApiKeyId, SessionId, WorkspaceRef},
    role::Role,
    secret::{PasswordHash, Secret, TokenHash},
    session::{EmailToken, Session, Ticket, TokenPurpose},
    slug::Slug,
    user::User,
    workspace::Workspace,
};

/// Questions about people.
pub(crate) trait Users: Load<User> {
    /// Who has the address, confirmed or not.
    fn user_by_email(
        &mut self,
        email: &Email,
    ) -> impl Future<Output = Result<Option<User>, StorageError>> + Send;

    /// Waits for every other transaction that took a turn with this address, and lets later ones wait for this one.
    ///
    /// Registering an address, inviting it, confirming it, answering its invitations, logging in with it and changing its
    /// password take turns: whichever comes second sees what the first one did. So no invitation falls between "there is no
    /// confirmed account yet" and "there is no invitation yet", nobody is invited anew while joining, and no session begins
    /// with a password that is being changed.
    fn wait_for_turn(
        &mut self,
        email: &Email,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// The tokens that were sent by e-mail.
pub(crate) trait EmailTokens: Transaction {
    /// Keeps a token, and forgets those of the same person that are worthless by now.
    fn keep_token(
        &mut self,
        token: &EmailToken,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets tokens that are worthless by now, whosever they are; at most so many. Gives their number.
    fn purge_tokens(
        &mut self,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// Takes a token of this purpose out, unless it is worthless by now: nobody takes it a second time.
    fn take_token(
        &mut self,
        hash: &TokenHash,
        purpose: TokenPurpose,
    ) -> impl Future<Output = Result<Option<EmailToken>, StorageError>> + Send;

    /// Forgets every token of a person.
    fn forget_tokens(
        &mut self,
        user: UserId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// The sessions of people who are logged in.
pub(crate) trait Sessions: Transaction {
    /// Keeps a session, and forgets those of the same person that have ended by now.
    fn begin_session(
        &mut self,
        session: &Session,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets sessions that have ended by now, whosever they are; at most so many. Gives their number.
    fn purge_sessions(
        &mut self,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// A session of the person, over or not. It stays until this transaction ends.
    fn session(
        &mut self,
        id: SessionId,
        user: UserId,
    ) -> impl Future<Output = Result<Option<Session>, StorageError>> + Send;

    /// Notes that the person has just shown in this session who they are; tells whether it lasts.
    fn refresh_session(
        &mut self,
        id: SessionId,
        user: UserId,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Notes that a session was used just now.
    fn note_use(&mut self, id: SessionId) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Ends every session of the person, but perhaps one.
    fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Ends a session; tells whether the person had it.
    fn end_session(
        &mut self,
        id: SessionId,
        user: UserId,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;
}

/// The tickets of sessions.
pub(crate) trait Tickets: Transaction {
    /// Keeps a ticket if the person has the session and it lasts, and forgets those of the session that are worthless or too
    /// many. Tells whether it was kept.
    fn keep_ticket(
        &mut self,
        ticket: &Ticket,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Takes a ticket out, unless it is worthless by now: nobody takes it a second time. Gives its session.
    fn take_ticket(
        &mut self,
        hash: &TokenHash,
    ) -> impl Future<Output = Result<Option<SessionId>, StorageError>> + Send;

    /// Forgets tickets that are worthless by now, whosever they are; at most so many. Gives their number.
    fn purge_tickets(
        &mut self,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// Questions about API keys.
pub(crate) trait ApiKeys: Load<ApiKey> {
    /// Waits for every other transaction that is about to add or change a key of the person, and lets later ones wait.
    ///
    /// Before anything is read of a key: what a key allows holds until the transaction ends that relies on it.
    fn wait_for_keys(
        &mut self,
        owner: UserId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// How many keys of the person are good.
    fn count_active_keys(
        &mut self,
        owner: UserId,
    ) -> impl Future<Output = Result<i64, StorageError>> + Send;

    /// Forgets keys that ended long ago, whosever they are, and made none that is still there; at most so many. Gives their
    /// number.
    fn purge_keys(&mut self, limit: u32) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// The keys that were made by a key and are not revoked, expired or not.
    fn keys_made_by(
        &mut self,
        maker: ApiKeyId,
    ) -> impl Future<Output = Result<Vec<ApiKey>, StorageError>> + Send;
}

/// Questions about workspaces.
pub(crate) trait Workspaces: Load<Workspace> {
    /// The workspace that has the slug.
    fn workspace_by_slug(
        &mut self,
        slug: &Slug,
    ) -> impl Future<Output = Result<Option<Workspace>, StorageError>> + Send;

    /// The workspace, which stays as it is until this transaction ends: nobody joins what is just being put away.
    fn held_workspace(
        &mut self,
        id: WorkspaceId,
    ) -> impl Future<Output = Result<Option<Workspace>, StorageError>> + Send;

    /// The workspace and what a person is in it, read together; nothing for strangers.
    ///
    /// Both stay as they are until this transaction ends: whoever is just being removed or demoted does nothing in the
    /// meantime, and whoever is allowed to do something is not removed before it is done.
    fn standing(
        &mut self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> impl Future<Output = Result<Option<(Workspace, Role)>, StorageError>> + Send;
}

/// Questions about members.
pub(crate) trait Members: Load<Member> {
    /// The member whose account has the address.
    fn member_by_email(
        &mut self,
        workspace: WorkspaceId,
        email: &Email,
    ) -> impl Future<Output = Result<Option<Member>, StorageError>> + Send;

    /// Owner and admins of a workspace, in the order in which they joined.
    fn managers(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<Vec<UserId>, StorageError>> + Send;
}

/// What people leave behind who give up their account.
pub(crate) trait Estates: Transaction {
    /// Where a person is a member, the longest membership first.
    fn memberships_of(
        &mut self,
        user: UserId,
    ) -> impl Future<Output = Result<Vec<Member>, StorageError>> + Send;

    /// Forgets the invitations that a person made and that wait for no answer, and that others were announced to this person.
    fn forget_invitations_of(
        &mut self,
        user: UserId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// Questions about invitations.
pub(crate) trait Invitations: Load<Invitation> {
    /// The invitation of the address that waits for an answer, overdue or not.
    fn pending_invitation(
        &mut self,
        workspace: WorkspaceId,
        email: &Email,
    ) -> impl Future<Output = Result<Option<Invitation>, StorageError>> + Send;

    /// The invitation that was last sent to the address, whatever became of it.
    fn latest_invitation(
        &mut self,
        workspace: WorkspaceId,
        email: &Email,
    ) -> impl Future<Output = Result<Option<Invitation>, StorageError>> + Send;

    /// The invitations by a person that wait for an answer, overdue or not; oldest first.
    fn pending_invitations_by(
        &mut self,
        workspace: WorkspaceId,
        inviter: UserId,
    ) -> impl Future<Output = Result<Vec<Invitation>, StorageError>> + Send;

    /// Waits for every other transaction that is about to add an invitation to the workspace, and lets later ones wait.
    ///
    /// Always after the turn about the address, so that no two wait for each other.
    fn wait_for_room(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// How many invitations into the workspace can still be answered.
    fn count_open_invitations(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<i64, StorageError>> + Send;

    /// The invitations of the address, into whatever workspace, that can still be answered; oldest first.
    fn open_invitations_of(
        &mut self,
        email: &Email,
    ) -> impl Future<Output = Result<Vec<Invitation>, StorageError>> + Send;

    /// The invitations of the address, into whatever workspace, that wait for an answer, overdue or not; oldest first.
    fn pending_invitations_of(
        &mut self,
        email: &Email,
    ) -> impl Future<Output = Result<Vec<Invitation>, StorageError>> + Send;

    /// The invitations into a workspace that can still be answered and were announced to nobody, by their addresses.
    fn unannounced_invitations(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<Vec<Invitation>, StorageError>> + Send;

    /// Pending invitations that can no longer be answered, the most overdue first.
    fn overdue_invitations(
        &mut self,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Invitation>, StorageError>> + Send;
}

/// Accounts as they are before a transaction begins, for proofs that take too long to hold one open.
pub(crate) trait Accounts: Sync {
    /// Who has the address.
    fn account_by_email(
        &self,
        email: &Email,
    ) -> impl Future<Output = Result<Option<User>, StorageError>> + Send;

    /// Whose id it is.
    fn account(
        &self,
        id: UserId,
    ) -> impl Future<Output = Result<Option<User>, StorageError>> + Send;

    /// To whom the token of this purpose was sent, worthless by now or not.
    fn account_by_token(
        &self,
        hash: &TokenHash,
        purpose: TokenPurpose,
    ) -> impl Future<Output = Result<Option<User>, StorageError>> + Send;
}

/// Weighs passwords, and turns them into what is stored of them. Slow on purpose, so never within a transaction.
///
/// Only so many are worked on at once; who comes later waits. How many may wait, is for the edge to say.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub(crate) trait Passwords: fmt::Debug + Send + Sync {
    /// Whether somebody would find the password by guessing who knows the texts of `about`.
    async fn is_guessable(&self, password: Secret, about: Vec<String>) -> bool;

    /// What to store of a password.
    async fn hash(&self, password: Secret) -> PasswordHash;

    /// Whether the hash is of the password. Without a hash it takes the same time, and the answer is no.
    async fn verify(&self, password: Secret, hash: Option<PasswordHash>) -> bool;
}

/// A fresh token, and what to store of it.
#[derive(Debug, Clone)]
pub(crate) struct MintedToken {
    pub(crate) plain: Secret,
    pub(crate) hash: TokenHash,
}

/// Makes tokens that nobody can guess.
pub(crate) trait TokenSource: fmt::Debug + Send + Sync {
    /// A fresh token.
    fn mint(&self) -> MintedToken;

    /// What is stored of a token, if it has the form of one.
    fn digest(&self, plain: &Secret) -> Option<TokenHash>;

    /// A fresh token of an API key.
    fn mint_key(&self) -> MintedToken;

    /// What is stored of the token of an API key, if it has the form of one.
    fn digest_key(&self, plain: &Secret) -> Option<TokenHash>;
}
