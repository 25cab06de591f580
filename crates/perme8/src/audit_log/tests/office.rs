//! Two companies whose people do things, and the trail of it.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use api::{AuditActor, AuditEntry, AuditPage, AuditPerson};
use identity::{
    AcceptInvitation, ChangeMemberRole, CreateWorkspace, DeclineInvitation, Identity, InviteMember,
    LogIn, MemberJoined, MemberRoleChanged, RemoveMember, SessionId, UserLoggedOut,
    testing::{PASSWORD, user_with_password},
};
use notifications::{IdentityGateway, NotificationRead, OnInvitation};
use perme8_events::{
    Client, Position, Scope, StorageError, Transaction as _, UserId, WorkspaceId,
    host::{Operations, Outcome, Runtime},
    sql::{Generation, Tx, UnitOfWork},
    testing::{Driver, TestDb, apply},
};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::*;

/// Acme is Ada's: Dan is an admin, Carol a member, Ben a guest, Bob was removed, Zoe is invited, Yan declined. Evil is Eve's.
pub(crate) struct Office {
    pub(crate) test: TestDb,
    identity: Identity,
    pub(crate) trail: HostAuditTrail,
    driver: Mutex<Driver>,
    people: HashMap<&'static str, UserId>,
    workspaces: HashMap<&'static str, WorkspaceId>,
    requests: AtomicU32,
}

impl Office {
    pub(crate) async fn open(test: TestDb) -> Self {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let gateway = Arc::new(IdentityGateway::new(identity.directory()));
        let runtime = Runtime::builder(&test.db)
            .handler(OnInvitation::new(gateway))
            .projection(AuditLog::new())
            .build();
        let mut office = Self {
            trail: HostAuditTrail::new(test.db.clone(), identity.directory()),
            driver: Mutex::new(runtime.driver(Some(test.clock.clone())).await),
            identity,
            test,
            people: HashMap::new(),
            workspaces: HashMap::new(),
            requests: AtomicU32::new(0),
        };
        for name in ["ada", "ben", "bob", "carol", "dan", "eve", "yan", "zoe"] {
            let user = user_with_password(&office.identity, &email(name), name, "Example").await;
            office.people.insert(name, user);
        }
        for (owner, name) in [("ada", "acme"), ("eve", "evil")] {
            let create = CreateWorkspace { name: name.to_owned(), description: None, color: None };
            let created = office.identity.create_workspace(office.by(owner), create).await.unwrap();
            office.workspaces.insert(name, created.id);
        }
        for (name, role) in [
            ("dan", Role::Admin),
            ("carol", Role::Member),
            ("ben", Role::Guest),
            ("bob", Role::Member),
            ("yan", Role::Member),
            ("zoe", Role::Member),
        ] {
            let invite = InviteMember { workspace: "acme".into(), email: email(name), role };
            office.identity.invite_member(office.by("ada"), invite).await.unwrap();
        }
        for name in ["dan", "carol", "ben", "bob"] {
            let accept = AcceptInvitation { invitation: acme().into() };
            office.identity.accept_invitation(office.by(name), accept).await.unwrap();
        }
        let decline = DeclineInvitation { invitation: acme().into() };
        office.identity.decline_invitation(office.by("yan"), decline).await.unwrap();
        office.remove("bob").await;
        let log_in = LogIn { email: email("carol"), password: PASSWORD.into() };
        office.identity.log_in(office.by("carol"), log_in).await.unwrap();
        office
    }

    /// A new request of this person, a minute after the last one.
    fn by(&self, name: &'static str) -> Origin {
        self.test.clock.advance(Duration::from_mins(1));
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let address = format!("192.0.2.{number}");
        Origin::user(self.people[name])
            .with_request_id(format!("r-{number}"))
            .with_client(Client::new(&address, Some(name)).in_session(session(self.people[name])))
    }

    pub(crate) fn workspace(&self, name: &str) -> WorkspaceId {
        self.workspaces[name]
    }

    pub(crate) async fn set_role(&self, name: &str, role: Role) {
        let change = ChangeMemberRole { workspace: acme(), member: self.people[name].into(), role };
        self.identity.change_member_role(self.by("ada"), change).await.unwrap();
    }

    pub(crate) async fn remove(&self, name: &str) {
        let remove = RemoveMember { workspace: acme(), member: self.people[name].into() };
        self.identity.remove_member(self.by("ada"), remove).await.unwrap();
    }

