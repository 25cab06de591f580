//! A workspace and everybody who could want something of it.

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{
    Load, Origin, Save, StorageError, Transaction as _, UserId, WorkspaceId, sql::Tx,
};

use super::super::Identity;
use crate::{
    application::ports::{EmailTokens as _, MintedToken, Sessions as _, Tickets as _},
    domain::{
        api_key::{ApiKey, KeyParticulars, NewApiKey},
        email::Email,
        invitation::{Invitation, NewInvitation},
        member::{Member, MemberId},
        references::{ApiKeyId, InvitationId, SessionId},
        role::Role,
        secret::{PasswordHash, Secret},
        session::{EmailToken, Session, Ticket, TokenPurpose},
        slug::Slug,
        user::{NewUser, User},
        workspace::{Particulars, Workspace},
    },
    testing::PASSWORD,
};

/// A workspace that nobody has touched yet.
pub(in crate::facade) struct World {
    pub(in crate::facade) identity: Identity,
    /// Sets the names of this world apart from those of others.
    number: usize,
    pub(in crate::facade) company: WorkspaceId,
    pub(in crate::facade) owner: UserId,
    pub(in crate::facade) admin: UserId,
    pub(in crate::facade) member: UserId,
    pub(in crate::facade) guest: UserId,
    /// Has a confirmed account, and an invitation that waits for an answer.
    pub(in crate::facade) invited: UserId,
    /// The same, but the time for an answer is over.
    pub(in crate::facade) late: UserId,
    /// Has a confirmed account and nothing to do with the workspace.
    pub(in crate::facade) stranger: UserId,
    /// Is invited, but has not confirmed the address.
    pub(in crate::facade) unconfirmed: UserId,
    /// The invitation of `invited`.
    pub(in crate::facade) invitation: InvitationId,
    /// The session of the owner, and what proves it.
    pub(in crate::facade) session: SessionId,
    pub(in crate::facade) token: Secret,
    pub(in crate::facade) ticket: Secret,
    /// Was sent to `unconfirmed`, and to the owner.
    pub(in crate::facade) confirmation: Secret,
    pub(in crate::facade) link: Secret,
    /// Sets another password of the owner.
    pub(in crate::facade) reset: Secret,
    /// Moves the owner to another address.
    pub(in crate::facade) moving: Secret,
    /// The API key of the owner, and what proves it.
    pub(in crate::facade) key: ApiKeyId,
    pub(in crate::facade) key_token: Secret,
}

impl World {
    pub(in crate::facade) async fn new(identity: &Identity, number: usize, archived: bool) -> Self {
        let hash = identity.passwords.hash(PASSWORD.into()).await;
        let keys = [(); 6].map(|()| identity.tokens.mint());
        let origin = Origin::system("identity.matrix");
        let made = identity
            .uow
            .run(origin, async |tx| Self::make(tx, identity, number, archived, &hash, &keys).await);
        made.await.unwrap()
    }

    /// The address of somebody, unlike that of the same person in other worlds.
    pub(in crate::facade) fn address(&self, name: &str) -> String {
        address(name, self.number)
    }

