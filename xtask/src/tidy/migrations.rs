//! Migrations are only appended, for both engines at once.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{files::File, finding::Finding};
use crate::history::{git, published};

const FOLDER: &str = "migrations";

/// Every migration of one engine has its twin for the other.
pub(super) fn twins(files: &[File]) -> Vec<Finding> {
    let paths: BTreeSet<&Path> = migrations(files).map(|file| file.path.as_path()).collect();
    let alone = |path: &&Path| twin(path).is_none_or(|twin| !paths.contains(twin.as_path()));
    let findings = paths.iter().copied().filter(alone).map(|path| {
        let what = twin(path).map_or_else(
            || "a migration is in no folder of an engine".to_owned(),
            |twin| format!("{} is missing", twin.display()),
        );
        let help = "both engines have the same files: migrations/<context>/{sqlite,postgres}/NNNN_<name>.sql";
        Finding::error("migration-twin", path, 1, what, help)
    });
    findings.collect()
}

/// A migration that others may have applied neither changes nor disappears.
pub(super) fn changed(root: &Path, files: &[File]) -> anyhow::Result<Vec<Finding>> {
    let mut findings = BTreeSet::new();
    for commit in published(root)? {
        let list = ["ls-tree", "-r", "-z", "--name-only", &commit, "--", FOLDER];
        let paths = git(root, &list)?;
        for path in paths.split_terminator('\0').map(Path::new).filter(|path| is_sql(path)) {
            let then = git(root, &["show", &format!("{commit}:{}", path.display())])?;
            let now = files.iter().find(|file| file.path == path);
            findings.extend(difference(path, &then, now.map(|file| file.text.as_str())));
        }
    }
    Ok(findings.into_iter().collect())
}

fn difference(path: &Path, then: &str, now: Option<&str>) -> Option<Finding> {
    let help = "restore the file and append a new migration: databases out there have run this one";
    match now {
        None => Some(Finding::error(
            "migration-changed",
            path,
            1,
            "a published migration is gone",
            help,
        )),
        Some(now) if now != then => {
            let same = then.lines().zip(now.lines()).take_while(|(then, now)| then == now).count();
            Some(Finding::error(
                "migration-changed",
                path,
                same + 1,
                "a published migration differs",
                help,
            ))
        }
        Some(_) => None,
    }
}

fn migrations(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.path.starts_with(FOLDER) && is_sql(&file.path))
}

fn is_sql(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "sql")
}

fn twin(path: &Path) -> Option<PathBuf> {
    let engine = path.parent()?;
    let other = match engine.file_name()?.to_str()? {
        "sqlite" => "postgres",
        "postgres" => "sqlite",
        _ => return None,
    };
    Some(engine.with_file_name(other).join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use expect_test::expect;

    use super::{super::finding::in_short, *};

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.to_owned() }
    }

    #[test]
    fn a_migration_has_a_twin_for_the_other_engine() {
        let files = [
            file("migrations/identity/sqlite/0001_users.sql", ""),
            file("migrations/identity/postgres/0001_users.sql", ""),
            file("migrations/identity/sqlite/0002_roles.sql", ""),
            file("migrations/identity/0003_lost.sql", ""),
            file("crates/x/tests/rows.sql", ""),
        ];
        expect![[r"
            error[migration-twin] migrations/identity/0003_lost.sql:1: a migration is in no folder of an engine
            error[migration-twin] migrations/identity/sqlite/0002_roles.sql:1: migrations/identity/postgres/0002_roles.sql is missing
        "]]
        .assert_eq(&in_short(&twins(&files)));
    }

    /// A repository of its own with the given commits, each a set of files.
    fn repository(commits: &[&[(&str, &str)]]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| git(root.path(), arguments).unwrap();
        run(&["init", "--quiet", "--initial-branch=main"]);
        for files in commits {
            for (path, text) in *files {
                let path = root.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            run(&["add", "--all"]);
            let settings = [
                "-c",
                "user.name=Test",
                "-c",
                "user.email=test@example.com",
                "-c",
                "commit.gpgsign=false",
            ];
            run(&[&settings[..], &["commit", "--quiet", "--allow-empty", "--message=one"]].concat());
        }
        root
    }

    const USERS: &str = "migrations/identity/sqlite/0001_users.sql";
    const ROLES: &str = "migrations/identity/sqlite/0002_roles.sql";

    #[test]
    fn a_published_migration_neither_changes_nor_disappears() {
        let root = repository(&[&[(USERS, "a\nb\n"), (ROLES, "c\n")]]);
        let as_committed = [file(USERS, "a\nb\n"), file(ROLES, "c\n")];
        assert_eq!(changed(root.path(), &as_committed).unwrap(), []);
        expect![[r"
            error[migration-changed] migrations/identity/sqlite/0001_users.sql:2: a published migration differs
            error[migration-changed] migrations/identity/sqlite/0002_roles.sql:1: a published migration is gone
        "]]
        .assert_eq(&in_short(&changed(root.path(), &[file(USERS, "a\nx\n")]).unwrap()));
    }

    #[test]
    fn a_commit_does_not_make_a_change_right() {
        let root = repository(&[&[(USERS, "a\n")], &[(USERS, "x\n")]]);
        let findings = changed(root.path(), &[file(USERS, "x\n")]).unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
    }

    #[test]
    fn a_branch_may_change_what_only_it_has() {
        let root = repository(&[&[(USERS, "a\n")], &[(ROLES, "b\n")], &[]]);
        git(root.path(), &["update-ref", "refs/remotes/origin/main", "HEAD~2"]).unwrap();
        let files = [file(USERS, "a\n"), file(ROLES, "better\n")];
        assert_eq!(changed(root.path(), &files).unwrap(), []);
    }

    #[test]
    fn without_history_nothing_is_published() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(changed(root.path(), &[file(USERS, "a\n")]).unwrap(), []);
    }
}
