//! Where PostgreSQL is installed.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::bail;

use crate::{environment, process};

/// What the product supports.
const OLDEST: u32 = 15;

/// The programs of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binaries {
    /// The folder they are in.
    pub(crate) folder: PathBuf,
    /// For example `15.18`.
    pub(crate) version: String,
}

impl Binaries {
    /// One of the programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The first installation that is new enough; `None` where there is none at all.
pub(crate) fn installed() -> anyhow::Result<Option<Binaries>> {
    let path = environment::variable("PATH").unwrap_or_default();
    let mut too_old = BTreeSet::new();
    for folder in folders(OsStr::new(&path), Path::new("/")) {
        let Ok(answer) = process::output(Command::new(folder.join("postgres")).arg("--version"))
        else {
            continue;
        };
        match version(&answer) {
            Some((major, version)) if major >= OLDEST => {
                return Ok(Some(Binaries { folder, version: version.to_owned() }));
            }
            Some((_, version)) => too_old.insert(version.to_owned()),
            None => continue,
        };
    }
    if let Some(version) = too_old.first() {
        bail!("PostgreSQL {version} is installed, but {OLDEST} or newer is needed");
    }
    Ok(None)
}

/// The folders with all the programs that a cluster needs, in order of preference.
fn folders(path: &OsStr, root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let on_the_path = std::env::split_paths(path).collect::<Vec<_>>();
    let packaged = [
        ("usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
        ("usr", "pgsql-", "bin"),                  // Fedora and its relatives
        ("opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
        ("usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
        ("Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
    ]
    .map(|(folder, prefix, bin)| newest_first(&root.join(folder), prefix, bin));
    for candidate in on_the_path.into_iter().chain(packaged.into_iter().flatten()) {
        // A link in a common folder leads to the folder with all of them.
        let Ok(postgres) = candidate.join("postgres").canonicalize() else { continue };
        let Some(folder) = postgres.parent().map(Path::to_owned) else { continue };
        let complete = ["initdb", "pg_ctl"].iter().all(|name| folder.join(name).exists());
        if complete && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

fn newest_first(folder: &Path, prefix: &str, bin: &str) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.trim_start_matches('@');
            Some((leading_number(version).unwrap_or(0), entry.path().join(bin)))
        })
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, folder)| folder).collect()
}

fn version(answer: &str) -> Option<(u32, &str)> {
    let version = answer.trim().strip_prefix("postgres (PostgreSQL) ")?.split(' ').next()?;
    Some((leading_number(version)?, version))
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with the named programs, and what is found on it.
    fn found(files: &[&str], path: &[&str]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        let base = root.path().canonicalize().unwrap();
        for file in files {
            fs::create_dir_all(base.join(file).parent().unwrap()).unwrap();
            fs::write(base.join(file), "").unwrap();
        }
        let path = std::env::join_paths(path.iter().map(|folder| base.join(folder))).unwrap();
        folders(&path, &base)
            .iter()
            .map(|folder| folder.strip_prefix(&base).unwrap().display().to_string())
            .collect()
    }

    #[test]
    fn the_newest_debian_version_comes_first_by_number() {
        let programs = ["9", "15", "17"].map(|version| {
            ["postgres", "initdb", "pg_ctl"]
                .map(|name| format!("usr/lib/postgresql/{version}/bin/{name}"))
        });
        let programs: Vec<&str> = programs.as_flattened().iter().map(String::as_str).collect();
        assert_eq!(
            found(&programs, &[]),
            ["usr/lib/postgresql/17/bin", "usr/lib/postgresql/15/bin", "usr/lib/postgresql/9/bin"],
        );
    }

    #[test]
    fn the_path_goes_first_and_half_an_installation_does_not_count() {
        let files = [
            "home/bin/postgres",
            "home/bin/initdb",
            "home/bin/pg_ctl",
            "bin/postgres",
            "opt/homebrew/opt/postgresql@17/bin/postgres",
            "opt/homebrew/opt/postgresql@17/bin/initdb",
            "opt/homebrew/opt/postgresql@17/bin/pg_ctl",
        ];
        assert_eq!(
            found(&files, &["bin", "home/bin"]),
            ["home/bin", "opt/homebrew/opt/postgresql@17/bin"],
        );
    }

    #[test]
    fn versions_are_read_with_their_packaging() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(version(debian), Some((15, "15.18")));
        assert_eq!(version("postgres (PostgreSQL) 18beta1"), Some((18, "18beta1")));
        assert_eq!(version("something else"), None);
    }
}
