//! Ada's workspace, in which Ben is a member and Gus a guest.

use std::sync::Arc;

use erm::{Erm, IdentityGateway, PutSchema, PutSchemaError, SchemaDetails, SchemaDraft};
use identity::{
    AcceptInvitation, CreateWorkspace, Identity, InviteMember, Role, WorkspaceRef,
    testing::{confirmed_user, user_with_password},
};
use perme8_events::{
    Envelope, EventFilter, EventStore as _, Origin, Position, UserId, testing::TestDb,
};
use serde_json::{Value, json};

pub(crate) struct Office {
    pub(crate) test: TestDb,
    pub(crate) identity: Identity,
    pub(crate) erm: Erm,
    pub(crate) ada: UserId,
    pub(crate) ben: UserId,
    pub(crate) gus: UserId,
}

/// The workspace, as addresses name it.
pub(crate) fn engines() -> WorkspaceRef {
    "engines".into()
}

/// People and companies, and who employs and knows whom.
pub(crate) fn people_and_companies() -> SchemaDraft {
    let text = |name, constraints: Value| json!({ "name": name, "type": "string", "required": true, "constraints": constraints });
    let name = |name| text(name, json!({ "min_length": 1, "max_length": 255 }));
    let entity_types = json!([
        { "name": "Person", "properties": [
            name("full_name"),
            { "name": "email", "type": "string", "constraints": { "pattern": "@" } },
            { "name": "age", "type": "integer", "constraints": { "min": 0, "max": 200 } },
        ] },
        { "name": "Company", "properties": [
            name("name"),
            { "name": "founded_year", "type": "integer", "constraints": { "min": 1800, "max": 2100 } },
        ] },
    ]);
    let edge_types = json!([
        { "name": "EMPLOYS", "properties": [
            { "name": "since", "type": "datetime" },
            { "name": "role", "type": "string",
              "constraints": { "enum": ["full-time", "part-time", "contractor"] } },
        ] },
        { "name": "KNOWS" },
    ]);
    SchemaDraft::from_json(Some(entity_types), Some(edge_types))
}

impl Office {
    pub(crate) async fn open(test: TestDb) -> Self {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let members = Arc::new(IdentityGateway::new(identity.directory()));
        let erm = Erm::new(test.db.clone(), members);
        let ada = user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        let ben = confirmed_user(&identity, "ben@example.com", "Ben", "Franklin").await;
        let gus = confirmed_user(&identity, "gus@example.com", "Gus", "Fring").await;
        let named = CreateWorkspace { name: "Engines".to_owned(), description: None, color: None };
        identity.create_workspace(Origin::user(ada), named).await.unwrap();
        let office = Self { test, identity, erm, ada, ben, gus };
        office.join(ben, "ben@example.com", Role::Member).await;
        office.join(gus, "gus@example.com", Role::Guest).await;
        office
    }

    /// The same with a schema of people and companies.
    pub(crate) async fn with_schema(test: TestDb) -> Self {
        let office = Self::open(test).await;
        office.put(people_and_companies(), None).await.unwrap();
        office
    }

    pub(crate) async fn join(&self, user: UserId, email: &str, role: Role) {
        let invite = InviteMember { workspace: engines(), email: email.to_owned(), role };
        let invited = self.identity.invite_member(Origin::user(self.ada), invite).await.unwrap();
        let accept = AcceptInvitation { invitation: invited.id.into() };
        self.identity.accept_invitation(Origin::user(user), accept).await.unwrap();
    }

    /// Ada writes the schema.
    pub(crate) async fn put(
        &self,
        draft: SchemaDraft,
        version: Option<i64>,
    ) -> Result<SchemaDetails, PutSchemaError> {
        let command = PutSchema { workspace: engines(), draft, version };
        self.erm.put_schema(Origin::user(self.ada), command).await
    }

    /// The events of this context, oldest first.
    pub(crate) async fn envelopes(&self) -> Vec<Envelope> {
        let events = self.test.db.read(&EventFilter::All, Position::START, 10_000).await.unwrap();
        events.into_iter().filter(|event| event.event_type.starts_with("erm.")).collect()
    }

    /// Their types, without the name of the context.
    pub(crate) async fn events(&self) -> Vec<String> {
        let events = self.envelopes().await;
        events.iter().map(|event| event.event_type["erm.".len()..].to_owned()).collect()
    }
}
