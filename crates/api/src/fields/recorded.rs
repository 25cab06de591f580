//! Which fields something is read out of: what it takes is written down while it is read out of nothing, and out of everything.
//!
//! So a field is described where it is read, and nowhere else.

use std::{any, collections::BTreeMap};

use serde_json::{Map, Value, json};

use super::{Fields, FromFields};

/// What a field is told that must be there and is not.
const MISSING: &str = "can't be blank";

/// Something that fits no field, so that each says what it expects.
const ODD: &str = "\u{fffd}";

/// What was sent, as far as those know who listen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sent {
    #[default]
    Nothing,
    /// Every field, each with something that does not fit.
    Everything,
}

/// What a field is.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Text,
    Texts,
    Integer,
    Flag,
    Any,
    /// A text of a form that this type has.
    Parsed(&'static str),
    Object(Recorded),
}

#[derive(Clone, Debug)]
struct Field {
    shape: Shape,
    /// Whether whatever reads it does not go on without it.
    is_needed: bool,
    expected: Vec<String>,
}

/// The fields that were taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    sent: Sent,
    fields: BTreeMap<String, Field>,
    /// Those that were missed, however they are taken.
    missed: Vec<String>,
}

impl Shape {
    pub(super) fn parsed<T>() -> Self {
        Self::Parsed(any::type_name::<T>())
    }
}

impl Recorded {
    pub(super) fn new(sent: Sent) -> Self {
        Self { sent, ..Self::default() }
    }

    pub(super) fn sent(&self) -> Sent {
        self.sent
    }

    /// A field that must be there.
    pub(super) fn needs(&mut self, name: &str, shape: Shape) -> &mut Self {
        self.take(name, shape, true)
    }

    /// A field that may be missing.
    pub(super) fn takes(&mut self, name: &str, shape: Shape) -> &mut Self {
        self.take(name, shape, false)
    }

    fn take(&mut self, name: &str, shape: Shape, is_needed: bool) -> &mut Self {
        let field = Field { shape, is_needed, expected: Vec::new() };
        self.fields.entry(name.to_owned()).or_insert(field);
        self
    }

    /// What is said of a field that is not as it must be.
    pub(super) fn expects(&mut self, name: &str, expected: &str) {
        if expected.starts_with(MISSING) {
            self.missed.push(name.to_owned());
        } else if let Some(field) = self.fields.get_mut(name)
            && !field.expected.iter().any(|known| known == expected)
        {
            field.expected.push(expected.to_owned());
        }
    }

    pub(super) fn text(&self) -> Option<String> {
        self.odd(ODD.to_owned())
    }

    pub(super) fn integer(&self) -> Option<i64> {
        self.odd(i64::MIN)
    }

    pub(super) fn value(&self) -> Option<Value> {
        self.odd(json!(f64::MAX))
    }

    fn odd<T>(&self, value: T) -> Option<T> {
        (self.sent == Sent::Everything).then_some(value)
    }

    fn needed(&self) -> impl Iterator<Item = &String> {
        self.fields.iter().filter(|(_, field)| field.is_needed).map(|(name, _)| name)
    }
}

/// Where fields stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Body,
    Query,
}

/// Every field that something is read out of, whatever is sent.
#[derive(Debug)]
pub(crate) struct Known {
    empty: Recorded,
    full: Recorded,
}

impl Known {
    pub(crate) fn of<T: FromFields>() -> Self {
        let [empty, full] = [Sent::Nothing, Sent::Everything].map(|sent| {
            let mut fields = Fields::recording(sent);
            T::from_fields(&mut fields);
            fields.recorded.unwrap_or_default()
        });
        Self { empty, full }
    }

    /// The name of each, whether it must be there, and the schema of it.
    pub(crate) fn fields(&self, place: Place) -> Vec<(&str, bool, Value)> {
        let mut all: BTreeMap<&str, Field> = BTreeMap::new();
        for (name, field) in self.full.fields.iter().chain(&self.empty.fields) {
            let known = all.entry(name).or_insert_with(|| field.clone());
            for expected in &field.expected {
                if !known.expected.contains(expected) {
                    known.expected.push(expected.clone());
                }
            }
        }
        let schema = |(name, field): (_, Field)| {
            let is_needed = self.is_needed(name);
            (name, is_needed, field.schema(is_needed, place))
        };
        all.into_iter().map(schema).collect()
    }

    /// Whether it is missed when nothing is sent, and nothing else can stand for it.
    fn is_needed(&self, name: &str) -> bool {
        let needs =
            |recorded: &Recorded| recorded.fields.get(name).is_some_and(|field| field.is_needed);
        let is_missed = self.empty.missed.iter().any(|missed| missed == name);
        is_missed || (needs(&self.empty) && needs(&self.full))
    }

    /// The names of fields that must be there together, where there is a choice.
    fn choices(&self) -> Option<[Vec<&String>; 2]> {
        let is_replaced = self.empty.needed().any(|name| !self.full.fields.contains_key(name));
        is_replaced.then(|| [&self.full, &self.empty].map(|recorded| recorded.needed().collect()))
    }

