//! Databases that were migrated once, and are copied for each test.
//!
//! To migrate takes longer than most tests do. A template stays on its server, or among the temporary files, under a name that
//! says which migrations made it: it never gets old, and whoever drops it loses nothing.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash as _, Hasher as _},
    path::Path,
};

use sqlx::{Connection as _, Executor as _, PgConnection, error::DatabaseError, migrate::Migrator};

use crate::{
    infrastructure::{
        db::{DatabaseUrl, Db, DbOptions},
        migrations::Migrations,
    },
    testing::engines::{fresh_name, with_database},
};

/// There is no database of this name.
const UNDEFINED_DATABASE: &str = "3D000";

/// There is one of this name already: by the server's own check, or, when two ask at once, by the index of its catalogue.
const TAKEN: [&str; 2] = ["42P04", "23505"];

/// The file `name` in `folder` with everything that `all` makes.
pub(super) async fn copy_file(folder: &Path, name: &str, all: &[&'static Migrations]) {
    let file = folder.join(name);
    let template = std::env::temp_dir().join(name_of(all, |migrations| &migrations.sqlite));
    if fs::copy(&template, &file).is_ok() {
        return;
    }
    make(&DatabaseUrl::Sqlite(file.clone()), all).await;
    // Under its name it is whole.
    let draft = folder.join("template");
    fs::copy(&file, &draft).expect("there is room for another one");
    fs::rename(&draft, &template).expect("the folder is one of the temporary files");
}

/// A database of this name with everything that `all` makes.
pub(super) async fn copy(server: &str, name: &str, all: &[&'static Migrations]) {
    let mut admin = connect(server).await;
    let template = name_of(all, |migrations| &migrations.postgres);
    let strategy = strategy(&mut admin).await;
    let create = format!("CREATE DATABASE {name} TEMPLATE {template} {strategy}");
    if let Err(error) = run(&mut admin, &create).await {
        assert!(has_code(&error, UNDEFINED_DATABASE), "the user may create databases: {error}");
        make_on(server, &mut admin, &template, all).await;
        run(&mut admin, &create).await.expect("what was just made is there");
    }
}

/// How files are copied: as files where nothing waits for a disk, since the server writes every page of them to its log otherwise.
async fn strategy(admin: &mut PgConnection) -> &'static str {
    let as_files: bool = sqlx::query_scalar(
        "SELECT current_setting('fsync') = 'off' AND current_setting('server_version_num')::int >= 150000",
    )
    .fetch_one(admin)
    .await
    .expect("every server has these settings");
    if as_files { "STRATEGY FILE_COPY" } else { "" }
}

/// Makes the template under a name that nobody knows, and calls it by its own when it is whole: whoever is first is, and a
/// process that dies leaves no half of one.
async fn make_on(
    server: &str,
    admin: &mut PgConnection,
    template: &str,
    all: &[&'static Migrations],
) {
    let draft = fresh_name();
    run(admin, &format!("CREATE DATABASE {draft}")).await.expect("the user may create databases");
    make(&DatabaseUrl::Postgres(with_database(server, &draft)), all).await;
    // Whoever looks into a template keeps others from copying it.
    run(admin, &format!("ALTER DATABASE {draft} ALLOW_CONNECTIONS false"))
        .await
        .expect("whoever made a database may close it");
    if let Err(error) = run(admin, &format!("ALTER DATABASE {draft} RENAME TO {template}")).await {
        let taken = TAKEN.iter().any(|code| has_code(&error, code));
        assert!(taken, "nobody uses the template yet: {error}");
        run(admin, &format!("DROP DATABASE {draft}")).await.expect("nobody uses the other one");
    }
}

/// Migrates a fresh database, and leaves it.
async fn make(url: &DatabaseUrl, all: &[&'static Migrations]) {
    let options = DbOptions { connections: 2, ..DbOptions::default() };
    let db = Db::open(url, options).await.expect("a fresh database opens");
    db.migrate(all, |_| ()).await.expect("a fresh database migrates");
    db.close().await;
}

/// The same for the same migrations only.
fn name_of(
    all: &[&'static Migrations],
    on: fn(&'static Migrations) -> &'static Migrator,
) -> String {
    let mut hasher = DefaultHasher::new();
    for migrations in all {
        migrations.context.hash(&mut hasher);
        for migration in on(migrations).iter() {
            (migration.version, &migration.checksum).hash(&mut hasher);
        }
    }
    format!("perme8_template_{:016x}", hasher.finish())
}

/// A connection to the maintenance database.
pub(super) async fn connect(server: &str) -> PgConnection {
    PgConnection::connect(server).await.expect("the server that tests are told of answers")
}

/// Runs a statement about databases, whose names cannot be bound.
pub(super) async fn run(admin: &mut PgConnection, statement: &str) -> Result<(), sqlx::Error> {
    admin.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.map(drop)
}

fn has_code(error: &sqlx::Error, code: &str) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|found| found == code)
}
