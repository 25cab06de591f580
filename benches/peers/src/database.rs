//! A database of its own for each store.

use anyhow::Context as _;
use sqlx::{
    Connection as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

/// A fresh database on the server; [`remove`](Self::remove) it in the end.
#[derive(Debug)]
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Makes one; `server` is the URL of a maintenance database.
    pub(crate) async fn make(server: &str) -> anyhow::Result<Self> {
        let name = format!("peers_{}", Uuid::new_v4().simple());
        let mut admin =
            PgConnection::connect(server).await.context("the server does not answer")?;
        admin.execute(format!("CREATE DATABASE {name}").as_str()).await?;
        admin.close().await?;
        Ok(Self { server: server.to_owned(), name })
    }

    pub(crate) fn url(&self) -> anyhow::Result<String> {
        let (address, _) =
            self.server.rsplit_once('/').context("the URL of the server names no database")?;
        Ok(format!("{address}/{}", self.name))
    }

    /// A pool of so many connections, which does not ask whether they still live before it gives one.
    pub(crate) async fn pool(&self, connections: u32) -> anyhow::Result<PgPool> {
        Self::connect(self.url()?.parse()?, connections).await
    }

    /// The same, for a store whose functions the server would not understand: they can be made all the same.
    pub(crate) async fn lenient_pool(&self, connections: u32) -> anyhow::Result<PgPool> {
        let options: PgConnectOptions = self.url()?.parse()?;
        Self::connect(options.options([("check_function_bodies", "off")]), connections).await
    }

    async fn connect(options: PgConnectOptions, connections: u32) -> anyhow::Result<PgPool> {
        let pool = PgPoolOptions::new().max_connections(connections).test_before_acquire(false);
        Ok(pool.connect_with(options).await?)
    }

    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        let mut admin = PgConnection::connect(&self.server).await?;
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        admin.execute(statement.as_str()).await?;
        Ok(admin.close().await?)
    }
}
