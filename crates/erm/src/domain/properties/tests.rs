//! Properties that conform, and what is wrong with those that do not.

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use crate::domain::schema::draft::SchemaDraft;

fn definitions(properties: &Value) -> Vec<PropertyDefinition> {
    let types = json!([{ "name": "Product", "properties": properties }]);
    let definition = SchemaDraft::from_json(Some(types), None).check().unwrap();
    definition.entity_types.into_iter().next().unwrap().properties
}

fn product() -> Vec<PropertyDefinition> {
    definitions(&json!([
        { "name": "name", "type": "string", "required": true,
          "constraints": { "min_length": 2, "max_length": 5, "pattern": "^[A-ZÄ]" } },
        { "name": "price", "type": "float", "required": true, "unique": true,
          "constraints": { "min": 0.0, "max": 99.5 } },
        { "name": "stock", "type": "integer", "constraints": { "min": 0, "enum": [0, 10, 20] } },
        { "name": "is_sold", "type": "boolean" },
        { "name": "released_at", "type": "datetime" },
        { "name": "size", "type": "string", "constraints": { "enum": ["s", "m", "l"] } },
    ]))
}

fn outcome(definitions: &[PropertyDefinition], properties: Value) -> String {
    let Value::Object(properties) = properties else { panic!("an object") };
    let mut lines = String::new();
    match check(definitions, properties.clone()) {
        Ok(checked) => {
            assert_eq!(checked.properties, properties, "kept as sent");
            for IndexedValue { property, key, unique } in checked.values {
                let is = if unique { " is unique" } else { "" };
                writeln!(lines, "{property}{is} {:?}", key.as_bytes()).unwrap();
            }
        }
        Err(errors) => {
            for PropertyError { field, message, constraint } in errors {
                writeln!(lines, "{field}: {message} ({constraint})").unwrap();
            }
        }
    }
    lines
}

fn checked(properties: Value, expected: &Expect) {
    expected.assert_eq(&outcome(&product(), properties));
}

