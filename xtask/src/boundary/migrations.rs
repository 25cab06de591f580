//! Reads the migrations.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    loader::relative,
    source::Engine,
    sql_text::{self, Named},
};

/// The folder that has one folder of migrations for each crate.
pub(crate) const FOLDER: &str = "migrations";

/// One file of statements.
#[derive(Debug)]
pub(crate) struct Migration {
    /// The folder below [`FOLDER`], which says whose it is.
    pub(crate) folder: String,
    pub(crate) path: Arc<str>,
    pub(crate) text: String,
    pub(crate) named: Named,
}

/// All of them, folder by folder.
pub(crate) fn load(root: &Path) -> Vec<Migration> {
    let mut migrations = Vec::new();
    for folder in entries(&root.join(FOLDER)) {
        let Some(name) = folder.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            continue;
        };
        let mut files = Vec::new();
        sql_files(&folder, &mut files);
        migrations.extend(files.iter().map(|file| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let named = sql_text::read_script(&text, engine_of(file));
            Migration { folder: name.clone(), path: relative(root, file), text, named }
        }));
    }
    migrations
}

fn engine_of(file: &Path) -> Engine {
    match file.parent().and_then(Path::file_name) {
        Some(engine) if engine == "postgres" => Engine::Postgres,
        Some(engine) if engine == "sqlite" => Engine::Sqlite,
        _ => Engine::Both,
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

fn sql_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() {
            sql_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            into.push(path);
        }
    }
}
