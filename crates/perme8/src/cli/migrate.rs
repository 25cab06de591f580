//! `perme8 migrate`.

use perme8_events::sql::{Applied, Db, DbOptions};
use serde::Serialize;

use crate::{
    catalogue::MIGRATIONS,
    cli::{Failure, Paint, Report},
    config::Config,
};

/// What was done to the database.
#[derive(Debug, Serialize)]
pub(crate) struct Migrated {
    database: String,
    engine: &'static str,
    applied: Vec<Migration>,
}

#[derive(Debug, Serialize)]
struct Migration {
    context: &'static str,
    version: i64,
    description: String,
}

pub(crate) async fn migrate(config: &Config) -> Result<Migrated, Failure> {
    let db =
        Db::open(&config.database, DbOptions { connections: 2, ..DbOptions::default() }).await?;
    let mut applied = Vec::new();
    let done = db
        .migrate(MIGRATIONS, |Applied { context, version, description }| {
            applied.push(Migration { context, version, description });
        })
        .await;
    let engine = db.engine_name();
    db.close().await;
    done?;
    Ok(Migrated { database: config.database.to_string(), engine, applied })
}

/// A migration in a line.
pub(crate) fn shown(applied: &Applied) -> String {
    let Applied { context, version, description } = applied;
    format!("{context} {version:04}: {description}")
}

impl Report for Migrated {
    fn text(&self, paint: Paint) -> String {
        let Self { database, engine, applied } = self;
        if applied.is_empty() {
            return format!("{database} ({engine}) was up to date");
        }
        let mut lines = vec![format!("{database} ({engine}) was migrated")];
        lines.extend(applied.iter().map(|Migration { context, version, description }| {
            format!("  {} {version:04}  {description}", paint.event(context))
        }));
        lines.join("\n")
    }
}
