//! The host, somebody who may write everything, and as many workspaces as are wanted.

use std::{io::Write as _, sync::Arc, time::Duration};

use erm::{
    Erm, ErmOptions, Planted, Properties, PutSchema, Quota, SchemaDraft, Shape, plant_telling,
};
use identity::{CreateWorkspace, testing::confirmed_user};
use perme8::{App, AppOptions};
use perme8_events::{
    Origin, SystemClock, UserId, WorkspaceId,
    sql::{DatabaseUrl, Db},
    testing::TestDb,
};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

/// So that what is measured has room.
const QUOTA: Quota = Quota { entities: 10_000_000, edges: 10_000_000 };

/// The host.
pub(crate) struct House {
    app: App,
    pub(crate) erm: Erm,
    pub(crate) owner: UserId,
}

/// A workspace with people in it.
pub(crate) struct People<'a> {
    pub(crate) house: &'a House,
    pub(crate) workspace: WorkspaceId,
}

impl House {
    pub(crate) async fn open(test: &TestDb) -> anyhow::Result<Self> {
        let options = AppOptions { cheap_passwords: true, limits: None, ..AppOptions::default() };
        let app = App::assemble(test.db_at(Arc::new(SystemClock)), options).await?;
        let owner = confirmed_user(app.identity(), "owner@example.com", "Some", "Body").await;
        let erm = app.erm().clone();
        let erm = erm.with_options(ErmOptions { quota: QUOTA, ..ErmOptions::default() });
        Ok(Self { app, erm, owner })
    }

    pub(crate) fn db(&self) -> &Db {
        self.app.db()
    }

    pub(crate) fn engine(&self) -> &'static str {
        self.db().engine_name()
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::user(self.owner)
    }

    /// A new workspace.
    pub(crate) async fn workspace(&self) -> anyhow::Result<WorkspaceId> {
        let command = CreateWorkspace { name: "Graph".to_owned(), description: None, color: None };
        Ok(self.app.identity().create_workspace(self.origin(), command).await?.id)
    }

    /// A new workspace that knows people.
    pub(crate) async fn people(&self) -> anyhow::Result<People<'_>> {
        let workspace = self.workspace().await?;
        let property = |name: &str, of: &str, required: bool| json!({ "name": name, "type": of, "required": required });
        let person = json!([{ "name": "Person", "properties": [
            property("name", "string", true),
            property("age", "integer", false),
            property("city", "string", false),
            property("active", "boolean", false),
            property("joined", "datetime", false),
        ] }]);
        let draft = SchemaDraft::from_json(Some(person), Some(json!([{ "name": "KNOWS" }])));
        let put = PutSchema { workspace: workspace.into(), draft, version: None };
        self.erm.put_schema(self.origin(), put).await?;
        Ok(People { house: self, workspace })
    }

    /// A graph in a new workspace; says on the terminal how far it is.
    pub(crate) async fn plant(
        &self,
        name: &str,
        shape: Shape,
    ) -> anyhow::Result<(WorkspaceId, Planted)> {
        let workspace = self.workspace().await?;
        let engine = self.engine();
        let tell = |there: usize, all: usize| {
            let end = if there == all { '\n' } else { '\r' };
            let percent = there * 100 / all;
            // Who cannot be told misses nothing else.
            let _ = write!(std::io::stderr(), "{engine}: {name} is planted, {percent} %{end}");
        };
        let planted = plant_telling(self.db(), workspace, shape, 7, tell).await?;
        Ok((workspace, planted))
    }

    /// Does what PostgreSQL does by itself within some minutes, so that it does not do so in the middle.
    pub(crate) async fn settle(&self, test: &TestDb) -> anyhow::Result<()> {
        if let DatabaseUrl::Postgres(url) = &test.url {
            let mut connection = PgConnection::connect(url).await?;
            sqlx::raw_sql("VACUUM ANALYZE").execute(&mut connection).await?;
            connection.close().await?;
        }
        Ok(())
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        Ok(self.app.tasks().shutdown(Duration::from_secs(10)).await?)
    }
}

/// How many cities there are.
const CITIES: usize = 1_000;

/// Where the person of this number lives.
pub(crate) fn city(number: usize) -> String {
    format!("City {}", number * 7919 % CITIES)
}

/// What is known of the person of this number.
pub(crate) fn person(number: usize) -> Properties {
    let (day, hour) = (number / 24 % 28 + 1, number % 24);
    let person = json!({
        "name": format!("Person {}", number * 104_729 % 1_000_003),
        "age": number * 31 % 100,
        "city": city(number),
        "active": number.is_multiple_of(2),
        "joined": format!("2026-01-{day:02}T{hour:02}:00:00Z"),
    });
    let Value::Object(properties) = person else { return Properties::new() };
    properties
}
