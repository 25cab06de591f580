//! Events, people and databases of the tests.

use perme8_events::{
    Audience, DomainEvent, Envelope, EventFilter, EventStore, NewEvent, Origin, Position,
    StorageError, Transaction, UserId, WorkspaceId,
    host::Operator,
    sql::{Db, Migrations, Stmt, UnitOfWork},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The tables of the tests.
pub(crate) static PROBE: Migrations = perme8_events::migrations!(
    "probe",
    sqlite: "tests/it/migrations/sqlite",
    postgres: "tests/it/migrations/postgres"
);

/// Emitted when something is noted, for the members of a workspace and for one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "notes.noted", aggregate = "note", audience(workspace, user = "reader"))]
pub(crate) struct Noted {
    #[event(aggregate_id)]
    pub(crate) note: String,
    #[event(workspace_id)]
    pub(crate) workspace: Option<WorkspaceId>,
    pub(crate) reader: Option<UserId>,
    pub(crate) n: i64,
}

/// Emitted when something is filed, for managers and operators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "files.filed", aggregate = "file", audience(managers, operators))]
pub(crate) struct Filed {
    #[event(aggregate_id)]
    pub(crate) file: String,
    #[event(workspace_id)]
    pub(crate) workspace: Option<WorkspaceId>,
}

/// Emitted by handlers that answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "echoes.echoed", aggregate = "echo", audience(operators))]
pub(crate) struct Echoed {
    #[event(aggregate_id)]
    pub(crate) n: i64,
}

/// The `n`th thing noted on `note`, outside of any workspace.
pub(crate) fn noted(note: &str, n: i64) -> Noted {
    Noted { note: note.to_owned(), workspace: None, reader: None, n }
}

pub(crate) fn user(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}

pub(crate) fn workspace(n: u128) -> WorkspaceId {
    WorkspaceId::new(Uuid::from_u128(n))
}

/// Commits events of one transaction of user 1.
pub(crate) async fn emit<E: DomainEvent>(db: &Db, events: impl IntoIterator<Item = E>) {
    emit_as(db, Origin::user(user(1)), events).await;
}

pub(crate) async fn emit_as<E: DomainEvent>(
    db: &Db,
    origin: Origin,
    events: impl IntoIterator<Item = E>,
) {
    let events: Vec<NewEvent> = events.into_iter().map(NewEvent::of).collect();
    UnitOfWork::new(db.clone())
        .run(origin, async |tx| {
            push_all(tx, events);
            Ok::<_, StorageError>(())
        })
        .await
        .unwrap();
}

pub(crate) fn push_all(tx: &mut impl Transaction, events: Vec<NewEvent>) {
    for event in events {
        tx.push(event);
    }
}

/// Changes the database behind the back of the event core.
pub(crate) async fn change(db: &Db, stmt: &'static Stmt) {
    UnitOfWork::new(db.clone())
        .run(Origin::user(user(1)), async |tx| tx.query(stmt).exec().await.map(drop))
        .await
        .unwrap_or_else(|error: StorageError| panic!("{}: {error:?}", stmt.at));
}

/// Who intervenes in the tests.
pub(crate) fn operator() -> Operator {
    Operator::new("ada", Origin::system("tests")).unwrap()
}

/// The whole log.
pub(crate) async fn log(store: &dyn EventStore) -> Vec<Envelope> {
    store.read(&EventFilter::All, Position::START, 10_000).await.unwrap()
}

/// The numbers of the notes among events.
pub(crate) fn numbers<'e>(events: impl IntoIterator<Item = &'e Envelope>) -> Vec<i64> {
    let notes = events.into_iter().filter_map(|event| event.decode::<Noted>().unwrap());
    notes.map(|noted| noted.n).collect()
}

/// An audience in words.
pub(crate) fn scopes(audience: &Audience) -> Vec<String> {
    audience.scopes().iter().map(ToString::to_string).collect()
}
