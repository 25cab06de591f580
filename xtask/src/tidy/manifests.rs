//! Habits of every `Cargo.toml`.

use std::path::Path;

use anyhow::Context as _;
use toml::{Table, Value};

use super::{files::File, finding::Finding};

const ROOT: &str = "Cargo.toml";
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Looks at the manifests among the files.
pub(super) fn check(files: &[File]) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for File { path, text } in files.iter().filter(|file| file.path.ends_with(ROOT)) {
        let manifest: Table =
            toml::from_str(text).with_context(|| format!("{} is not TOML", path.display()))?;
        if path == Path::new(ROOT) {
            findings.extend(root(path, text, &manifest));
        } else {
            findings.extend(member(path, text, &manifest));
        }
    }
    Ok(findings)
}

/// Every dependency of the workspace says what it is for, and they are sorted.
fn root(path: &Path, text: &str, manifest: &Table) -> Vec<Finding> {
    let declared = table(manifest, &["workspace", "dependencies"]);
    let is_ours = |name: &str| declared.get(name).is_some_and(|value| value.get("path").is_some());
    let lines: Vec<&str> = text.lines().collect();
    let mut findings = Vec::new();
    let mut before = "";
    let mut in_section = false;
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with('[') {
            in_section = line.starts_with("[workspace.dependencies]");
        }
        let name = line.split([' ', '=', '.']).next().unwrap_or_default();
        if !in_section || !declared.contains_key(name) || is_ours(name) {
            continue;
        }
        if at == 0 || !lines[at - 1].starts_with("# ") {
            findings.push(Finding::error(
                "dependency-reason",
                path,
                at + 1,
                format!("`{name}` does not say what it is for"),
                "write a comment in the line above: what *we* use it for",
            ));
        }
        if name < before {
            findings.push(Finding::error(
                "dependency-order",
                path,
                at + 1,
                format!("`{name}` comes after `{before}`"),
                "sort the dependencies by name",
            ));
        }
        before = name;
    }
    findings
}

/// A member inherits its lints and its dependencies, and is called like its folder.
fn member(path: &Path, text: &str, manifest: &Table) -> Vec<Finding> {
    let mut findings = Vec::new();
    let inherits = |value: &Value| value.get("workspace").and_then(Value::as_bool) == Some(true);
    if !manifest.get("lints").is_some_and(inherits) {
        findings.push(Finding::error(
            "inherited-lints",
            path,
            1,
            "the lints of the workspace do not hold here",
            "add `[lints]` with `workspace = true`",
        ));
    }

    let name =
        manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let expected = if path == Path::new("tests/Cargo.toml") { Some("scenarios") } else { folder };
    if name != expected {
        let [name, expected] = [name, expected].map(Option::unwrap_or_default);
        findings.push(Finding::error(
            "package-name",
            path,
            line_of(text, "name"),
            format!("the package `{name}` is in the folder of `{expected}`"),
            "folder, package and import share one name",
        ));
    }

    let targets = table(manifest, &["target"]);
    let tables = std::iter::once(manifest).chain(targets.values().filter_map(Value::as_table));
    for dependencies in
        tables.flat_map(|table_of| DEPENDENCIES.map(|kind| table(table_of, &[kind])))
    {
        for (name, _) in dependencies.iter().filter(|(_, value)| !inherits(value)) {
            findings.push(Finding::error(
                "inherited-dependency",
                path,
                line_of(text, name),
                format!("`{name}` is not the dependency of the workspace"),
                "declare it in the root manifest, and write `<name>.workspace = true` here",
            ));
        }
    }
    findings
}

/// A table inside tables; an empty one where there is none.
fn table(manifest: &Table, path: &[&str]) -> Table {
    let mut found = Some(manifest);
    for name in path {
        found = found.and_then(|table| table.get(*name)).and_then(Value::as_table);
    }
    found.cloned().unwrap_or_default()
}

/// The line where a key is set.
fn line_of(text: &str, key: &str) -> usize {
    let sets = |line: &str| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '=', '.']))
    };
    text.lines().position(sets).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{super::finding::in_short, *};

    #[expect(clippy::needless_pass_by_value, reason = "a snapshot is written where it is used")]
    fn check_manifest(path: &str, text: &str, expected: Expect) {
        let file = File { path: path.into(), text: text.to_owned() };
        expected.assert_eq(&in_short(&check(&[file]).unwrap()));
    }

    #[test]
    fn a_tidy_member_gives_no_finding() {
        let text = r#"
[package]
name = "mail"
[lints]
workspace = true
[dependencies]
serde.workspace = true
perme8-events = { workspace = true, features = ["testing"] }
"#;
        check_manifest("crates/mail/Cargo.toml", text, expect![[""]]);
        check_manifest("tests/Cargo.toml", &text.replace("mail", "scenarios"), expect![[""]]);
    }

    #[test]
    fn a_member_inherits_everything_and_is_called_like_its_folder() {
        let text = r#"
[package]
name = "post"
[dependencies]
serde = "1"
[dev-dependencies]
mail = { path = "../mail" }
[target.'cfg(unix)'.dependencies]
rustix = { version = "1" }
"#;
        check_manifest(
            "crates/mail/Cargo.toml",
            text,
            expect![[r"
            error[inherited-lints] crates/mail/Cargo.toml:1: the lints of the workspace do not hold here
            error[package-name] crates/mail/Cargo.toml:3: the package `post` is in the folder of `mail`
            error[inherited-dependency] crates/mail/Cargo.toml:5: `serde` is not the dependency of the workspace
            error[inherited-dependency] crates/mail/Cargo.toml:7: `mail` is not the dependency of the workspace
            error[inherited-dependency] crates/mail/Cargo.toml:9: `rustix` is not the dependency of the workspace
        "]],
        );
    }

    #[test]
    fn every_dependency_of_the_workspace_says_what_it_is_for() {
        let text = r#"
[workspace.dependencies]
# Our own crates.
identity = { path = "crates/identity" }
api = { path = "crates/api" }

# The async runtime.
tokio = "1"
anyhow = "1"
[profile.dev]
tokio = 3
"#;
        check_manifest(
            "Cargo.toml",
            text,
            expect![[r"
            error[dependency-reason] Cargo.toml:9: `anyhow` does not say what it is for
            error[dependency-order] Cargo.toml:9: `anyhow` comes after `tokio`
        "]],
        );
    }
}