    /// The schema of a body.
    pub(crate) fn body(&self) -> Value {
        let fields = self.fields(Place::Body);
        let needed: Vec<&str> = fields
            .iter()
            .filter(|(_, is_needed, _)| *is_needed)
            .map(|(name, _, _)| *name)
            .collect();
        let mut schema = object(fields.iter().map(|(name, _, schema)| (*name, schema.clone())));
        if !needed.is_empty() {
            schema["required"] = json!(needed);
        }
        if let Some(choices) = self.choices() {
            schema["anyOf"] = choices.iter().map(|names| json!({ "required": names })).collect();
        }
        schema
    }
}

fn object<'a>(fields: impl Iterator<Item = (&'a str, Value)>) -> Value {
    let properties: Map<String, Value> =
        fields.map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({ "type": "object", "properties": properties })
}

impl Field {
    fn schema(&self, is_needed: bool, place: Place) -> Value {
        let mut schema = match &self.shape {
            Shape::Text => json!({ "type": "string" }),
            Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Shape::Integer => json!({ "type": "integer", "format": "int64" }),
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Any => self.of_any(),
            Shape::Parsed(of_type) => self.of_text(of_type, place),
            Shape::Object(inner) => object(
                inner
                    .fields
                    .iter()
                    .map(|(name, field)| (name.as_str(), field.schema(false, place))),
            ),
        };
        if let Some(words) = self.expected.iter().find_map(|expected| listed(expected))
            && schema["type"] == "string"
        {
            schema["enum"] = json!(words);
        }
        if !is_needed && place == Place::Body {
            or_null(&mut schema);
        }
        if !self.expected.is_empty() {
            schema["description"] = self.expected.join("; ").into();
        }
        schema
    }

    /// Of a value that is looked at piece by piece: whatever its expectation names.
    fn of_any(&self) -> Value {
        let expects = |what: &str| self.expected.iter().any(|expected| expected == what);
        if expects("must be a list") {
            json!({ "type": "array", "items": {} })
        } else if expects("must be a text or an object") {
            json!({ "type": ["string", "object"] })
        } else {
            json!({})
        }
    }

    fn of_text(&self, of_type: &str, place: Place) -> Value {
        let word = |word: &str| self.expected.iter().any(|expected| expected.starts_with(word));
        let name = of_type.split('<').next().unwrap_or_default().rsplit("::").next();
        match name.unwrap_or_default() {
            "bool" if place == Place::Query => json!({ "type": "boolean" }),
            "Id" | "Uuid" => json!({ "type": "string", "format": "uuid" }),
            "DateTime" | "Timestamp" => json!({ "type": "string", "format": "date-time" }),
            _ if place == Place::Query
                && (word("must be a number") || word("must be the number")) =>
            {
                json!({ "type": "integer" })
            }
            _ => json!({ "type": "string" }),
        }
    }
}

/// The words of `must be one, two or three`.
fn listed(expected: &str) -> Option<Vec<&str>> {
    let words = expected.strip_prefix("must be ")?;
    let words = words.strip_prefix("one of ").unwrap_or(words);
    let words: Vec<&str> = words.split(", ").flat_map(|words| words.split(" or ")).collect();
    let is_word = |word: &&str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    (words.len() > 1 && words.iter().all(is_word)).then_some(words)
}

/// What may be missing may be `null` as well.
fn or_null(schema: &mut Value) {
    if let Some(of_type) = schema.get_mut("type") {
        if let Some(types) = of_type.as_array_mut() {
            types.push(json!("null"));
        } else {
            *of_type = json!([of_type.take(), "null"]);
        }
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    struct Walk;

    impl FromFields for Walk {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            fields.optional_parsed::<bool>("with_dog", "must be true or false");
            let steps = fields.integer("steps");
            if steps.is_some_and(|steps| steps < 1) {
                fields.note::<()>("steps", "must be at least 1");
            }
            fields.inside("weather", |weather| weather.optional_text("sky"));
            fields.parsed::<String>("gait", "must be walk, trot or gallop")?;
            Some(Self)
        }
    }

    struct Proof;

    impl FromFields for Proof {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            if fields.has("token") {
                fields.text("token")?;
                return Some(Self);
            }
            fields.text("email")?;
            Some(Self)
        }
    }

    fn check(found: &Value, expected: &Expect) {
        expected.assert_eq(&found.to_string());
    }

    #[test]
    fn what_is_read_says_what_it_is_read_out_of() {
        check(
            &Known::of::<Walk>().body(),
            &expect![[
                r#"{"properties":{"gait":{"description":"must be walk, trot or gallop","enum":["walk","trot","gallop"],"type":"string"},"steps":{"description":"must be at least 1","format":"int64","type":"integer"},"weather":{"properties":{"sky":{"type":["string","null"]}},"type":["object","null"]},"with_dog":{"description":"must be true or false","enum":["true","false",null],"type":["string","null"]}},"required":["gait","steps"],"type":"object"}"#
            ]],
        );
    }

    #[test]
    fn one_field_can_stand_for_another() {
        check(
            &Known::of::<Proof>().body(),
            &expect![[
                r#"{"anyOf":[{"required":["token"]},{"required":["email"]}],"properties":{"email":{"type":["string","null"]},"token":{"type":["string","null"]}},"type":"object"}"#
            ]],
        );
    }
}
