//! Opening a SQLite file, and refusing what is damaged or none of ours.

use std::{fs::File, io::Read as _, path::PathBuf, time::Duration};

use sqlx::{
    ConnectOptions as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{DbOptions, Engine, OpenError};

/// Up to this size a file is checked page by page when it is opened; that takes about a second.
const CHECKED_BYTES: u64 = 256 * 1024 * 1024;

/// So many connections read beside the one that writes.
pub(super) const READERS: u32 = 4;

/// How many KiB of pages the one who writes remembers, which SQLite takes below zero. A thousand rows in large tables touch
/// thousands of pages; with the 2 MiB that are usual most of them are read twice.
const WRITER_KIB: &str = "-32768";
/// The same of each who reads.
const READER_KIB: &str = "-8192";
/// What is deleted or overwritten is zeros from then on: in its page, which is written anyway, and pages that are given back as a
/// whole, which are written for that. With `FAST` they would keep what a read model had of somebody who is forgotten.
const SECURE_DELETE: &str = "ON";
/// From so many bytes on the log of writes is taken over into the file, by the one who writes and has committed; with the 4 MB
/// that are usual that is after each commit that writes much.
const LOG_BYTES: u64 = 32 * 1024 * 1024;
/// The size of the pages that SQLite gives a new file.
const NEW_PAGE: u64 = 4_096;

pub(super) async fn open(path: &PathBuf, options: &DbOptions) -> Result<Engine, OpenError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|source| OpenError::Folder { path: folder.into(), source })?;
    }
    let existing = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let synchronous =
        if options.power_safe { SqliteSynchronous::Full } else { SqliteSynchronous::Normal };
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging();
    let damaged = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Damaged {
        path: path.clone(),
        source,
    };
    if existing > 0 {
        // Before anything else, so that a file which is not ours keeps every byte.
        sound(path, existing).await.map_err(damaged)?;
        if !options.shared && is_foreign(path).await.map_err(|error| damaged(error.into()))? {
            return Err(OpenError::Foreign { path: path.clone() });
        }
    }
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    // SQLite counts the log in pages, whatever their size is.
    let log_pages = LOG_BYTES / page_size(path).unwrap_or(NEW_PAGE);
    // A pool of one is the fair queue of writers; with more, polling writers starve each other.
    let writer = pool()
        .max_connections(1)
        .connect_with(
            connect
                .clone()
                .pragma("cache_size", WRITER_KIB)
                .pragma("secure_delete", SECURE_DELETE)
                .pragma("wal_autocheckpoint", log_pages.to_string()),
        )
        .await
        .map_err(|source| damaged(source.into()))?;
    let readers = pool()
        .max_connections(READERS)
        .connect_with(
            connect
                .clone()
                .read_only(true)
                .create_if_missing(false)
                .pragma("cache_size", READER_KIB),
        )
        .await
        .map_err(|source| damaged(source.into()))?;
    Ok(Engine::Sqlite { writer, readers, options: connect })
}

/// No SQLite file is shorter.
const SMALLEST: u64 = 512;

/// The size of the pages of a SQLite file, if it is one.
fn page_size(path: &PathBuf) -> Option<u64> {
    let mut header = [0; 18];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    let size = header.strip_prefix(b"SQLite format 3\0")?;
    match u16::from_be_bytes(size.try_into().ok()?) {
        0 => None,
        // The largest size does not fit in, and is written so.
        1 => Some(65_536),
        size => Some(size.into()),
    }
}

/// Whether a sound file holds tables, but none of ours.
async fn is_foreign(path: &PathBuf) -> sqlx::Result<bool> {
    let mut conn = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
    let (tables, ours): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE name GLOB 'event_*') FROM sqlite_master
         WHERE type = 'table' AND name NOT GLOB 'sqlite_*'",
    )
    .fetch_one(&mut conn)
    .await?;
    sqlx::Connection::close(conn).await?;
    Ok(tables > 0 && ours == 0)
}

/// Whether an existing file is a database without broken pages.
async fn sound(path: &PathBuf, bytes: u64) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // What an interrupted process left beside the file is looked at, too, but not yet written back into it.
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let left_over = std::fs::metadata(log).is_ok_and(|metadata| metadata.len() > 0);
    // The engine takes very short files for empty ones, and a page that was cut for one that ends in zeros.
    let page = page_size(path).filter(|_| bytes >= SMALLEST);
    let page = page.ok_or("the file does not begin as a SQLite database does")?;
    if !left_over && !bytes.is_multiple_of(page) {
        return Err("the file ends within a page".into());
    }
    let mut conn = SqliteConnectOptions::new()
        .filename(path)
        .read_only(left_over)
        .busy_timeout(Duration::from_secs(5))
        .connect()
        .await?;
    let check = if bytes <= CHECKED_BYTES {
        "PRAGMA quick_check(1)"
    } else {
        "SELECT 'ok' FROM sqlite_master LIMIT 1"
    };
    let verdict = sqlx::query_scalar(check).fetch_optional(&mut conn).await;
    // Closed whatever the verdict is, so that nothing stays beside a file that is refused.
    sqlx::Connection::close(conn).await?;
    match verdict? {
        Some(text) if text != "ok" => Err(String::into(text)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, SqlitePool};

    use super::*;
    use crate::{
        infrastructure::{
            db::{DatabaseUrl, Db},
            migrations::MIGRATIONS,
        },
        testing::TestDb,
    };

    /// What a connection remembers, and at how many pages it takes the log over.
    async fn settings(pool: &SqlitePool) -> [i64; 2] {
        let cache = sqlx::query_scalar("PRAGMA cache_size").fetch_one(pool).await.unwrap();
        let log = sqlx::query_scalar("PRAGMA wal_autocheckpoint").fetch_one(pool).await.unwrap();
        [cache, log]
    }

    #[tokio::test]
    async fn the_writer_takes_the_log_over_at_one_size_whatever_the_pages_are() {
        let test = TestDb::sqlite(&[&MIGRATIONS]).await;
        let large = test.folder().unwrap().join("large.db");
        let options = SqliteConnectOptions::new().filename(&large).create_if_missing(true);
        let mut conn = options.page_size(65_536).connect().await.unwrap();
        let table = "CREATE TABLE event_probe (id INTEGER)";
        sqlx::raw_sql(table).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        let large = Db::open(&DatabaseUrl::Sqlite(large), DbOptions::default()).await.unwrap();
        for (db, pages) in [(&test.db, 8_192), (&large, 512)] {
            let Engine::Sqlite { writer, readers, .. } = &*db.engine else { unreachable!() };
            assert_eq!(settings(writer).await, [-32_768, pages]);
            // Whoever reads never takes it over: what is usual stands there unused.
            assert_eq!(settings(readers).await, [-8_192, 1_000]);
            db.close().await;
        }
    }
}
