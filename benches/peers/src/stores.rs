//! All of them, each on a database of its own.

use std::sync::Arc;

use crate::{
    database::Database, house::House, raw::Raw, store::Store, with_cqrs::Cqrs,
    with_disintegrate::Disintegrate, with_eventually::Eventually,
};

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// A row by hand, which others are measured against
    Insert,
    /// The same in a transaction
    Transaction,
    /// The event core
    Perme8,
    /// disintegrate
    Disintegrate,
    /// disintegrate, with a look at what a decision was based on
    Checked,
    /// cqrs-es with postgres-es
    Cqrs,
    /// eventually with its store on PostgreSQL
    Eventually,
}

/// A store and where it is.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    database: Database,
}

impl Opened {
    /// On a fresh database, with so many connections.
    pub(crate) async fn open(kind: Kind, server: &str, connections: u32) -> anyhow::Result<Self> {
        let database = Database::make(server).await?;
        let pool = async || database.pool(connections).await;
        let lenient = async || database.lenient_pool(connections).await;
        let store: Arc<dyn Store> = match kind {
            Kind::Insert => Arc::new(Raw::on(pool().await?, false).await?),
            Kind::Transaction => Arc::new(Raw::on(pool().await?, true).await?),
            Kind::Perme8 => Arc::new(House::on(&database.url()?, connections).await?),
            Kind::Disintegrate => Arc::new(Disintegrate::on(lenient().await?, false).await?),
            Kind::Checked => Arc::new(Disintegrate::on(lenient().await?, true).await?),
            Kind::Cqrs => Arc::new(Cqrs::on(pool().await?).await?),
            Kind::Eventually => Arc::new(Eventually::on(database.url()?, connections).await?),
        };
        Ok(Self { store, database })
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        let Self { store, database } = self;
        drop(store);
        database.remove().await
    }
}
