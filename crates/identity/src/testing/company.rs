//! A company and the people around it, in memory.

use std::fmt;

use chrono::TimeDelta;
use perme8_events::{
    Actor, Clock as _, DomainEvent, Envelope, Id, Transaction as _, UserId, WorkspaceId,
    testing::{FakeTx, ManualClock, envelope},
};
use uuid::Uuid;

use super::{
    fake_secrets::{CountedTokens, hash_of},
    tables::Tables,
};
use crate::{
    application::{
        invite_member::InviteMember,
        ports::{EmailTokens as _, Sessions as _, TokenSource as _},
    },
    domain::{
        email::Email,
        events::UserConfirmed,
        invitation::Invitation,
        member::{Member, MemberId},
        references::SessionId,
        role::Role,
        secret::Secret,
        session::{EmailToken, Session, TokenPurpose},
        slug::Slug,
        user::User,
        workspace::{Particulars, Workspace},
    },
};

/// Somebody in or around the company.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    number: u128,
    name: &'static str,
    pub(crate) email: &'static str,
}

impl Person {
    pub(crate) const fn id(self) -> UserId {
        Id::new(Uuid::from_u128(self.number))
    }
}

/// Owns the company; password `of the owner`; who acts unless a test says otherwise.
pub(crate) const OWNER: Person = Person { number: 2, name: "Owner", email: "owner@example.com" };
/// An admin of the company.
pub(crate) const ADMIN: Person = Person { number: 3, name: "Admin", email: "admin@example.com" };
/// A member of the company.
pub(crate) const MEMBER: Person = Person { number: 4, name: "Member", email: "member@example.com" };
/// A guest of the company.
pub(crate) const GUEST: Person = Person { number: 5, name: "Guest", email: "guest@example.com" };
/// A stranger with a confirmed account.
pub(crate) const INVITEE: Person =
    Person { number: 10, name: "Invitee", email: "invitee@example.com" };
/// A stranger who has not confirmed the address; password `of the newcomer`.
pub(crate) const NEWCOMER: Person =
    Person { number: 11, name: "Newcomer", email: "newcomer@example.com" };

/// The workspace `the-company`.
pub(crate) const COMPANY: WorkspaceId = Id::new(Uuid::from_u128(1));

/// A transaction over a workspace with one member of each role, and two strangers.
pub(crate) fn company() -> FakeTx<Tables> {
    let now = ManualClock::monday_morning().now();
    let user = |person: Person| User {
        id: person.id(),
        email: Email::parse(person.email).unwrap(),
        first_name: person.name.to_owned(),
        last_name: "Example".to_owned(),
        password_hash: match person.number {
            2 => Some(hash_of("of the owner")),
            11 => Some(hash_of("of the newcomer")),
            _ => None,
        },
        registered_at: now,
        confirmed_at: (person.number != NEWCOMER.number).then_some(now),
        is_gone: false,
        version: 1,
    };
    let member = |(person, role): (Person, Role)| Member {
        id: MemberId { workspace_id: COMPANY, user_id: person.id() },
        role,
        joined_at: now,
        is_gone: false,
        version: 1,
    };
    FakeTx::new(Tables {
        users: [OWNER, ADMIN, MEMBER, GUEST, INVITEE, NEWCOMER].map(user).into(),
        workspaces: vec![workspace(COMPANY, "The Company", OWNER)],
        members: [
            (OWNER, Role::Owner),
            (ADMIN, Role::Admin),
            (MEMBER, Role::Member),
            (GUEST, Role::Guest),
        ]
        .map(member)
        .into(),
        ..Tables::default()
    })
}

fn workspace(id: WorkspaceId, name: &str, owner: Person) -> Workspace {
    let new = Particulars { name: name.to_owned(), description: None, color: None };
    let slug = Slug::from_name(name).unwrap();
    let created = Workspace::create(id, new, slug, owner.id(), ManualClock::monday_morning().now());
    Workspace { version: 1, ..created.peek().clone() }
}

