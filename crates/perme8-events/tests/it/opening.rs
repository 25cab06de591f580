//! What is no database of ours is refused, and keeps every byte.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use perme8_events::{
    sql::{DatabaseUrl, Db, DbOptions, MIGRATIONS, OpenError},
    testing::TestDb,
};

use crate::fixtures::{PROBE, emit, log, noted, numbers};

async fn open(path: &Path) -> Result<Db, OpenError> {
    Db::open(&DatabaseUrl::Sqlite(path.into()), DbOptions::default()).await
}

/// Files beside the database would be traces of a refused opening.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Asserts that a file is refused as damaged, by its name and with a cause, and stays as it is.
async fn stays_refused(folder: &Path, bytes: &[u8], what: &str) {
    let path = folder.join("some.db");
    std::fs::write(&path, bytes).unwrap();
    for _ in 0..2 {
        let refused = open(&path).await;
        let Err(OpenError::Damaged { path: named, .. }) = &refused else {
            panic!("{what}: {refused:?}")
        };
        assert_eq!(named, &path);
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{what} was changed");
        assert_eq!(files(folder), ["some.db"], "{what} left traces");
    }
}

/// The bytes of a closed database with some events in it.
async fn some_database() -> Vec<u8> {
    let test = TestDb::sqlite(&[&MIGRATIONS, &PROBE]).await;
    emit(&test.db, (0..200).map(|n| noted("a", n))).await;
    let DatabaseUrl::Sqlite(path) = test.url.clone() else { unreachable!() };
    test.db.close().await;
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn a_text_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let poem = "Shall I compare thee to a summer's day?\n".repeat(500);
    stays_refused(folder.path(), poem.as_bytes(), "a long text").await;
    stays_refused(folder.path(), b"?", "a short text").await;
}

#[tokio::test]
async fn a_truncated_file_is_no_database() {
    let (folder, whole) = (tempfile::tempdir().unwrap(), some_database().await);
    assert!(whole.len() > 40_000);
    for length in
        [1, 50, 100, 600, 4096, 8192, whole.len() / 2, whole.len() - 4096, whole.len() - 1]
    {
        stays_refused(folder.path(), &whole[..length], &format!("the first {length} bytes")).await;
    }
}

#[tokio::test]
async fn a_file_with_broken_pages_is_no_database() {
    let (folder, whole) = (tempfile::tempdir().unwrap(), some_database().await);
    let mut broken = whole.clone();
    let middle = whole.len() / 2;
    broken[middle..middle + 8192].fill(0xff);
    stays_refused(folder.path(), &broken, "a file with two broken pages").await;
}

#[tokio::test]
async fn a_sound_database_opens_again_and_again() {
    let (folder, whole) = (tempfile::tempdir().unwrap(), some_database().await);
    let path = folder.path().join("some.db");
    std::fs::write(&path, &whole).unwrap();
    for _ in 0..2 {
        let db = open(&path).await.unwrap();
        assert_eq!(numbers(&log(&db).await).len(), 200);
        db.close().await;
    }
    assert_eq!(std::fs::read(&path).unwrap(), whole, "reading changes nothing");
}

#[tokio::test]
async fn an_empty_file_is_a_new_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/some.db");
    let db = open(&path).await.unwrap();
    db.migrate(&[&MIGRATIONS], |_| ()).await.unwrap();
    emit(&db, [noted("a", 1)]).await;
    db.close().await;
    assert_eq!(numbers(&log(&open(&path).await.unwrap()).await), [1]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let refused = open(&file.join("some.db")).await;
    assert!(
        matches!(&refused, Err(OpenError::Folder { path, .. }) if *path == file),
        "{refused:?}"
    );
    let refused = open(folder.path()).await;
    assert!(matches!(refused, Err(OpenError::Damaged { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named_without_the_password() {
    // Port 1 is reserved and nobody listens there.
    let url: DatabaseUrl = "postgres://ada:s3cret@127.0.0.1:1/perme8".parse().unwrap();
    let options = DbOptions { acquire_timeout: Duration::from_secs(2), ..DbOptions::default() };
    let refused = Db::open(&url, options).await.unwrap_err();
    assert!(matches!(refused, OpenError::Unreachable { .. }), "{refused:?}");
    let told = format!("{refused} {refused:?}");
    assert!(told.contains("127.0.0.1:1/perme8") && !told.contains("s3cret"), "{told}");
}

#[test]
fn an_address_says_which_engine() {
    let sqlite: DatabaseUrl = "sqlite:./data/perme8.db".parse().unwrap();
    assert_eq!(sqlite, DatabaseUrl::Sqlite(PathBuf::from("./data/perme8.db")));
    assert!(matches!("postgresql://h/d".parse(), Ok(DatabaseUrl::Postgres(_))));
    assert!("data/perme8.db".parse::<DatabaseUrl>().is_err());
}
