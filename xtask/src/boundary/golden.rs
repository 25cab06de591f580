//! The part of rule 5 that is about golden files: each version has its schema and an example, and they stay as they are.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use anyhow::ensure;
use serde_json::Value;

use crate::history;

use super::{
    report::{Place, Report, Violation},
    rules::Rule,
    schemas,
    workspace::Workspace,
};

/// The folder of the golden files.
pub(crate) const FOLDER: &str = "schemas";

/// Where the published form of a version of an event lies.
pub(crate) fn schema_file(event_type: &str, version: u64) -> String {
    format!("{FOLDER}/{event_type}/v{version}.json")
}

/// Where an example of its data lies.
pub(crate) fn example_file(event_type: &str, version: u64) -> String {
    format!("{FOLDER}/{event_type}/v{version}.example.json")
}

/// The last version of each event whose schema is stored, by event type.
#[cfg(test)]
pub(crate) fn last_versions(root: &Path) -> std::collections::BTreeMap<String, u64> {
    let folders = std::fs::read_dir(root.join(FOLDER)).into_iter().flatten().flatten();
    let types = folders.map(|folder| folder.file_name().to_string_lossy().into_owned());
    let last = |event_type: String| {
        let is_there = |version: &u64| root.join(schema_file(&event_type, *version)).is_file();
        let versions: Vec<u64> = (1..=1000).take_while(is_there).collect();
        Some((event_type, *versions.last()?))
    };
    types.filter_map(last).collect()
}

/// How much a golden file may still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Since it was published: a schema may grow.
    Published,
    /// Since it was released: a schema may be worded better.
    Released,
}

/// Compares every golden file with what it was when it was published and when it was released.
pub(crate) fn check_history(workspace: &Workspace, report: &mut Report) {
    let commits = match commits(&workspace.root) {
        Ok(commits) => commits,
        Err(error) => {
            report
                .notes
                .push(format!("golden files were not compared with earlier ones: {error:#}"));
            return;
        }
    };
    let mut told = BTreeSet::new();
    for (commit, held) in commits {
        for (file, what) in changes_since(workspace, &commit, held) {
            if told.insert((file.clone(), what.clone())) {
                report.add(violation(&commit, file, &what));
            }
        }
    }
}

/// With what golden files are compared.
fn commits(root: &Path) -> anyhow::Result<Vec<(String, Held)>> {
    let published = history::published(root)?;
    ensure!(!published.is_empty(), "there is no commit to compare with");
    let released = history::last_release(root)?.into_iter().map(|tag| (tag, Held::Released));
    Ok(released.chain(published.into_iter().map(|commit| (commit, Held::Published))).collect())
}

fn violation(commit: &str, file: String, what: &str) -> Violation {
    let restore = format!("restore it (`git restore -s {commit} {file}`)");
    let (subject, help) = if is_example(&file) {
        ("example", format!("{restore}: it stands for data that are stored"))
    } else {
        ("schema", format!("{restore} and publish a new version of the event"))
    };
    Violation {
        rule: Rule::Events,
        krate: file.split(['/', '.']).nth(1).unwrap_or_default().to_owned(),
        place: Place::new(&Arc::from(file), 1, 1, 1),
        message: format!("the published {subject} {what}"),
        why: "events that are stored already, and their readers, keep this form".into(),
        help,
    }
}

/// Each golden file that was there with a commit, and how it must not have changed since.
fn changes_since(workspace: &Workspace, commit: &str, held: Held) -> Vec<(String, String)> {
    let root = &workspace.root;
    let list = [
        "diff",
        "--relative",
        "--name-only",
        "--no-renames",
        "--diff-filter=MDT",
        commit,
        "--",
        FOLDER,
    ];
    let changed = history::git(root, &list).unwrap_or_default();
    let pretended = workspace.files.changed().filter_map(|(path, _)| path.strip_prefix(root).ok());
    let pretended = pretended.filter(|path| path.starts_with(FOLDER)).filter_map(Path::to_str);
    let found = |file: &str| {
        let before = history::git(root, &["show", &format!("{commit}:./{file}")]).ok()?;
        let now = workspace.files.read(&root.join(file)).ok();
        let file = file.to_owned();
        let differences = changes(&before, now.as_deref(), is_example(&file), held);
        Some(differences.into_iter().map(move |what| (file.clone(), what)))
    };
    let changed: BTreeSet<&str> = changed.lines().chain(pretended).collect();
    changed.into_iter().filter_map(found).flatten().collect()
}

fn is_example(file: &str) -> bool {
    file.ends_with(".example.json")
}

/// How the text of a golden file must not have changed.
fn changes(before: &str, now: Option<&str>, is_example: bool, held: Held) -> Vec<String> {
    let Some(now) = now else { return vec!["is gone".into()] };
    let Ok(before) = serde_json::from_str::<Value>(before) else { return Vec::new() };
    let Ok(now) = serde_json::from_str::<Value>(now) else { return vec!["is no JSON".into()] };
    if is_example {
        return if before == now { Vec::new() } else { vec!["changes".into()] };
    }
    let broken = schemas::broken_promises(&before, &now);
    let differs = held == Held::Released && schemas::form(&before) != schemas::form(&now);
    if broken.is_empty() && differs { vec!["changes after its release".into()] } else { broken }
}
