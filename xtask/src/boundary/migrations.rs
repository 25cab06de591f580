//! Reads the migrations.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    files::Files,
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

/// All of them, folder by folder; those that are `known` and not said to be different are not read again.
pub(crate) fn load(root: &Path, files: &Files, known: &[Arc<Migration>]) -> Vec<Arc<Migration>> {
    let mut migrations = Vec::new();
    for folder in files.entries(&root.join(FOLDER)) {
        let Some(name) = folder.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            continue;
        };
        let mut found = Vec::new();
        sql_files(&folder, files, &mut found);
        migrations.extend(found.iter().map(|file| {
            let path = relative(root, file);
            let known = known.iter().find(|known| known.path == path && !files.is_changed(file));
            if let Some(known) = known {
                return Arc::clone(known);
            }
            let text = files.read(file).unwrap_or_default();
            let named = sql_text::read_script(&text, engine_of(file));
            Arc::new(Migration { folder: name.clone(), path, text, named })
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

fn sql_files(folder: &Path, files: &Files, into: &mut Vec<PathBuf>) {
    for path in files.entries(folder) {
        if files.is_folder(&path) {
            sql_files(&path, files, into);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            into.push(path);
        }
    }
}
