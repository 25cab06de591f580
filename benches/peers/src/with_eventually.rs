//! eventually: streams of events, each with versions of its own.

use async_trait::async_trait;
use eventually::{event::store::Appender as _, message::Message, serde::Json, version::Check};
use eventually_postgres::event;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::{
    event::{Change, fresh},
    store::{Following, Seen, Store},
};

/// The title was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TitleChanged {
    change: Change,
}

impl Message for TitleChanged {
    fn name(&self) -> &'static str {
        "TitleChanged"
    }
}

/// Its store; it reads one stream, and knows no subscription to all of them.
pub(crate) struct Eventually {
    events: event::Store<String, TitleChanged, Json<TitleChanged>>,
}

impl Eventually {
    pub(crate) async fn on(pool: PgPool) -> anyhow::Result<Self> {
        Ok(Self { events: event::Store::new(pool, Json::default()).await? })
    }
}

#[async_trait]
impl Store for Eventually {
    fn name(&self) -> &'static str {
        "eventually"
    }

    async fn append(&self, number: u64) -> anyhow::Result<()> {
        let changed = TitleChanged { change: Change::new(number) };
        self.events.append(fresh().to_string(), Check::Any, vec![changed.into()]).await?;
        Ok(())
    }

    async fn fill(&self, _: std::ops::Range<u64>) -> anyhow::Result<()> {
        // Nobody could read it.
        Ok(())
    }

    async fn follow(&self, _: Seen) -> anyhow::Result<Option<Box<dyn Following>>> {
        Ok(None)
    }

    async fn replay(&self, _: Seen) -> anyhow::Result<bool> {
        Ok(false)
    }
}