    /// Something happens, of another kind with each number.
    pub(crate) async fn happens(&self, number: u32) {
        let (acme, evil) = (self.workspace("acme"), self.workspace("evil"));
        let (carol, eve) = (self.people["carol"], self.people["eve"]);
        let unit_of_work = UnitOfWork::new(self.test.db.clone());
        let origin = if number.is_multiple_of(2) {
            self.by("carol").in_workspace(acme)
        } else {
            self.by("eve")
        };
        let emit = unit_of_work.run(origin, async |tx| {
            match number % 5 {
                0 => tx.emit(MemberJoined {
                    workspace_id: acme,
                    user_id: carol,
                    role: Role::Member,
                    invitation_id: None,
                }),
                1 => {
                    let session_id = tx.new_id();
                    tx.emit(UserLoggedOut { user_id: eve, session_id });
                }
                2 => {
                    let notification_id = tx.new_id();
                    tx.emit(NotificationRead { notification_id, user_id: carol });
                }
                _ => {
                    let (from, to) = (Role::Member, Role::Guest);
                    for workspace_id in [acme, evil] {
                        tx.emit(MemberRoleChanged { workspace_id, user_id: eve, from, to });
                    }
                }
            }
            Ok::<_, StorageError>(())
        });
        emit.await.unwrap();
    }

    /// Builds the trail anew, and lets the old rows go.
    pub(crate) async fn rebuild(&self) {
        let runtime = Runtime::builder(&self.test.db).projection(AuditLog::new()).build();
        let operator = Operator::new("ada", Origin::system("tests")).unwrap();
        let operations = Operations::of(&runtime, catalogue::CATALOGUES);
        operations.rebuild(&operator, AuditLog::NAME).await.unwrap();
        self.settle().await;
        self.test.clock.advance(Duration::from_mins(1));
        self.settle().await;
    }

    /// Lets everything be handled that happened.
    pub(crate) async fn settle(&self) {
        for reaction in self.driver.lock().await.run_until_idle().await {
            assert_eq!(reaction.outcome, Outcome::Handled, "{}", reaction.handler);
        }
    }

    /// Delivers these events once more.
    pub(crate) async fn redeliver(&self, events: &[Envelope]) {
        let unit_of_work = UnitOfWork::new(self.test.db.clone());
        let origin = Origin::system("tests");
        unit_of_work.run(origin, async |tx| handle_all(tx, events).await).await.unwrap();
    }

    /// Delivers these events, and crashes before the commit.
    pub(crate) async fn torn(&self, events: &[Envelope]) {
        let mut tx =
            UnitOfWork::new(self.test.db.clone()).begin(Origin::system("tests")).await.unwrap();
        handle_all(&mut tx, events).await.unwrap();
        tx.rollback().await.unwrap();
    }

    pub(crate) async fn log(&self) -> Vec<Envelope> {
        self.test.db.read(&EventFilter::All, Position::START, 10_000).await.unwrap()
    }

    /// The whole trail, as operators see it.
    pub(crate) async fn all(&self) -> Vec<AuditEntry> {
        self.list(AuditReader::Operator, &AuditFilter::default(), 1000).await.unwrap()
    }

    /// What this person sees in this workspace.
    pub(crate) async fn seen_by(
        &self,
        name: &str,
        workspace: &str,
    ) -> Result<Vec<AuditEntry>, AuditTrailError> {
        self.list(self.reader(name, workspace), &AuditFilter::default(), 1000).await
    }

    pub(crate) fn reader(&self, name: &str, workspace: &str) -> AuditReader {
        AuditReader::Member { user: self.people[name], workspace: self.workspace(workspace) }
    }

