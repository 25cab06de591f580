//! What every adapter of the ports promises: the tables in memory, SQLite and PostgreSQL alike.

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{
    Client, Id, Load, Origin, Save, StorageError, UserId, WorkspaceId,
    sql::UnitOfWork,
    testing::{on_both_engines, promises},
};
use uuid::Uuid;

use crate::{
    application::ports::{
        ApiKeys, EmailTokens, Estates, Invitations, Members, Sessions, Tickets, Users, Workspaces,
    },
    domain::{
        api_key::{ApiKey, KEPT_AFTER_END, KeyParticulars, NewApiKey},
        email::Email,
        invitation::{Invitation, InvitationStatus, NewInvitation},
        member::{Member, MemberId},
        preferences::Preferences,
        references::WorkspaceRef,
        role::Role,
        secret::{PasswordHash, TokenHash},
        session::{EmailToken, Session, TICKETS, Ticket, TokenPurpose},
        slug::Slug,
        user::{NewUser, User},
        workspace::{Particulars, Workspace},
    },
    testing::Tables,
};

/// Every port at once.
trait Ports:
    Users
    + EmailTokens
    + Sessions
    + Tickets
    + Workspaces
    + Members
    + Invitations
    + Estates
    + ApiKeys
    + Save<User>
    + Save<Workspace>
    + Save<Member>
    + Save<Invitation>
    + Save<ApiKey>
    + Load<Preferences>
    + Save<Preferences>
{
}

impl<T> Ports for T where
    T: Users
        + EmailTokens
        + Sessions
        + Tickets
        + Workspaces
        + Members
        + Invitations
        + Estates
        + ApiKeys
        + Save<User>
        + Save<Workspace>
        + Save<Member>
        + Save<Invitation>
        + Save<ApiKey>
        + Load<Preferences>
        + Save<Preferences>
{
}

mod estates;
mod invitations;
mod keys;
mod members;
mod people;
mod preferences;

fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.com")).unwrap()
}

async fn person<T: Ports>(tx: &mut T, name: &str) -> User {
    let new = NewUser {
        email: email(name),
        first_name: name.to_owned(),
        last_name: "Example".to_owned(),
        password_hash: Some(PasswordHash::new("$argon2id$…".to_owned())),
    };
    let (id, now) = (tx.new_id(), tx.now());
    Save::<User>::save(tx, User::register(id, new, now)).await.unwrap()
}

async fn workspace<T: Ports>(tx: &mut T, slug: &str, owner: &User) -> Workspace {
    try_workspace(tx, slug, owner).await.unwrap()
}

async fn try_workspace<T: Ports>(
    tx: &mut T,
    slug: &str,
    owner: &User,
) -> Result<Workspace, StorageError> {
    let new = Particulars {
        name: "Ünïcode & Söhne".to_owned(),
        description: Some("two\nlines".to_owned()),
        color: Some("#4f46e5".to_owned()),
    };
    let (id, now, slug) = (tx.new_id(), tx.now(), Slug::parse(slug).unwrap());
    Save::<Workspace>::save(tx, Workspace::create(id, new, slug, owner.id, now)).await
}

async fn join<T: Ports>(
    tx: &mut T,
    workspace: &Workspace,
    user: &User,
    role: Role,
) -> Result<Member, StorageError> {
    let id = MemberId { workspace_id: workspace.id, user_id: user.id };
    let (invitation, now) = (tx.new_id(), tx.now());
    Save::<Member>::save(tx, Member::join(id, role, invitation, now)).await
}

async fn invite<T: Ports>(
    tx: &mut T,
    workspace: &Workspace,
    inviter: &User,
    whom: &str,
    sent_at: DateTime<Utc>,
) -> Result<Invitation, StorageError> {
    let new =
        NewInvitation { workspace, inviter, email: email(whom), role: Role::Guest, invitee: None };
    let id = tx.new_id();
    Save::<Invitation>::save(tx, Invitation::create(id, new, sent_at)).await
}

fn is_conflict<R>(result: Result<R, StorageError>) -> bool {
    result.is_err_and(|error| error.is_conflict())
}

fn nobody() -> UserId {
    Id::new(Uuid::from_u128(0xdead))
}
