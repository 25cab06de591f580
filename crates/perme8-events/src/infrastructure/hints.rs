//! Hints between the nodes of one PostgreSQL database that something was committed.
//!
//! A `NOTIFY` in the transaction of a producer would make producers wait for each other until the end of their commits. So
//! one connection per node sends them, one for many commits. They are only hints beside polling; nothing depends on them.

use std::{error::Error, sync::Arc, time::Duration};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::watch;
use uuid::Uuid;

use crate::infrastructure::{
    db::{Db, Engine},
    tasks::Tasks,
};

const CHANNEL: &str = "perme8_events";
/// At most one notification in this time.
const COALESCE: Duration = Duration::from_millis(2);
/// How soon something broken is tried again.
const BROKEN: Duration = Duration::from_secs(1);

/// Sends hints about the commits of this node, and counts those of other nodes in `hints`. On SQLite there are none.
pub(crate) fn start(db: &Db, tasks: &Tasks, hints: Arc<watch::Sender<u64>>) {
    let Engine::Postgres { side: pool, .. } = &*db.engine else { return };
    #[expect(clippy::disallowed_methods, reason = "tells this node's hints from those of others")]
    let me = Uuid::new_v4().to_string();
    let (notifier, listener) = (tasks.token(), tasks.token());
    let sending = send(pool.clone(), me.clone(), db.commits.subscribe());
    let receiving = receive(pool.clone(), me, hints);
    tasks.spawn("notifier", async move {
        notifier.run_until_cancelled(sending).await;
    });
    tasks.spawn("listener", async move {
        listener.run_until_cancelled(receiving).await;
    });
}

async fn send(pool: PgPool, me: String, mut commits: watch::Receiver<u64>) {
    while commits.changed().await.is_ok() {
        let sent =
            sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(&me).execute(&pool).await;
        if let Err(error) = sent {
            tracing::warn!(
                error = &error as &dyn Error,
                "other nodes are not told of commits; they poll"
            );
            tokio::time::sleep(BROKEN).await;
        }
        tokio::time::sleep(COALESCE).await;
    }
}

async fn receive(pool: PgPool, me: String, hints: Arc<watch::Sender<u64>>) {
    loop {
        if let Err(error) = listen(&pool, &me, &hints).await {
            tracing::warn!(error = &error as &dyn Error, "no hints from other nodes; polling");
        }
        tokio::time::sleep(BROKEN).await;
    }
}

async fn listen(pool: &PgPool, me: &str, hints: &watch::Sender<u64>) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        if listener.recv().await?.payload() != me {
            hints.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}
