//! The fields of data that a schema describes, in words.

use serde_json::Value;

/// A field and what there is to say of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// In dots where it lies deeper.
    pub(crate) name: String,
    /// In words.
    pub(crate) form: String,
    pub(crate) is_optional: bool,
    /// Whether it may be forgotten.
    pub(crate) is_personal: bool,
    pub(crate) meaning: String,
    /// The words that it may have, with the meaning of each.
    pub(crate) words: Vec<(String, String)>,
}

/// So deep a schema may go on within itself.
const DEEPEST: usize = 6;

/// Every field of an object, those first that are always there.
pub(crate) fn of(schema: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    Reader { root: schema }.fields("", schema, 0, &mut fields);
    fields
}

struct Reader<'a> {
    root: &'a Value,
}

impl<'a> Reader<'a> {
    fn fields(&self, path: &str, schema: &'a Value, depth: usize, into: &mut Vec<Field>) {
        let schema = self.target(schema);
        let required = texts(schema, "required");
        let Some(named) = schema.get("properties").and_then(Value::as_object) else { return };
        let known = required.iter().filter_map(|name| Some((*name, named.get(*name)?)));
        let mut others: Vec<(&str, &Value)> = named
            .iter()
            .map(|(name, schema)| (name.as_str(), schema))
            .filter(|(name, _)| !required.contains(name))
            .collect();
        others.sort_by_key(|(name, _)| *name);
        for (name, schema) in known.chain(others) {
            let name = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            let is_optional = !required.contains(&last(&name)) || self.is_nullable(schema);
            let inner =
                self.object_within(schema).filter(|inner| depth < DEEPEST && !self.is_small(inner));
            into.push(Field {
                form: self.form(schema, depth),
                is_optional,
                is_personal: self.target(schema).get("x-personal") == Some(&Value::Bool(true)),
                meaning: text(schema, "description")
                    .or_else(|| text(self.target(schema), "description"))
                    .unwrap_or_default()
                    .to_owned(),
                words: self.words(schema),
                name: name.clone(),
            });
            if let Some(inner) = inner {
                let list = if self.type_of(schema) == Some("array") { "[]" } else { "" };
                self.fields(&format!("{name}{list}"), inner, depth + 1, into);
            }
        }
    }

