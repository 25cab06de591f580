//! A database that this program does not understand is refused, and keeps every byte.

use std::path::{Path, PathBuf};

use perme8_events::{
    Origin, StorageError,
    sql::{DatabaseUrl, Db, DbOptions, Stmt, UnitOfWork},
};

use crate::program::Home;

/// The database of a home with some history, all of it in one file.
fn used() -> (Home, PathBuf) {
    let home = Home::migrated();
    home.run("users create ada@example.com --first-name Ada --last-name Okafor").succeeds();
    let file = home.path().join("data/perme8.db");
    with(&file, async |_| ());
    (home, file)
}

/// Does something with a database, and closes its last connection, which empties the write-ahead log into the file.
fn with(file: &Path, work: impl AsyncFnOnce(&Db)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db =
            Db::open(&DatabaseUrl::Sqlite(file.to_owned()), DbOptions::default()).await.unwrap();
        work(&db).await;
        db.close().await;
    });
}

/// Does to a database what no program of ours does.
fn tamper(file: &Path, statement: &'static Stmt) {
    with(file, async |db| {
        let origin = Origin::system("tests");
        let done: Result<u64, StorageError> = UnitOfWork::new(db.clone())
            .run(origin, async |tx| tx.query(statement).exec().await)
            .await;
        done.unwrap();
    });
}

/// A statement that is no part of the program.
const fn statement(sqlite: &'static str) -> Stmt {
    Stmt { sqlite, postgres: "", at: file!() }
}

#[track_caller]
fn is_refused(home: &Home, file: &Path, why: &str) {
    let before = std::fs::read(file).unwrap();
    for line in ["serve --listen 127.0.0.1:0 --json", "migrate --json"] {
        let ran = home.run(line).fails_with(1);
        let error = ran.error();
        let text = format!("{} {}", error["message"], error["causes"]);
        assert!(text.contains(why), "{line}: {text}");
    }
    assert!(std::fs::read(file).unwrap() == before, "the file is not what it was");
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    static NEWER: Stmt = statement(
        "INSERT INTO identity_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    );
    let (home, file) = used();
    tamper(&file, &NEWER);
    is_refused(&home, &file, "newer than this program");
}

#[test]
fn a_database_without_a_record_of_its_migrations_is_left_alone() {
    static FORGOTTEN: Stmt = statement("DROP TABLE notifications_migrations");
    let (home, file) = used();
    tamper(&file, &FORGOTTEN);
    is_refused(&home, &file, "half-written");
}

#[test]
fn a_migration_that_stopped_half_way_is_not_taken_for_done() {
    static UNFINISHED: Stmt = statement("UPDATE identity_migrations SET success = FALSE");
    let (home, file) = used();
    tamper(&file, &UNFINISHED);
    is_refused(&home, &file, "half-written");
}

#[test]
fn a_migration_that_was_edited_after_the_fact_is_noticed() {
    static EDITED: Stmt = statement("UPDATE event_migrations SET checksum = x'00'");
    let (home, file) = used();
    tamper(&file, &EDITED);
    is_refused(&home, &file, "differs from the one that was applied");
}

#[test]
fn a_file_that_was_cut_off_is_noticed() {
    let (home, file) = used();
    let whole = std::fs::read(&file).unwrap();
    for length in [100, 4096, whole.len() / 2, whole.len() - 4096] {
        std::fs::write(&file, &whole[..length]).unwrap();
        is_refused(&home, &file, "is not a sound SQLite database");
    }
    std::fs::write(&file, &whole).unwrap();
    home.run("migrate").succeeds();
}

#[test]
fn a_file_with_a_broken_page_is_noticed() {
    let (home, file) = used();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    std::fs::write(&file, &bytes).unwrap();
    is_refused(&home, &file, "is not a sound SQLite database");
}

#[test]
fn the_database_of_another_program_is_noticed() {
    static FOREIGN: Stmt = statement("CREATE TABLE identity_documents (id INTEGER PRIMARY KEY)");
    let home = Home::new();
    std::fs::create_dir(home.path().join("data")).unwrap();
    let file = home.path().join("data/perme8.db");
    tamper(&file, &FOREIGN);
    is_refused(&home, &file, "half-written");
}