    async fn make(
        tx: &mut Tx,
        identity: &Identity,
        number: usize,
        archived: bool,
        hash: &PasswordHash,
        keys: &[MintedToken; 6],
    ) -> Result<Self, StorageError> {
        let now = tx.now();
        let mut people = Vec::new();
        for name in
            ["owner", "admin", "member", "guest", "invited", "late", "stranger", "unconfirmed"]
        {
            people.push(person(tx, name, number, hash).await?);
        }
        let [owner, admin, member, guest, invited, late, stranger, unconfirmed] =
            people.try_into().expect("there are eight of them");
        let company = workspace(tx, number, owner.id).await?;
        for (user, role) in [(&admin, Role::Admin), (&member, Role::Member), (&guest, Role::Guest)]
        {
            let id = MemberId { workspace_id: company.id, user_id: user.id };
            let joined = Member::join(id, role, tx.new_id(), now);
            Save::<Member>::save(tx, joined).await?;
        }
        let yesterday = now - TimeDelta::days(1);
        let invitation = invite(tx, &company, &owner, &invited, yesterday).await?;
        invite(tx, &company, &owner, &unconfirmed, yesterday).await?;
        invite(tx, &company, &owner, &late, now - TimeDelta::days(15)).await?;
        let [session, ticket, confirmation, link, reset, moving] = keys;
        let elsewhere = Email::parse(&address("elsewhere", number)).expect("it is an address");
        let session_id = tx.new_id();
        tx.begin_session(&Session::begin(session_id, owner.id, session.hash.clone(), now)).await?;
        tx.keep_ticket(&Ticket::of(ticket.hash.clone(), session_id, owner.id, now)).await?;
        for (purpose, key, user, to) in [
            (TokenPurpose::LogIn, confirmation, &unconfirmed, &unconfirmed.email),
            (TokenPurpose::LogIn, link, &owner, &owner.email),
            (TokenPurpose::ResetPassword, reset, &owner, &owner.email),
            (TokenPurpose::ChangeEmail, moving, &owner, &elsewhere),
        ] {
            let hash = key.hash.clone();
            let token = EmailToken::issue(purpose, hash, user.id, to.clone(), now);
            tx.keep_token(&token).await?;
        }
        let key_token = identity.tokens.mint_key();
        let key = robot(tx, owner.id, &key_token).await?;
        if archived {
            put_away(tx, company.id).await?;
        }
        Ok(Self {
            identity: identity.clone(),
            number,
            company: company.id,
            owner: owner.id,
            admin: admin.id,
            member: member.id,
            guest: guest.id,
            invited: invited.id,
            late: late.id,
            stranger: stranger.id,
            unconfirmed: unconfirmed.id,
            invitation,
            session: session_id,
            token: session.plain.clone(),
            ticket: ticket.plain.clone(),
            confirmation: confirmation.plain.clone(),
            link: link.plain.clone(),
            reset: reset.plain.clone(),
            moving: moving.plain.clone(),
            key,
            key_token: key_token.plain,
        })
    }
}

fn address(name: &str, number: usize) -> String {
    format!("{name}{number}@example.com")
}

/// Everybody but `unconfirmed` has confirmed the address, presenting the password.
async fn person(
    tx: &mut Tx,
    name: &str,
    number: usize,
    hash: &PasswordHash,
) -> Result<User, StorageError> {
    let new = NewUser {
        email: Email::parse(&address(name, number)).expect("it is an address"),
        first_name: name.to_owned(),
        last_name: "Example".to_owned(),
        password_hash: Some(hash.clone()),
    };
    let (id, now) = (tx.new_id(), tx.now());
    let user = Save::<User>::save(tx, User::register(id, new, now)).await?;
    if name == "unconfirmed" {
        return Ok(user);
    }
    Save::<User>::save(tx, user.confirm(Some(hash), now)).await
}

async fn workspace(tx: &mut Tx, number: usize, owner: UserId) -> Result<Workspace, StorageError> {
    let name = format!("Company {number}");
    let slug = Slug::from_name(&name).expect("something is left of it");
    let new = Particulars { name, description: None, color: None };
    let (id, now) = (tx.new_id(), tx.now());
    let workspace =
        Save::<Workspace>::save(tx, Workspace::create(id, new, slug, owner, now)).await?;
    let id = MemberId { workspace_id: workspace.id, user_id: owner };
    Save::<Member>::save(tx, Member::found(id, now)).await?;
    Ok(workspace)
}

async fn invite(
    tx: &mut Tx,
    workspace: &Workspace,
    inviter: &User,
    whom: &User,
    at: DateTime<Utc>,
) -> Result<InvitationId, StorageError> {
    let (email, role) = (whom.email.clone(), Role::Member);
    let new = NewInvitation { workspace, inviter, email, role, invitee: Some(whom.id) };
    let id = tx.new_id();
    Save::<Invitation>::save(tx, Invitation::create(id, new, at)).await?;
    Ok(id)
}

/// A key that may everything.
async fn robot(
    tx: &mut Tx,
    user_id: UserId,
    token: &MintedToken,
) -> Result<ApiKeyId, StorageError> {
    let particulars = KeyParticulars::check("Robot", None, None, Ok(())).expect("it is a name");
    let (token_hash, prefix) = (token.hash.clone(), "robot".to_owned());
    let (made_by, workspaces, expires_at) = (None, Vec::new(), None);
    let new =
        NewApiKey { user_id, made_by, particulars, workspaces, expires_at, token_hash, prefix };
    let (id, now) = (tx.new_id(), tx.now());
    Save::<ApiKey>::save(tx, ApiKey::create(id, new, now)).await?;
    Ok(id)
}

async fn put_away(tx: &mut Tx, id: WorkspaceId) -> Result<(), StorageError> {
    let now = tx.now();
    let workspace = Load::<Workspace>::load(tx, id).await?.expect("it was just saved");
    let archived = workspace.archive(now).expect("it is in use");
    Save::<Workspace>::save(tx, archived).await.map(drop)
}
