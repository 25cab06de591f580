//! A workspace and who is in it.

use identity::Role;
use serde_json::Value;

use crate::{
    client::{Answer, Ask, post},
    host::{Host, Person},
};

/// Ada owns Acme, Ben is a member and Gus a guest.
pub(crate) struct Office {
    pub(crate) host: Host,
    pub(crate) ada: Person,
    pub(crate) ben: Person,
    pub(crate) gus: Person,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let host = Host::new().await;
        let ada = host.person("ada").await;
        let acme = host.workspace(&ada, "Acme").await;
        let ben = host.member(&ada, &acme, "ben", Role::Member).await;
        let gus = host.member(&ada, &acme, "gus", Role::Guest).await;
        Self { host, ada, ben, gus }
    }

    pub(crate) async fn ask(&self, who: &Person, ask: Ask) -> Answer {
        self.host.ask(ask.bearer(&who.token)).await
    }

    pub(crate) async fn begin(&self, who: &Person, body: Value) -> Answer {
        self.ask(who, post("/api/workspaces/acme/projects").json(body)).await
    }

    pub(crate) async fn write(&self, who: &Person, body: Value) -> Answer {
        self.ask(who, post("/api/workspaces/acme/documents").json(body)).await
    }
}
