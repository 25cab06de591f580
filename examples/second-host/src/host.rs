//! A host.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use handler::{Noticeboard, Wording};
use perme8_events::{
    host::{Feed, NodeOptions, Operations, Runtime, Tasks},
    sql::{DatabaseUrl, Db, DbOptions, MIGRATIONS},
};

use crate::waiting::{DEADLINE, until};

/// A host, with connections, a view of the log and handlers of its own.
pub(crate) struct Host {
    pub(crate) db: Db,
    tasks: Tasks,
}

/// Finds words that say which host it was.
#[derive(Debug)]
struct Signed(&'static str);

#[async_trait]
impl Wording for Signed {
    async fn words(&self, project: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
        Ok(format!("{project}, told of by {}", self.0))
    }
}

impl Host {
    /// Opens the database, and runs the handler under this name.
    pub(crate) async fn start(name: &'static str, database: &DatabaseUrl) -> anyhow::Result<Self> {
        let db = Db::open(database, DbOptions { connections: 4, ..DbOptions::default() }).await?;
        db.migrate(&[&MIGRATIONS, &projects::MIGRATIONS, &handler::MIGRATIONS], drop).await?;
        let tasks = Tasks::new();
        let feed = Feed::start(&db, &tasks).await?;
        let runtime = Runtime::builder(&db)
            .node(NodeOptions { name: name.to_owned(), ..NodeOptions::default() })
            .handler(Noticeboard::new(Arc::new(Signed(name))))
            .build();
        runtime.start(&feed, &tasks).await?;
        Ok(Self { db, tasks })
    }

    /// Waits until each of these hosts, in the order of their names, has a share of the handler.
    pub(crate) async fn until_run_by(&self, hosts: &[&str]) -> anyhow::Result<()> {
        let operations = Operations::new(&self.db);
        until("the handler is shared", async || {
            anyhow::Ok(operations.status(Noticeboard::NAME).await?.nodes == hosts)
        })
        .await
    }

    /// Finishes what it has begun, and hands back its share.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.tasks.shutdown(DEADLINE).await?;
        self.db.close().await;
        Ok(())
    }
}
