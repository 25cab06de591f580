//! Drafts that are too large.

use super::*;

#[test]
fn there_are_not_too_many_of_anything() {
    let types: Vec<Value> = (0..=MOST_TYPES).map(|n| json!({ "name": format!("T{n}") })).collect();
    let properties: Vec<Value> = (0..=MOST_PROPERTIES)
        .map(|n| json!({ "name": format!("p{n}"), "type": "string" }))
        .collect();
    let values: Vec<Value> = (0..=MOST_VALUES).map(Value::from).collect();
    check(
        json!(types),
        json!([{ "name": "E", "properties": properties }]),
        &expect![[r#"
        entity_types: must have at most 200 items
        edge_types[0].properties: must have at most 100 items"#]],
    );
    check(
        constrained("integer", &json!({ "enum": values })),
        json!([]),
        &expect!["entity_types[0].properties[0].constraints.enum: must have at most 100 items"],
    );
    let values: Vec<String> = (0..100).map(|n| format!("{}{n}", "x".repeat(250))).collect();
    let property = |n| json!({ "name": format!("p{n}"), "type": "string", "constraints": { "enum": &values } });
    let properties: Vec<Value> = (0..50).map(property).collect();
    check(
        json!([{ "name": "T", "properties": properties }]),
        json!([]),
        &expect!["schema: is more than 1048576 bytes"],
    );
}

#[test]
fn what_is_too_large_is_not_looked_at() {
    // What would be dropped counts, too.
    let label = "x".repeat(LARGEST);
    check(
        json!([{ "name": "1", "label": label }]),
        json!(["x"]),
        &expect!["schema: is more than 1048576 bytes"],
    );
}

#[test]
fn a_hundred_errors_are_told() {
    let long = "ü ".repeat(10_000);
    let types: Vec<Value> = (0..20).map(|n| json!({ "name": format!("{n}{long}") })).collect();
    let properties =
        |n: usize| json!([{ "name": "a", "type": "x" }, { "name": format!("{n}"), "type": "x" }]);
    let edges: Vec<Value> =
        (0..150).map(|n| json!({ "name": format!("E{n}"), "properties": properties(n) })).collect();
    let errors =
        SchemaDraft::from_json(Some(json!(types)), Some(json!(edges))).check().unwrap_err();
    assert_eq!(errors.len(), MOST_ERRORS);
    assert!(errors.iter().all(|error| error.message.len() < 500), "{errors:?}");
}

#[test]
fn a_schema_has_two_hundred_patterns() {
    let typed = |pattern: &str, count: usize| {
        let property = |n| json!({ "name": format!("p{n}"), "type": "string", "constraints": { "pattern": pattern } });
        let properties: Vec<Value> = (0..count).map(property).collect();
        json!({ "name": format!("T{count}"), "properties": properties })
    };
    let whole = json!([typed("a", 100), typed("b", 99)]);
    let draft = SchemaDraft::from_json(Some(whole), Some(json!([typed("c", 1)])));
    assert!(draft.check().is_ok());
    check(
        json!([typed("a", 100), typed("b", 99)]),
        json!([typed("c", 2)]),
        &expect![
            "edge_types[0].properties[1].constraints.pattern: invalid pattern: a schema has at most 200, of which large ones count as 4"
        ],
    );
    let errors = SchemaDraft::from_json(Some(json!([typed(r"^\w+@\w+$", 52)])), None).check();
    assert_eq!(errors.unwrap_err().len(), 2);
}
