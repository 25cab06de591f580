//! The part of rule 5 that looks back: published schemas only grow.

use std::{collections::BTreeSet, fs, path::Path, rc::Rc};

use serde_json::{Map, Value};

use crate::history;

use super::{
    report::{Place, Report, Violation},
    rules::Rule,
    workspace::Workspace,
};

const FOLDER: &str = "schemas";

/// Compares every schema with what it was when it was published.
pub(crate) fn check(workspace: &Workspace, report: &mut Report) {
    let root = workspace.root.as_path();
    let commits = match history::published(root) {
        Ok(commits) if !commits.is_empty() => commits,
        Ok(_) => {
            let why = "there is no commit to compare with";
            report.notes.push(format!("schemas were not compared with earlier ones: {why}"));
            return;
        }
        Err(error) => {
            report.notes.push(format!("schemas were not compared with earlier ones: {error:#}"));
            return;
        }
    };
    let mut told = BTreeSet::new();
    for commit in commits {
        for (file, what) in broken_since(root, &commit) {
            let help = format!(
                "restore it (`git restore -s {commit} {file}`) and publish a new version of the event"
            );
            if told.insert((file.clone(), what.clone())) {
                report.add(Violation {
                    rule: Rule::Events,
                    krate: file.split(['/', '.']).nth(1).unwrap_or_default().to_owned(),
                    place: Place::new(&Rc::from(file), 1, 1, 1),
                    message: format!("the published schema {what}"),
                    why: "events that are stored already, and their readers, keep this form".into(),
                    help,
                });
            }
        }
    }
}

/// Each schema that was there with a commit, and what it promised then and breaks now.
fn broken_since(root: &Path, commit: &str) -> Vec<(String, String)> {
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
    let breaks = |file: &str| {
        let before = history::git(root, &["show", &format!("{commit}:./{file}")]).ok()?;
        let now = fs::read_to_string(root.join(file)).ok();
        let file = file.to_owned();
        Some(differences(&before, now.as_deref()).into_iter().map(move |what| (file.clone(), what)))
    };
    changed.lines().filter_map(breaks).flatten().collect()
}

/// Everything in which the new text breaks a promise of the old one.
fn differences(before: &str, now: Option<&str>) -> Vec<String> {
    let Some(now) = now else { return vec!["is gone".into()] };
    let Ok(before) = serde_json::from_str::<Value>(before) else { return Vec::new() };
    let Ok(now) = serde_json::from_str::<Value>(now) else { return vec!["is no JSON".into()] };
    let mut found = Vec::new();
    compare(&before, &now, "", &mut found);
    found
}

/// Compares two schemas of the same thing, `path` being its name in dots.
fn compare(before: &Value, now: &Value, path: &str, found: &mut Vec<String>) {
    let (Some(before), Some(now)) = (before.as_object(), now.as_object()) else {
        if before != now {
            found.push(format!("changes {}", subject(path)));
        }
        return;
    };
    for keyword in ["type", "format", "const", "$ref"] {
        if before.get(keyword) != now.get(keyword) {
            found.push(format!("changes the {keyword} of {}", subject(path)));
        }
    }
    for required in names(now, "required") {
        if !names(before, "required").contains(&required) {
            found.push(format!(
                "demands {}, which was not required",
                subject(&below(path, &required))
            ));
        }
    }
    for value in list(before, "enum") {
        if !list(now, "enum").contains(value) {
            found.push(format!("no longer allows {value} in {}", subject(path)));
        }
    }
    for keyword in ["properties", "$defs", "definitions"] {
        for (name, before) in before.get(keyword).and_then(Value::as_object).into_iter().flatten() {
            let path = below(path, name);
            match now.get(keyword).and_then(|now| now.get(name)) {
                Some(now) => compare(before, now, &path, found),
                None => found.push(format!("loses {}", subject(&path))),
            }
        }
    }
    for keyword in ["items", "additionalProperties"] {
        if let Some(before) = before.get(keyword) {
            let path = below(path, keyword);
            compare(before, now.get(keyword).unwrap_or(&Value::Null), &path, found);
        }
    }
    for keyword in ["oneOf", "anyOf", "allOf", "prefixItems"] {
        for (index, before) in list(before, keyword).iter().enumerate() {
            let path = below(path, &format!("{keyword}[{index}]"));
            match twin(before, index, list(now, keyword)) {
                Some(now) => compare(before, now, &path, found),
                None => found.push(format!("loses {}", subject(&path))),
            }
        }
    }
}

/// The alternative that an earlier one has become: the one of the same constant, wherever it stands, else the one in its
/// place.
fn twin<'a>(before: &Value, index: usize, now: &'a [Value]) -> Option<&'a Value> {
    match before.get("const") {
        Some(constant) => now.iter().find(|arm| arm.get("const") == Some(constant)),
        None => now.get(index),
    }
}

fn subject(path: &str) -> String {
    if path.is_empty() { "the event itself".into() } else { format!("`{path}`") }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn names(schema: &Map<String, Value>, keyword: &str) -> Vec<String> {
    list(schema, keyword).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const BEFORE: &str = r##"{
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "role": {"$ref": "#/$defs/Role"},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}}
        },
        "required": ["id"],
        "$defs": {"Role": {"type": "string", "enum": ["owner", "guest"]}}
    }"##;

    fn check(from: &str, to: &str, expected: &Expect) {
        assert!(BEFORE.contains(from), "{from} is not in the schema");
        expected.assert_eq(&differences(BEFORE, Some(&BEFORE.replace(from, to))).join("\n"));
    }

    #[test]
    fn a_schema_may_grow() {
        check(r#""id": {"#, r#""note": {"type": "string"}, "id": {"#, &expect![""]);
        check(r#""guest"]"#, r#""guest", "member"]"#, &expect![""]);
        check(r#"["id"]"#, "[]", &expect![""]);
    }

    #[test]
    fn what_was_promised_stays() {
        check(r#""id": {"type""#, r#""key": {"type""#, &expect!["loses `id`"]);
        check(r#""sku""#, r#""name""#, &expect!["loses `lines.items.sku`"]);
        check(r#""format": "uuid""#, r#""title": "Id""#, &expect!["changes the format of `id`"]);
        check("#/$defs/Role", "#/$defs/Rank", &expect!["changes the $ref of `role`"]);
        check(r#"["id"]"#, r#"["id", "role"]"#, &expect!["demands `role`, which was not required"]);
        check(r#", "guest""#, "", &expect![[r#"no longer allows "guest" in `Role`"#]]);
        check(r#""type": "array""#, r#""type": "object""#, &expect!["changes the type of `lines`"]);
        expect!["is gone"].assert_eq(&differences(BEFORE, None).join("\n"));
    }

    #[test]
    fn alternatives_are_told_apart_by_their_constants() {
        let arms = |words: &[&str]| {
            let arms: Vec<_> =
                words.iter().map(|word| serde_json::json!({ "const": word })).collect();
            serde_json::json!({ "oneOf": arms }).to_string()
        };
        let before = arms(&["joined", "left"]);
        assert!(differences(&before, Some(&arms(&["invited", "left", "joined"]))).is_empty());
        expect!["loses `oneOf[1]`"]
            .assert_eq(&differences(&before, Some(&arms(&["joined", "invited"]))).join("\n"));
    }
}