#[test]
fn what_conforms_is_kept_as_it_was_sent_with_a_key_per_value() {
    let all = json!({
        "name": "Äpfel", "price": 1, "stock": 10, "is_sold": false,
        "released_at": "2024-01-15T00:00:00Z", "size": "m",
    });
    checked(
        all,
        &expect![[r#"
            name [3, 195, 132, 112, 102, 101, 108]
            price is unique [2, 191, 240, 0, 0, 0, 0, 0, 0, 128, 0]
            stock [2, 192, 36, 0, 0, 0, 0, 0, 0, 128, 0]
            is_sold [1, 0]
            released_at [4, 128, 6, 14, 240, 177, 232, 96, 0]
            size [3, 109]
        "#]],
    );
}

#[test]
fn all_errors_come_in_order() {
    checked(
        json!({ "zip": 1, "color": null, "stock": 1.0, "size": "xl" }),
        &expect![[r#"
        color: is not defined (unknown)
        zip: is not defined (unknown)
        name: is required (required)
        price: is required (required)
        stock: must be an integer (type)
        size: must be one of s, m, l (enum)
    "#]],
    );
}

#[test]
fn a_value_breaks_several_rules_at_once() {
    checked(
        json!({ "name": "x", "price": -0.5, "stock": -1 }),
        &expect![[r#"
        name: must be at least 2 character(s) (min_length)
        name: must match the pattern ^[A-ZÄ] (pattern)
        price: must be at least 0.0 (min)
        stock: must be at least 0 (min)
        stock: must be one of 0, 10, 20 (enum)
    "#]],
    );
    checked(
        json!({ "name": "Äpfel!", "price": 99.6 }),
        &expect![[r#"
        name: must be at most 5 character(s) (max_length)
        price: must be at most 99.5 (max)
    "#]],
    );
}

#[test]
fn null_is_a_value_of_no_type() {
    let nulls = json!({
        "name": null, "price": null, "stock": null, "is_sold": null, "released_at": null, "size": null,
    });
    checked(
        nulls,
        &expect![[r#"
        name: must be a string (type)
        price: must be a number (type)
        stock: must be an integer (type)
        is_sold: must be a boolean (type)
        released_at: must be a datetime in ISO 8601 with an offset, such as 2024-01-15T00:00:00Z (type)
        size: must be a string (type)
    "#]],
    );
}

#[test]
fn moments_without_an_offset_whole_numbers_beyond_64_bits_and_null_characters_are_none() {
    let odd = json!({
        "name": "A\0", "price": 0, "stock": u64::MAX, "released_at": "2024-01-15",
    });
    checked(
        odd,
        &expect![[r#"
        name: must be a string without null characters (type)
        stock: must be an integer of 64 bits (type)
        released_at: must be a datetime in ISO 8601 with an offset, such as 2024-01-15T00:00:00Z (type)
    "#]],
    );
}

#[test]
fn an_empty_text_is_there() {
    let name = definitions(&json!([{ "name": "name", "type": "string", "required": true }]));
    assert_eq!(outcome(&name, json!({ "name": "" })), "name [3]\n");
    let pick = definitions(&json!([
        { "name": "share", "type": "float", "constraints": { "enum": [1, 0.5] } },
    ]));
    assert_eq!(outcome(&pick, json!({ "share": 1.0 })).lines().count(), 1, "1 is 1.0");
}

#[test]
fn texts_and_properties_have_a_size() {
    let texts = definitions(&json!([
        { "name": "a", "type": "string" }, { "name": "b", "type": "string" },
        { "name": "c", "type": "string" }, { "name": "d", "type": "string" },
    ]));
    let text = |length| "x".repeat(length);
    let longest = json!({ "a": text(LONGEST_TEXT) });
    assert!(outcome(&texts, longest).starts_with("a ["));
    expect![[r#"
        a: must be at most 65536 bytes (max_length)
    "#]]
    .assert_eq(&outcome(&texts, json!({ "a": text(LONGEST_TEXT + 1) })));
    let four = json!({
        "a": text(LONGEST_TEXT), "b": text(LONGEST_TEXT), "c": text(LONGEST_TEXT), "d": text(LONGEST_TEXT),
    });
    expect![[r#"
        properties: must be at most 262144 bytes together (max_length)
    "#]]
    .assert_eq(&outcome(&texts, four));
}

#[test]
fn what_is_larger_is_as_json() {
    for what in [json!({}), json!("ü\n"), json!([1.5, null, { "a": "b" }])] {
        let length = serde_json::to_vec(&what).unwrap().len();
        let larger = [length - 1, length, length + 1].map(|limit| is_larger_than(&what, limit));
        assert_eq!(larger, [true, false, false], "{what}");
    }
}

#[test]
fn a_hundred_errors_are_told_and_of_long_names_the_beginning() {
    let long = "ü".repeat(200);
    let many: Map<String, Value> = (0..300).map(|n| (format!("{n}{long}"), json!(n))).collect();
    let errors = check(&product(), many).unwrap_err();
    assert_eq!(errors.len(), MOST_ERRORS);
    assert!(errors.iter().all(|error| error.field.chars().count() == 121), "{errors:?}");
    let text = |n: usize| {
        json!({ "name": format!("p{n}"), "type": "string",
        "constraints": { "max_length": 0, "pattern": "^$" } })
    };
    let definitions = definitions(&(0..80).map(text).collect());
    let many = (0..80).map(|n| (format!("p{n}"), json!("x"))).collect();
    assert_eq!(check(&definitions, many).unwrap_err().len(), MOST_ERRORS);
}

#[test]
fn a_pattern_that_was_stored_and_is_none_any_more_is_named() {
    let mut broken = product();
    broken[0].constraints.pattern = Some("a(".to_owned().into());
    expect![[r#"
        name: cannot match the invalid pattern a( (invalid_pattern)
    "#]]
    .assert_eq(&outcome(&broken, json!({ "name": "Ada", "price": 1 })));
}

#[test]
fn of_a_long_enumeration_the_beginning_is_shown() {
    let values: Vec<Value> = (0..100).map(|n| json!(format!("value-{n}"))).collect();
    let shown = listed(&values);
    assert!(shown.starts_with("value-0, value-1") && shown.ends_with(", …"), "{shown}");
    assert!(shown.len() < 230, "{shown}");
}