/// The company after its owner has invited somebody as a member; what that emitted is taken away.
pub(crate) async fn invited(person: Person) -> (FakeTx<Tables>, Invitation) {
    invited_by(OWNER, person).await
}

/// The same, but somebody else has invited; from then on that person acts.
pub(crate) async fn invited_by(inviter: Person, person: Person) -> (FakeTx<Tables>, Invitation) {
    let mut tx = company().of(Actor::User(inviter.id()));
    let command = InviteMember {
        workspace: COMPANY.into(),
        email: person.email.to_owned(),
        role: Role::Member,
    };
    command.execute(&mut tx).await.unwrap();
    drop(tx.take_events());
    let invitation = tx.state.invitations[0].clone();
    (tx, invitation)
}

/// Somebody logs in; the next of the tokens shows the session.
pub(crate) async fn log_in_as(
    tx: &mut FakeTx<Tables>,
    person: Person,
    tokens: &CountedTokens,
) -> SessionId {
    let (id, now) = (tx.new_id(), tx.now());
    let session = Session::begin(id, person.id(), tokens.mint().hash, now);
    tx.begin_session(&session).await.unwrap();
    id
}

/// Somebody is mailed the next of the tokens; gives it.
pub(crate) async fn mail(
    tx: &mut FakeTx<Tables>,
    person: Person,
    address: &str,
    purpose: TokenPurpose,
    tokens: &CountedTokens,
) -> Secret {
    let (minted, now) = (tokens.mint(), tx.now());
    let to = Email::parse(address).unwrap();
    let token = EmailToken::issue(purpose, minted.hash, person.id(), to, now);
    tx.keep_token(&token).await.unwrap();
    minted.plain
}

/// The same, and the company is put away.
pub(crate) fn archived(mut tx: FakeTx<Tables>) -> FakeTx<Tables> {
    let now = tx.now();
    tx.state.workspaces[0].archived_at = Some(now);
    tx
}

/// Somebody shows to own the address of an account that is there already.
pub(crate) fn confirm(tx: &mut FakeTx<Tables>, person: Person) {
    let now = tx.now();
    let account = tx.state.users.iter_mut().find(|user| user.id == person.id());
    account.expect("the person has an account").confirmed_at = Some(now);
}

/// The same, and somebody has a workspace of their own.
pub(crate) fn elsewhere(mut tx: FakeTx<Tables>, owner: Person) -> (FakeTx<Tables>, WorkspaceId) {
    let id = Id::new(Uuid::from_u128(0x99));
    tx.state.workspaces.push(workspace(id, "Elsewhere", owner));
    let member = Member::found(MemberId { workspace_id: id, user_id: owner.id() }, tx.now());
    tx.state.members.push(Member { version: 1, ..member.peek().clone() });
    (tx, id)
}

/// The same, so many minutes after somebody has logged in, and the session of that.
pub(crate) async fn logged_in(
    mut tx: FakeTx<Tables>,
    person: Person,
    minutes: i64,
) -> (FakeTx<Tables>, SessionId) {
    let session_id = log_in_as(&mut tx, person, &CountedTokens::default()).await;
    let later = tx.now() + TimeDelta::minutes(minutes);
    (tx.at(later), session_id)
}

/// The event of somebody who has just confirmed the address.
pub(crate) fn confirmed_event(person: Person) -> Envelope {
    happened(&UserConfirmed { user_id: person.id(), email: person.email.to_owned().into() })
}

/// An event that the owner caused, as handlers get to see it.
pub(crate) fn happened<E: DomainEvent>(event: &E) -> Envelope {
    envelope(1, Actor::User(OWNER.id()), event)
}

/// The outcome of a use case, then the events, one a line.
pub(crate) fn report<R: fmt::Debug, E: fmt::Display>(
    outcome: &Result<R, E>,
    tx: &FakeTx<Tables>,
) -> String {
    tx.report(outcome)
}
