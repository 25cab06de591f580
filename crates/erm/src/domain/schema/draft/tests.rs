//! Drafts that are schemas, and those that are none.

use expect_test::{Expect, expect};
use serde_json::json;

use super::{
    properties::{MOST_PROPERTIES, MOST_VALUES},
    *,
};

mod bounds;

fn check(entity_types: Value, edge_types: Value, expected: &Expect) {
    let draft = SchemaDraft::from_json(Some(entity_types), Some(edge_types));
    let seen = match draft.check() {
        Ok(definition) => serde_json::to_string_pretty(&definition).unwrap(),
        Err(errors) => errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n"),
    };
    expected.assert_eq(&seen);
}

/// A type with one property, as said.
fn with(property: &Value) -> Value {
    json!([{ "name": "T", "properties": [property] }])
}

fn constrained(of: &str, constraints: &Value) -> Value {
    with(&json!({ "name": "p", "type": of, "constraints": constraints }))
}

#[test]
fn a_schema_is_written_as_it_was_read() {
    let people = json!([
        { "name": "Person", "properties": [
            { "name": "full_name", "type": "string", "required": true,
              "constraints": { "min_length": 1, "max_length": 255 } },
            { "name": "email", "type": "string", "unique": true, "constraints": { "pattern": "@" } },
            { "name": "age", "type": "integer", "constraints": { "min": 0, "max": 200 } },
        ] },
        { "name": "Company" },
    ]);
    let edges = json!([
        { "name": "EMPLOYS", "sources": ["Company"], "targets": ["Person"], "cardinality": "one_to_many",
          "properties": [
            { "name": "since", "type": "datetime", "label": "Since" },
            { "name": "role", "type": "string", "constraints": { "enum": ["full-time", "part-time"] } },
        ] },
        { "name": "Person", "properties": [] },
    ]);
    check(
        people,
        edges,
        &expect![[r#"
        {
          "entity_types": [
            {
              "name": "Person",
              "properties": [
                {
                  "name": "full_name",
                  "type": "string",
                  "required": true,
                  "constraints": {
                    "min_length": 1,
                    "max_length": 255
                  }
                },
                {
                  "name": "email",
                  "type": "string",
                  "required": false,
                  "unique": true,
                  "constraints": {
                    "pattern": "@"
                  }
                },
                {
                  "name": "age",
                  "type": "integer",
                  "required": false,
                  "constraints": {
                    "min": 0,
                    "max": 200
                  }
                }
              ]
            },
            {
              "name": "Company",
              "properties": []
            }
          ],
          "edge_types": [
            {
              "name": "EMPLOYS",
              "properties": [
                {
                  "name": "since",
                  "type": "datetime",
                  "required": false,
                  "constraints": {}
                },
                {
                  "name": "role",
                  "type": "string",
                  "required": false,
                  "constraints": {
                    "enum": [
                      "full-time",
                      "part-time"
                    ]
                  }
                }
              ],
              "sources": [
                "Company"
              ],
              "targets": [
                "Person"
              ],
              "cardinality": "one_to_many"
            },
            {
              "name": "Person",
              "properties": []
            }
          ]
        }"#]],
    );
}

#[test]
fn a_schema_has_a_type() {
    check(json!([]), json!([]), &expect!["at least one entity type or edge type must be present"]);
    check(
        json!(null),
        json!(null),
        &expect!["at least one entity type or edge type must be present"],
    );
    let draft = SchemaDraft::from_json(None, None);
    assert_eq!(draft.check().unwrap_err().len(), 1);
}

#[test]
fn what_is_no_list_and_no_object_is_an_error() {
    check(
        json!({ "name": "T" }),
        json!("T"),
        &expect![[r#"
        entity_types: must be a list
        edge_types: must be a list"#]],
    );
    check(
        json!(["T", null, []]),
        json!([{ "name": "E", "properties": {} }]),
        &expect![[r#"
            entity_types[0]: must be an object
            entity_types[1]: must be an object
            entity_types[2]: must be an object
            edge_types[0].properties: must be a list"#]],
    );
    check(with(&json!(1)), json!([]), &expect!["entity_types[0].properties[0]: must be an object"]);
}

#[test]
fn null_is_as_good_as_nothing() {
    let nothing = json!([{ "name": "p", "type": "string" }]);
    let null = json!([{
        "name": "p", "type": "string", "required": null, "unique": null,
        "constraints": { "pattern": null, "enum": null, "min_length": null },
    }]);
    let edge = |properties| json!([{ "name": "E", "properties": properties }, { "name": "F" }]);
    let edges = json!([
        { "name": "E", "properties": null, "sources": null, "targets": null, "cardinality": null },
        { "name": "F" },
    ]);
    let definition = |entity_properties: &Value, edges: Value| {
        let types = json!([{ "name": "T", "properties": entity_properties }]);
        SchemaDraft::from_json(Some(types), Some(edges)).check().unwrap()
    };
    assert_eq!(definition(&null, edges), definition(&nothing, edge(json!([]))));
    let null = json!([{ "name": "p", "type": "string", "constraints": null }]);
    assert_eq!(definition(&null, edge(json!([]))), definition(&nothing, edge(Value::Null)));
}

#[test]
fn what_does_not_constrain_a_type_is_dropped() {
    let bare = |of: &str| SchemaDraft::from_json(Some(constrained(of, &json!({}))), None).check();
    for (of, constraints) in [
        ("string", json!([1])),
        ("string", json!("min")),
        ("string", json!({ "min": 1, "max": "x", "minimum": 1, "Pattern": 1 })),
        ("integer", json!({ "pattern": "a(", "min_length": -1, "max_length": "x" })),
        ("float", json!({ "pattern": 1, "format": {} })),
        ("boolean", json!({ "enum": [true], "min": "x", "pattern": "a(" })),
        ("datetime", json!({ "enum": 1, "min": "2024-01-15T00:00:00Z", "max_length": 1.5 })),
    ] {
        let draft = SchemaDraft::from_json(Some(constrained(of, &constraints)), None);
        assert_eq!(draft.check(), bare(of), "{draft:?}");
    }
}

#[test]
fn names_are_names_and_are_had_once() {
    let types = json!([
        { "name": "Person" }, { "name": "person" }, { "name": "Person" }, { "name": "_private" },
        { "name": "Person\n" }, { "name": 1 }, {}, { "name": "x".repeat(101) },
    ]);
    check(
        types,
        json!([{ "name": "E" }, { "name": "E" }]),
        &expect![[r#"
        entity_types[2]: duplicate entity type "Person"
        entity_types[3]: invalid type name "_private": up to 100 letters, digits and underscores, of which the first is a letter
        entity_types[4]: invalid type name "Person\n": up to 100 letters, digits and underscores, of which the first is a letter
        entity_types[5]: invalid type name: must be a string
        entity_types[6]: invalid type name: it is missing
        entity_types[7]: invalid type name "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx": up to 100 letters, digits and underscores, of which the first is a letter
        edge_types[1]: duplicate edge type "E""#]],
    );
    let property = |name: Value| json!({ "name": name, "type": "string" });
    let properties =
        [json!("a"), json!("A"), json!("a"), json!("a-b"), json!(null), json!("")].map(property);
    let missing = json!({ "type": "string" });
    check(
        json!([{ "name": "T", "properties": properties }, { "name": "U", "properties": [missing] }]),
        json!([]),
        &expect![[r#"
            entity_types[0].properties[2]: duplicate property "a"
            entity_types[0].properties[3]: invalid property name "a-b": up to 100 letters, digits and underscores, of which the first is a letter
            entity_types[0].properties[4]: invalid property name: must be a string
            entity_types[0].properties[5]: invalid property name "": up to 100 letters, digits and underscores, of which the first is a letter
            entity_types[1].properties[0]: invalid property name: it is missing"#]],
    );
}

#[test]
fn properties_have_a_type_and_are_required_and_unique_or_not() {
    let types = json!([{ "name": "T", "properties": [
        { "name": "a", "type": "list" }, { "name": "b" }, { "name": "c", "type": 1, "constraints": { "min": "x" } },
        { "name": "d", "type": "float", "required": "yes", "unique": 1 },
    ] }]);
    check(
        types,
        json!([]),
        &expect![[r#"
        entity_types[0].properties[0]: invalid property type: must be one of string, integer, float, boolean, datetime
        entity_types[0].properties[1]: invalid property type: must be one of string, integer, float, boolean, datetime
        entity_types[0].properties[2]: invalid property type: must be one of string, integer, float, boolean, datetime
        entity_types[0].properties[3]: required must be true or false
        entity_types[0].properties[3]: unique must be true or false"#]],
    );
}

#[test]
fn constraints_apply_to_their_types_and_have_values_of_theirs() {
    let error = |of: &str, constraints: Value, expected: Expect| {
        check(constrained(of, &constraints), json!([]), &expected);
    };
    error(
        "string",
        json!({ "pattern": 1, "min_length": -1, "max_length": 1.5 }),
        expect![[r#"
            entity_types[0].properties[0].constraints.max_length: must be a number of characters
            entity_types[0].properties[0].constraints.min_length: must be a number of characters
            entity_types[0].properties[0].constraints.pattern: must be a string"#]],
    );
    error(
        "string",
        json!({ "min_length": 2, "max_length": 1, "pattern": "a(" }),
        expect![[r#"
            entity_types[0].properties[0].constraints.pattern: invalid pattern: unclosed group
            entity_types[0].properties[0].constraints: min_length 2 is more than max_length 1"#]],
    );
    error(
        "integer",
        json!({ "min": "5", "max": true, "enum": [1, 1.5, "2"] }),
        expect![[r#"
            entity_types[0].properties[0].constraints.enum: must be values of the type integer
            entity_types[0].properties[0].constraints.enum: must be values of the type integer
            entity_types[0].properties[0].constraints.max: must be a number
            entity_types[0].properties[0].constraints.min: must be a number"#]],
    );
    error(
        "float",
        json!({ "min": 9_007_199_254_740_993_i64, "max": 9_007_199_254_740_992_i64 }),
        expect![
            "entity_types[0].properties[0].constraints: min 9007199254740993 is more than max 9007199254740992"
        ],
    );
    error(
        "float",
        json!({ "enum": [] }),
        expect!["entity_types[0].properties[0].constraints.enum: must have at least one value"],
    );
    error(
        "float",
        json!({ "enum": 1 }),
        expect!["entity_types[0].properties[0].constraints.enum: must be a list"],
    );
    error(
        "float",
        json!({ "enum": [1, 2, 1.0] }),
        expect!["entity_types[0].properties[0].constraints.enum: must have each value once"],
    );
    error(
        "string",
        json!({ "enum": ["x".repeat(256), "a\0"] }),
        expect![[r#"
        entity_types[0].properties[0].constraints.enum: must be of at most 255 characters, none of them null
        entity_types[0].properties[0].constraints.enum: must be of at most 255 characters, none of them null"#]],
    );
}

#[test]
fn edges_lead_between_types_that_there_are() {
    let edges = json!([
        { "name": "E", "sources": ["T", "U", "T"], "targets": "T", "cardinality": "many" },
        { "name": "F", "sources": [1, "a b"], "cardinality": 1 },
    ]);
    check(
        json!([{ "name": "T" }]),
        edges,
        &expect![[r#"
        edge_types[0].sources: there is no entity type "U"
        edge_types[0].sources: duplicate entity type "T"
        edge_types[0].targets: must be a list
        edge_types[0]: cardinality must be one of many_to_many, one_to_many, many_to_one, one_to_one
        edge_types[1].sources: invalid type name: must be a string
        edge_types[1].sources: invalid type name "a b": up to 100 letters, digits and underscores, of which the first is a letter
        edge_types[1]: cardinality must be one of many_to_many, one_to_many, many_to_one, one_to_one"#]],
    );
}