    pub(crate) async fn page(
        &self,
        name: &str,
        workspace: &str,
        filter: &AuditFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AuditPage, AuditTrailError> {
        self.trail.page(self.reader(name, workspace), filter, after, limit).await
    }

    /// The list, put together from pages of this size.
    pub(crate) async fn list(
        &self,
        reader: AuditReader,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, AuditTrailError> {
        let (mut list, mut after) = (Vec::new(), None);
        loop {
            let AuditPage { entries, next } = self.trail.page(reader, filter, after, limit).await?;
            assert!(next.is_none() || entries.len() == limit as usize, "only the last is not full");
            list.extend(entries);
            if next.is_none() {
                return Ok(list);
            }
            after = next;
        }
    }

    /// Each event is there once, in order, and says what the log says.
    pub(crate) async fn trail_is_the_log(&self) {
        let (trail, log) = (self.all().await, self.log().await);
        assert_eq!(trail.len(), log.len());
        for (entry, event) in trail.iter().rev().zip(&log) {
            same(entry, event);
        }
    }

    /// The rule of live streams, in other words: who sees what of the workspace, and of whose requests the address.
    pub(crate) async fn rights_are_kept(&self, name: &str, seen: &[AuditEntry]) {
        let (me, acme) = (self.people[name], self.workspace("acme"));
        let is_manager = ["ada", "dan"].contains(&name);
        let concerns = |event: &&Envelope| {
            let scopes = event.audience.scopes();
            event.workspace_id == Some(acme)
                || scopes.contains(&Scope::Workspace(acme))
                || scopes.contains(&Scope::Managers(acme))
        };
        let is_for_me = |event: &&Envelope| {
            event.audience.scopes().iter().any(|scope| match scope {
                Scope::Workspace(id) => *id == acme,
                Scope::Managers(id) => *id == acme && is_manager,
                Scope::User(user) => *user == me,
                Scope::Operators => false,
            })
        };
        let log = self.log().await;
        let expected: Vec<&Envelope> = log.iter().filter(concerns).filter(is_for_me).collect();
        assert_eq!(seen.len(), expected.len(), "{name}");
        for (entry, event) in seen.iter().rev().zip(expected) {
            same(entry, event);
            let is_own = event.person() == Some(me);
            let knows = !self.test.db.clients(&[event.correlation_id]).await.unwrap().is_empty();
            assert_eq!(entry.address.is_some(), knows && (is_manager || is_own), "{name}");
            assert_eq!(entry.address.is_some(), entry.user_agent.is_some(), "{name}");
            let session_id = entry.session_id.map(SessionId::uuid);
            assert_eq!(entry.address.is_some(), session_id.is_some(), "{name}");
            if let (Some(session_id), Some(person)) = (session_id, event.person()) {
                assert_eq!(session_id, session(person), "{name}");
            }
        }
    }
}

async fn handle_all(tx: &mut Tx, events: &[Envelope]) -> Result<(), StorageError> {
    let applied = apply(tx, &AuditLog::new(), Generation::FIRST, events).await;
    applied.map_err(|error| StorageError::new(error.chain()))
}

/// The only session of this person.
fn session(of: UserId) -> Uuid {
    of.uuid()
}

fn acme() -> identity::WorkspaceRef {
    "acme".into()
}

fn email(name: &str) -> String {
    format!("{name}@example.com")
}

/// The entry says what the event says.
pub(crate) fn same(entry: &AuditEntry, event: &Envelope) {
    let AuditActor { kind, user_id, name: _, reference } = &entry.actor;
    let behalf = entry.on_behalf_of.as_ref().map(|AuditPerson { user_id, .. }| *user_id);
    assert_eq!(
        (entry.position, entry.event_id, entry.event_type.as_str(), entry.occurred_at),
        (event.position, event.event_id, event.event_type.as_str(), event.occurred_at)
    );
    assert_eq!(
        (entry.aggregate_type.as_str(), entry.aggregate_id.as_str(), entry.workspace_id),
        (event.aggregate_type.as_str(), event.aggregate_id.as_str(), event.workspace_id)
    );
    assert_eq!(
        (kind.as_str(), *user_id, reference.clone(), behalf),
        (event.actor.kind(), event.actor.user(), event.actor.reference(), event.on_behalf_of)
    );
    assert_eq!(
        (entry.correlation_id, entry.causation_id, &entry.audience),
        (event.correlation_id, event.causation_id, &event.audience)
    );
    assert_eq!(entry.request_id.as_ref(), event.metadata.get("request_id"));
    assert!(!entry.summary.contains('@'), "{}", entry.summary);
}

/// An entry in a line of a snapshot.
pub(crate) fn line(entry: &AuditEntry) -> String {
    let AuditActor { kind, name, reference, .. } = &entry.actor;
    let who = name.as_ref().or(reference.as_ref()).unwrap_or(kind);
    let behalf = entry.on_behalf_of.as_ref().and_then(|person| person.name.as_ref());
    let behalf = behalf.map(|name| format!(" for {name}")).unwrap_or_default();
    format!("{} by {who}{behalf}", entry.summary)
}
