//! The part of rule 5 that looks back: published schemas only grow.

use std::{fs, path::Path, process::Command, rc::Rc};

use serde_json::{Map, Value};

use super::{
    report::{Place, Report, Violation},
    rules::Rule,
    workspace::Workspace,
};

const FOLDER: &str = "schemas";
const MAIN: &str = "origin/main";

/// Compares every schema that differs from the committed base with what it was.
pub(crate) fn check(workspace: &Workspace, report: &mut Report) {
    let root = workspace.root.as_path();
    let Some(base) = base(root) else {
        let note =
            "schemas were not compared with earlier ones: there is no commit to compare with";
        report.notes.push(note.into());
        return;
    };
    let changed = git(
        root,
        &[
            "diff",
            "--relative",
            "--name-only",
            "--no-renames",
            "--diff-filter=MDT",
            &base,
            "--",
            FOLDER,
        ],
    );
    for file in changed.unwrap_or_default().lines() {
        let Some(before) = git(root, &["show", &format!("{base}:./{file}")]) else { continue };
        let now = fs::read_to_string(root.join(file)).ok();
        for what in differences(&before, now.as_deref()) {
            report.add(Violation {
                rule: Rule::Events,
                krate: file.split(['/', '.']).nth(1).unwrap_or_default().to_owned(),
                place: Place::new(&Rc::from(file), 1, 1, 1),
                message: format!("the published schema {what}"),
                why: "events that are stored already, and their readers, keep this form".into(),
                help: format!("restore it (`git restore -s {base} {file}`) and publish a new version of the event"),
            });
        }
    }
}

/// Where this work left the main line, or the last commit.
fn base(root: &Path) -> Option<String> {
    git(root, &["merge-base", "HEAD", MAIN])
        .or_else(|| git(root, &["rev-parse", "--verify", "--quiet", "HEAD"]))
        .map(|commit| commit.trim().to_owned())
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
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
            match list(now, keyword).get(index) {
                Some(now) => compare(before, now, &path, found),
                None => found.push(format!("loses {}", subject(&path))),
            }
        }
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
}
