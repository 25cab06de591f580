//! Two schemas of one thing: in what the later breaks a promise of the earlier.

use serde_json::{Map, Value};

/// Keywords that say what kind of thing it is.
const KINDS: [&str; 4] = ["type", "format", "const", "$ref"];
/// Keywords that say nothing of the data.
const WORDS: [&str; 8] =
    ["$comment", "$id", "$schema", "default", "deprecated", "description", "examples", "title"];
/// Keywords whose parts are compared one by one.
const GROWING: [&str; 8] =
    ["additionalProperties", "allOf", "anyOf", "enum", "items", "oneOf", "prefixItems", "required"];

/// Everything in which the new schema breaks a promise of the old one.
pub(crate) fn broken_promises(before: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(before, now, "", &mut found);
    found
}

/// The schema without titles and descriptions, which may be worded better at any time.
pub(crate) fn form(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            fields.iter().filter_map(|(name, value)| form_of(name, value)).collect()
        }
        Value::Array(items) => items.iter().map(form).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

/// A part of a form; below `properties` the names are those of fields, `title` included.
fn form_of(name: &str, value: &Value) -> Option<(String, Value)> {
    let value = match (name, value) {
        ("title" | "description" | "$comment", Value::String(_)) => return None,
        ("properties" | "$defs" | "definitions", Value::Object(named)) => {
            named.iter().map(|(name, schema)| (name.clone(), form(schema))).collect()
        }
        ("const" | "enum" | "default", value) => value.clone(),
        (_, value) => form(value),
    };
    Some((name.to_owned(), value))
}

/// Compares two schemas of the same thing, `path` being its name in dots.
fn compare(before: &Value, now: &Value, path: &str, found: &mut Vec<String>) {
    let (Some(before), Some(now)) = (before.as_object(), now.as_object()) else {
        if before != now {
            found.push(format!("changes {}", subject(path)));
        }
        return;
    };
    for keyword in KINDS {
        if before.get(keyword) != now.get(keyword) {
            found.push(format!("changes the {keyword} of {}", subject(path)));
        }
    }
    for (keyword, demand) in now {
        let is_known = before.get(keyword) == Some(demand);
        let is_demand = !WORDS.contains(&keyword.as_str()) && !KINDS.contains(&keyword.as_str());
        let grows = GROWING.contains(&keyword.as_str()) && before.contains_key(keyword);
        if is_demand && !grows && !is_known && !is_free(keyword, demand) {
            found.push(format!("demands by {keyword} more of {}", subject(path)));
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

/// Whether a keyword demands nothing, or only of what was not there before.
fn is_free(keyword: &str, demand: &Value) -> bool {
    match keyword {
        "properties" | "$defs" | "definitions" | "required" => true,
        "additionalProperties" => *demand == Value::Bool(true),
        _ => false,
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
        expected.assert_eq(
            &broken_promises(&json(BEFORE), &json(&BEFORE.replace(from, to))).join("\n"),
        );
    }

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_schema_may_grow() {
        check(r#""id": {"#, r#""note": {"type": "string"}, "id": {"#, &expect![""]);
        check(r#""guest"]"#, r#""guest", "member"]"#, &expect![""]);
        check(r#"["id"]"#, "[]", &expect![""]);
        check(r#""type": "array""#, r#""description": "All.", "type": "array""#, &expect![""]);
    }

    #[test]
    fn nothing_more_is_demanded() {
        let id = r#""format": "uuid""#;
        let with = |more: &str| format!("{id}, {more}");
        check(id, &with(r#""pattern": "^a""#), &expect!["demands by pattern more of `id`"]);
        check(id, &with(r#""enum": ["a"]"#), &expect!["demands by enum more of `id`"]);
        check(id, &with(r#""anyOf": [true]"#), &expect!["demands by anyOf more of `id`"]);
        check(
            r#""required": ["id"]"#,
            r#""required": ["id"], "additionalProperties": false"#,
            &expect!["demands by additionalProperties more of the event itself"],
        );
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
    }

    #[test]
    fn alternatives_are_told_apart_by_their_constants() {
        let arms = |words: &[&str]| {
            let arms: Vec<_> =
                words.iter().map(|word| serde_json::json!({ "const": word })).collect();
            serde_json::json!({ "oneOf": arms })
        };
        let before = arms(&["joined", "left"]);
        assert!(broken_promises(&before, &arms(&["invited", "left", "joined"])).is_empty());
        expect!["loses `oneOf[1]`"]
            .assert_eq(&broken_promises(&before, &arms(&["joined", "invited"])).join("\n"));
    }

    #[test]
    fn words_are_no_part_of_the_form() {
        let schema = |description: &str, field: &str| {
            serde_json::json!({
                "title": "Renamed", "description": description,
                "properties": { field: { "type": "string", "description": description } }
            })
        };
        assert_eq!(form(&schema("Old.", "title")), form(&schema("New.", "title")));
        assert_ne!(form(&schema("Old.", "title")), form(&schema("Old.", "description")));
    }
}
