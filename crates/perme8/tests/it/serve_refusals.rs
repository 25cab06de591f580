//! A database that this program does not understand is refused, and keeps every byte.

use std::{
    fs,
    path::{Path, PathBuf},
};

use perme8_events::sql::{DatabaseUrl, Db, DbOptions};

use crate::program::Home;

/// The size of a page of the file.
const PAGE: usize = 4096;

/// A database with some history, all of it in one file.
struct Used {
    home: Home,
    file: PathBuf,
    bytes: Vec<u8>,
}

impl Used {
    fn new() -> Self {
        let home = Home::migrated();
        home.run("users create ada@example.com --first-name Ada --last-name Okafor").succeeds();
        let file = home.path().join("data/perme8.db");
        empty_write_ahead_log(&file);
        let bytes = fs::read(&file).unwrap();
        Self { home, file, bytes }
    }

    /// Writes these bytes into the file, and has the program refuse them for this reason.
    #[track_caller]
    fn is_refused_as(&self, bytes: &[u8], why: &str) {
        assert!(bytes != self.bytes, "nothing is wrong with it");
        fs::write(&self.file, bytes).unwrap();
        for line in ["serve --listen 127.0.0.1:0 --json", "migrate --json"] {
            let error = self.home.run(line).fails_with(1).error();
            let text = format!("{} {}", error["message"], error["causes"]);
            assert!(text.contains(why), "{line}: {text}");
            assert!(fs::read(&self.file).unwrap() == bytes, "{line} changed the file");
        }
        // As it was, it is fine.
        fs::write(&self.file, &self.bytes).unwrap();
        self.home.run("migrate").succeeds();
    }
}

/// The last connection that closes takes the write-ahead log into the file.
fn empty_write_ahead_log(file: &Path) {
    while_open(file, || ());
}

/// Does something while a database has a connection, which keeps its write-ahead log from being emptied.
fn while_open(file: &Path, work: impl FnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = DatabaseUrl::Sqlite(file.to_owned());
        let db = Db::open(&url, DbOptions::default()).await.unwrap();
        work();
        db.close().await;
    });
}

/// The bytes with `new` wherever there was `old`, which is as long.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bytes = bytes.to_vec();
    for start in 0..bytes.len() - old.len() {
        if bytes[start..].starts_with(old) {
            bytes[start..start + old.len()].copy_from_slice(new);
        }
    }
    bytes
}

#[test]
fn tables_without_a_record_of_their_migrations_are_left_alone() {
    let used = Used::new();
    let renamed = replaced(&used.bytes, b"notifications_migrations", b"notifications_migrationz");
    used.is_refused_as(&renamed, "half-written");
}

#[test]
fn a_migration_that_was_edited_after_the_fact_is_noticed() {
    let used = Used::new();
    let applied = identity::MIGRATIONS.sqlite.iter().next().unwrap();
    let other: Vec<u8> = applied.checksum.iter().map(|byte| !byte).collect();
    let edited = replaced(&used.bytes, &applied.checksum, &other);
    used.is_refused_as(&edited, "differs from the one that was applied");
}

#[test]
fn a_file_that_was_cut_off_is_noticed() {
    let used = Used::new();
    let whole = used.bytes.len();
    for length in [100, PAGE, whole / 2, whole - PAGE, whole - 1] {
        used.is_refused_as(&used.bytes[..length], "is not a sound SQLite database");
    }
}

#[test]
fn a_file_with_a_broken_page_is_noticed() {
    let used = Used::new();
    let mut broken = used.bytes.clone();
    let middle = broken.len() / 2 / PAGE * PAGE;
    broken[middle..middle + PAGE].fill(0xa5);
    used.is_refused_as(&broken, "is not a sound SQLite database");
}

#[test]
fn what_an_interrupted_host_left_beside_a_damaged_file_is_not_written_into_it() {
    let (whole, left) = (Home::migrated(), Home::new());
    let [from, to] = [&whole, &left].map(|home| home.path().join("data/perme8.db"));
    fs::create_dir(to.parent().unwrap()).unwrap();
    while_open(&from, || {
        whole.run("users create ada@example.com --first-name Ada --last-name Okafor").succeeds();
        for end in ["", "-wal"] {
            fs::copy(format!("{}{end}", from.display()), format!("{}{end}", to.display())).unwrap();
        }
    });
    let log = to.with_extension("db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    let mut broken = fs::read(&to).unwrap();
    let last = broken.len() - PAGE;
    broken[last..].fill(0xa5);
    fs::write(&to, &broken).unwrap();
    let logged = fs::read(&log).unwrap();
    for line in ["serve --listen 127.0.0.1:0 --json", "migrate --json"] {
        let error = left.run(line).fails_with(1).error();
        assert!(error["message"].as_str().unwrap().contains("is not a sound SQLite database"));
        assert!(fs::read(&to).unwrap() == broken, "{line} changed the file");
        assert!(fs::read(&log).unwrap() == logged, "{line} changed what was left");
    }
}
