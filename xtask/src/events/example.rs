//! Data that a schema describes: the same for the same schema, and with every field that it names.

use serde_json::{Map, Value, json};

/// An example of what `schema` describes. What a schema does not say (a text of a certain form, say) it says by `examples`.
pub(crate) fn of(schema: &Value) -> Value {
    of_part(schema, schema, DEEPEST)
}

/// A schema that contains itself ends here.
const DEEPEST: usize = 16;

fn of_part(root: &Value, schema: &Value, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    let within = |schema: &Value| of_part(root, schema, depth - 1);
    let first = |keyword: &str| schema.get(keyword).and_then(|all| all.get(0));
    if let Some(example) =
        schema.get("const").or_else(|| first("examples")).or_else(|| first("enum"))
    {
        return example.clone();
    }
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        let target = path.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return target.map_or(Value::Null, within);
    }
    if let Some(alternative) = first("oneOf").or_else(|| first("anyOf")) {
        return within(alternative);
    }
    if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
        let objects = all.iter().map(within).filter_map(|part| part.as_object().cloned());
        return Value::Object(objects.flatten().collect());
    }
    match type_of(schema) {
        Some("object") => Value::Object(fields(schema, within)),
        Some("array") => items(schema, within),
        Some("string") => Value::String(text(schema).to_owned()),
        Some("integer") => json!(schema.get("minimum").and_then(Value::as_i64).unwrap_or(0).max(1)),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some(_) | None => Value::Null,
    }
}

/// The first type that is not null.
fn type_of(schema: &Value) -> Option<&str> {
    let types = schema.get("type")?;
    let Some(several) = types.as_array() else { return types.as_str() };
    several.iter().filter_map(Value::as_str).find(|one| *one != "null")
}

fn fields(schema: &Value, within: impl Fn(&Value) -> Value) -> Map<String, Value> {
    let named = schema.get("properties").and_then(Value::as_object);
    let mut fields: Map<String, Value> =
        named.into_iter().flatten().map(|(name, schema)| (name.clone(), within(schema))).collect();
    if let Some(others @ Value::Object(_)) = schema.get("additionalProperties") {
        fields.insert("key".to_owned(), within(others));
    }
    fields
}

fn items(schema: &Value, within: impl Fn(&Value) -> Value) -> Value {
    if let Some(places) = schema.get("prefixItems").and_then(Value::as_array) {
        return places.iter().map(within).collect();
    }
    schema.get("items").map(within).into_iter().collect()
}

fn text(schema: &Value) -> &'static str {
    match schema.get("format").and_then(Value::as_str) {
        Some("uuid") => "01980000-0000-7000-8000-000000000001",
        Some("date-time") => "2026-01-05T09:00:00Z",
        Some("date") => "2026-01-05",
        Some("email") => "ada@example.com",
        Some("uri") => "https://example.com/",
        Some(_) | None => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_an_example() {
        let schema = json!({
            "type": "object",
            "properties": {
                "id": { "type": "string", "format": "uuid" },
                "at": { "type": "string", "format": "date-time" },
                "note": { "type": ["null", "string"] },
                "color": { "type": "string", "examples": ["#00ff00"] },
                "role": { "$ref": "#/$defs/Role" },
                "email": { "anyOf": [{ "type": "string" }, { "type": "object" }] },
                "lines": { "type": "array", "items": { "type": "object", "properties": { "n": { "type": "integer", "minimum": 3 } } } },
                "pair": { "type": "array", "prefixItems": [{ "type": "boolean" }, { "type": "number" }] },
                "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                "anything": true
            },
            "$defs": { "Role": { "oneOf": [{ "const": "guest" }, { "const": "owner" }] } }
        });
        let expected = json!({
            "id": "01980000-0000-7000-8000-000000000001",
            "at": "2026-01-05T09:00:00Z",
            "note": "text",
            "color": "#00ff00",
            "role": "guest",
            "email": "text",
            "lines": [{ "n": 3 }],
            "pair": [true, 1.5],
            "labels": { "key": "text" },
            "anything": null
        });
        assert_eq!(of(&schema), expected);
    }

    #[test]
    fn a_schema_that_contains_itself_has_an_end() {
        let schema = json!({ "type": "object", "properties": { "next": { "$ref": "#" } } });
        assert!(of(&schema)["next"]["next"].is_object());
    }
}
