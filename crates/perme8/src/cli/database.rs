//! The database of a command that is no host: opened, looked at, closed.

use perme8_events::sql::{DatabaseUrl, Db, DbOptions};

use crate::{catalogue::MIGRATIONS, cli::Failure, config::Config};

/// Opens the database for `work`, and closes it afterwards, so that a SQLite file is complete by itself again.
pub(crate) async fn with<R>(
    config: &Config,
    work: impl AsyncFnOnce(&Db) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let db = open(config).await?;
    let done = match at_our_schema(&db, config).await {
        Ok(()) => work(&db).await,
        Err(failure) => Err(failure),
    };
    db.close().await;
    done
}

/// Opens the database, if it is there.
async fn open(config: &Config) -> Result<Db, Failure> {
    if let DatabaseUrl::Sqlite(path) = &config.database
        && !path.exists()
    {
        let message = format!("there is no database at `{}`", path.display());
        return Err(Failure::new(message)
            .help("`perme8 serve` or `perme8 migrate` makes one; --database names another"));
    }
    // Few connections: a command asks one thing after another.
    let options = DbOptions {
        connections: config.connections.min(4),
        master_keys: config.master_keys.clone(),
        ..DbOptions::default()
    };
    Ok(Db::open(&config.database, options).await?)
}

async fn at_our_schema(db: &Db, config: &Config) -> Result<(), Failure> {
    let pending = db.pending_migrations(MIGRATIONS).await?;
    if pending.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the database {} lacks {} migrations of this program",
        config.database,
        pending.len()
    );
    Err(Failure {
        causes: pending.iter().map(super::migrate::shown).collect(),
        ..Failure::new(message).help("`perme8 migrate` applies them, and so does `perme8 serve`")
    })
}