    /// What a schema refers to, or itself.
    fn target(&self, schema: &'a Value) -> &'a Value {
        let path = text(schema, "$ref").and_then(|path| path.strip_prefix('#'));
        path.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }

    /// The first type that is not null.
    fn type_of(&self, schema: &'a Value) -> Option<&'a str> {
        let types = self.target(schema).get("type")?;
        let Some(several) = types.as_array() else { return types.as_str() };
        several.iter().filter_map(Value::as_str).find(|one| *one != "null")
    }

    fn is_nullable(&self, schema: &'a Value) -> bool {
        let schema = self.target(schema);
        let is_null = |one: &Value| one == "null" || one.get("type") == Some(&"null".into());
        ["type", "anyOf", "oneOf"].iter().any(|keyword| list(schema, keyword).iter().any(is_null))
    }

    /// The object that a field is, or that its elements are.
    fn object_within(&self, schema: &'a Value) -> Option<&'a Value> {
        let schema = self.target(schema);
        if let Some(items) = schema.get("items") {
            return self.object_within(items);
        }
        schema.get("properties").and_then(Value::as_object).filter(|fields| !fields.is_empty())?;
        Some(schema)
    }

    /// Whether an object can be shown in one line.
    fn is_small(&self, schema: &'a Value) -> bool {
        let fields = schema.get("properties").and_then(Value::as_object);
        fields.is_some_and(|fields| {
            fields.len() <= 3
                && fields.values().all(|field| {
                    self.object_within(field).is_none() && self.words(field).is_empty()
                })
        })
    }

    /// The schemas of which a value has one, but that of nothing.
    fn alternatives(&self, schema: &'a Value) -> Vec<&'a Value> {
        let all = list(schema, "anyOf").iter().chain(list(schema, "oneOf"));
        let all = all.map(|one| self.target(one));
        all.filter(|one| one.get("type") != Some(&"null".into())).collect()
    }

    /// The form of a value, in words.
    fn form(&self, schema: &'a Value, depth: usize) -> String {
        let schema = self.target(schema);
        if depth > DEEPEST {
            return "object".to_owned();
        }
        if let Some(value) = schema.get("const") {
            return format!("`{value}`");
        }
        if !self.words(schema).is_empty() {
            return "word".to_owned();
        }
        if let Some((first, others)) = self.alternatives(schema).split_first() {
            // What may be forgotten says so by its mark.
            let others: &[&Value] = if schema.get("x-personal").is_some() { &[] } else { others };
            let forms = std::iter::once(first).chain(others);
            return forms.map(|one| self.form(one, depth + 1)).collect::<Vec<_>>().join(" or ");
        }
        match self.type_of(schema) {
            Some("array") => match schema.get("items") {
                Some(items) => format!("list of {}", self.form(items, depth + 1)),
                None => "list".to_owned(),
            },
            Some("object") => self.object(schema, depth),
            Some("string") => string(schema),
            Some(other) => other.to_owned(),
            None => "anything".to_owned(),
        }
    }

    fn object(&self, schema: &'a Value, depth: usize) -> String {
        if let Some(others @ Value::Object(_)) = schema.get("additionalProperties") {
            return format!("object, each field {}", self.form(others, depth + 1));
        }
        let named = schema.get("properties").and_then(Value::as_object);
        let Some(named) = named.filter(|_| self.is_small(schema)) else {
            return "object".to_owned();
        };
        let mut fields: Vec<(&String, &Value)> = named.iter().collect();
        fields.sort_by_key(|(name, _)| *name);
        let field = |(name, schema): (&String, &'a Value)| {
            format!("{name}: {}", self.form(schema, depth + 1))
        };
        let fields: Vec<String> = fields.into_iter().map(field).collect();
        format!("{{ {} }}", fields.join(", "))
    }

    /// The constants that a value may have, with the meaning of each.
    fn words(&self, schema: &'a Value) -> Vec<(String, String)> {
        let schema = self.target(schema);
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let enumerated = list(schema, "enum");
        if !enumerated.is_empty() {
            return enumerated.iter().map(|value| (shown(value), String::new())).collect();
        }
        let alternatives = self.alternatives(schema);
        if let [single] = alternatives.as_slice() {
            return self.words(single);
        }
        let is_word = |one: &&Value| one.get("const").is_some() || one.get("enum").is_some();
        if !alternatives.iter().all(is_word) {
            return Vec::new();
        }
        let of = |one: &&'a Value| {
            let meaning = text(one, "description").unwrap_or_default().to_owned();
            match one.get("const") {
                Some(value) => vec![(shown(value), meaning)],
                None => self.words(one),
            }
        };
        alternatives.iter().flat_map(of).collect()
    }
}

fn string(schema: &Value) -> String {
    let form = match text(schema, "format") {
        Some("date-time") => "time",
        Some(format) => format,
        None => "text",
    };
    match schema.get("maxLength").and_then(Value::as_u64) {
        Some(most) => format!("{form}, at most {most} characters"),
        None => form.to_owned(),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn text<'v>(schema: &'v Value, keyword: &str) -> Option<&'v str> {
    schema.get(keyword)?.as_str()
}

fn list<'v>(schema: &'v Value, keyword: &str) -> &'v [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts<'v>(schema: &'v Value, keyword: &str) -> Vec<&'v str> {
    list(schema, keyword).iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_told_in_words() {
        let schema = json!({
            "type": "object",
            "required": ["order_id", "role", "lines"],
            "properties": {
                "at": { "type": ["string", "null"], "format": "date-time" },
                "changes": { "type": "object", "properties": {
                    "name": { "type": ["object", "null"], "properties": {
                        "from": { "type": "string" }, "to": { "type": ["string", "null"] }
                    } }
                } },
                "email": { "x-personal": true, "anyOf": [
                    { "type": "string", "maxLength": 20 },
                    { "type": "object", "properties": { "$forgotten": { "const": true } } }
                ] },
                "either": { "anyOf": [{ "type": "integer" }, { "type": "boolean" }, { "type": "null" }] },
                "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                "lines": { "description": "What was bought.", "type": "array", "items": {
                    "type": "object", "required": ["sku"], "properties": {
                        "sku": { "type": "string" },
                        "price": { "type": "object", "properties": {
                            "net": { "type": "number" }, "gross": { "type": "number" }, "tax": { "type": "number" },
                            "currency": { "type": "string" }
                        } }
                    }
                } },
                "next": { "$ref": "#" },
                "order_id": { "description": "Which.", "type": "string", "format": "uuid" },
                "role": { "$ref": "#/$defs/Role" },
                "unit": { "enum": ["kg", "m"] },
                "what": true
            },
            "$defs": { "Role": { "description": "Who.", "oneOf": [
                { "const": "buyer", "description": "Buys." }, { "const": "seller" }
            ] } }
        });
        let line = |field: Field| {
            let Field { name, form, is_optional, is_personal, meaning, words } = field;
            let marks = [(is_optional, "?"), (is_personal, "!")];
            let marks: String = marks.iter().filter(|mark| mark.0).map(|mark| mark.1).collect();
            format!("{name}{marks}: {form} -- {meaning} {words:?}\n")
        };
        let fields = of(&schema).into_iter().filter(|field| !field.name.starts_with("next."));
        expect![[r#"
            order_id: uuid -- Which. []
            role: word -- Who. [("buyer", "Buys."), ("seller", "")]
            lines: list of object -- What was bought. []
            lines[].sku: text --  []
            lines[].price?: object --  []
            lines[].price.currency?: text --  []
            lines[].price.gross?: number --  []
            lines[].price.net?: number --  []
            lines[].price.tax?: number --  []
            at?: time --  []
            changes?: object --  []
            changes.name?: { from: text, to: text } --  []
            either?: integer or boolean --  []
            email?!: text, at most 20 characters --  []
            labels?: object, each field text --  []
            next?: object --  []
            unit?: word --  [("kg", ""), ("m", "")]
            what?: anything --  []
        "#]]
        .assert_eq(&fields.map(line).collect::<String>());
    }
}
