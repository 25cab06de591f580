//! What is asked of the properties of entities or edges, and the keys of values that fulfil it.

use std::fmt;

use serde_json::{Number, Value};

use crate::domain::{
    names::PropertyName,
    schema::PropertyDefinition,
    values::{Key, PREFIX, PropertyType},
};

/// At most so many conditions are put at once.
pub(crate) const MOST_FILTERS: usize = 20;
/// At most so many values stand behind `in`.
const MOST_VALUES: usize = 100;
/// Before the keys of all values.
const BEFORE_ALL: [u8; 1] = [0x00];
/// Behind the keys of all values.
const BEHIND_ALL: [u8; 1] = [0xFF];

/// How the value of a property compares with what stands in a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Is equal.
    Eq,
    /// Is another, or there is none.
    Ne,
    /// Is less.
    Lt,
    /// Is less or equal.
    Lte,
    /// Is greater.
    Gt,
    /// Is greater or equal.
    Gte,
    /// Is one of several, which commas part; `\,` is a comma, `\\` a backslash.
    In,
    /// Is a text that begins so.
    Prefix,
    /// There is one.
    Present,
    /// There is none.
    Absent,
}

impl Operator {
    /// Each of them.
    pub const ALL: [Self; 10] = [
        Self::Eq,
        Self::Ne,
        Self::Lt,
        Self::Lte,
        Self::Gt,
        Self::Gte,
        Self::In,
        Self::Prefix,
        Self::Present,
        Self::Absent,
    ];

    /// What queries call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::In => "in",
            Self::Prefix => "prefix",
            Self::Present => "present",
            Self::Absent => "absent",
        }
    }

    /// Whether it can be asked of values of this type.
    const fn fits(self, of: PropertyType) -> bool {
        match self {
            Self::Eq | Self::Ne | Self::In | Self::Present | Self::Absent => true,
            Self::Lt | Self::Lte | Self::Gt | Self::Gte => !matches!(of, PropertyType::Boolean),
            Self::Prefix => matches!(of, PropertyType::String),
        }
    }
}

/// Something that is asked of a property, as somebody writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Which property.
    pub property: String,
    /// How its value compares; the word that was sent.
    pub operator: String,
    /// With what.
    pub value: String,
}

impl Filter {
    /// What a parameter of a query asks: `filter[age]=7`, `filter[age][gte]=7`; nothing if it is called otherwise.
    #[must_use]
    pub fn of_parameter(name: &str, value: &str) -> Option<Self> {
        let inside = name.strip_prefix("filter[")?.strip_suffix(']')?;
        let (property, operator) =
            inside.split_once("][").unwrap_or((inside, Operator::Eq.as_str()));
        let [property, operator, value] = [property, operator, value].map(str::to_owned);
        Some(Self { property, operator, value })
    }

    /// How the query called it, for who is told that it makes no sense.
    fn field(&self) -> String {
        let Self { property, operator, value: _ } = self;
        format!("filter[{property}][{operator}]")
    }
}

/// Why a list cannot be filtered or sorted so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct FilterError {
    /// Which part of the question.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl FilterError {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Keys from one up to another, which is not among them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyRange {
    pub(crate) from: Vec<u8>,
    pub(crate) until: Vec<u8>,
}

impl KeyRange {
    /// The keys of all values.
    fn everything() -> Self {
        Self { from: BEFORE_ALL.into(), until: BEHIND_ALL.into() }
    }

    /// One key.
    fn exactly(key: &Key) -> Self {
        Self { from: key.as_bytes().into(), until: behind(key.as_bytes()) }
    }

    /// The keys that are less than one.
    fn below(key: &[u8]) -> Self {
        Self { from: key.iter().take(1).copied().collect(), until: key.into() }
    }

    /// The keys of the same kind of values from one on.
    fn from(key: Vec<u8>) -> Self {
        let kind = key.first().map_or(BEHIND_ALL[0], |tag| tag + 1);
        Self { from: key, until: vec![kind] }
    }

    /// The keys of texts that begin so; no byte of UTF-8 is the last one.
    fn beginning(text: &[u8]) -> Self {
        let mut until = text.to_owned();
        until.last_mut().into_iter().for_each(|last| *last += 1);
        Self { from: text.into(), until }
    }
}

impl fmt::Debug for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from.escape_ascii(), self.until.escape_ascii())
    }
}

/// The next key behind this one.
fn behind(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

/// What is asked of a property: that its key is in one of these ranges, none of which overlap, or that it is in none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) property: PropertyName,
    pub(crate) is_negated: bool,
    pub(crate) ranges: Vec<KeyRange>,
}

impl Condition {
    /// That there is a value, or none.
    pub(crate) fn presence(property: &PropertyName, is_there: bool) -> Self {
        let ranges = vec![KeyRange::everything()];
        Self { property: property.clone(), is_negated: !is_there, ranges }
    }

    /// What a filter asks, of items that have these properties.
    pub(crate) fn of(
        filter: &Filter,
        definitions: &[PropertyDefinition],
    ) -> Result<Self, FilterError> {
        let error = |message: String| FilterError::new(filter.field(), message);
        let named = |definition: &&PropertyDefinition| definition.name.as_str() == filter.property;
        let definition = definitions
            .iter()
            .find(named)
            .ok_or_else(|| error("names no property of this type".to_owned()))?;
        let operator = Operator::ALL
            .into_iter()
            .find(|operator| operator.as_str() == filter.operator)
            .ok_or_else(|| {
                let known = Operator::ALL.map(Operator::as_str).join(", ");
                error(format!("is no comparison; there are {known}"))
            })?;
        let of = definition.property_type;
        if !operator.fits(of) {
            return Err(error(format!("cannot be asked of a property of type {}", of.as_str())));
        }
        let key =
            |text: &str| key(text, of).ok_or_else(|| error(format!("must be {}", expected(of))));
        let text = filter.value.as_str();
        let mut is_negated = false;
        let ranges = match operator {
            Operator::Eq => vec![KeyRange::exactly(&key(text)?)],
            Operator::Ne => {
                is_negated = true;
                vec![KeyRange::exactly(&key(text)?)]
            }
            Operator::Lt => vec![KeyRange::below(key(text)?.as_bytes())],
            Operator::Lte => vec![KeyRange::below(&behind(key(text)?.as_bytes()))],
            Operator::Gt => vec![KeyRange::from(behind(key(text)?.as_bytes()))],
            Operator::Gte => vec![KeyRange::from(key(text)?.as_bytes().to_owned())],
            Operator::In => {
                let values = parted(text);
                if values.len() > MOST_VALUES {
                    return Err(error(format!("has more than {MOST_VALUES} values")));
                }
                let keys = values.iter().map(|value| key(value));
                let mut keys = keys.collect::<Result<Vec<Key>, _>>()?;
                keys.sort_unstable();
                keys.dedup();
                keys.iter().map(KeyRange::exactly).collect()
            }
            Operator::Prefix => {
                if text.len() > PREFIX {
                    return Err(error(format!("is longer than {PREFIX} bytes")));
                }
                vec![KeyRange::beginning(Key::of_text(text).as_bytes())]
            }
            Operator::Present | Operator::Absent => {
                let is_so = match text {
                    "" | "true" => true,
                    "false" => false,
                    _ => return Err(error("must be true or false".to_owned())),
                };
                is_negated = is_so == (operator == Operator::Absent);
                vec![KeyRange::everything()]
            }
        };
        Ok(Self { property: definition.name.clone(), is_negated, ranges })
    }
}

/// What a filter may compare a property of this type with.
const fn expected(of: PropertyType) -> &'static str {
    match of {
        PropertyType::String => "a text without NUL",
        PropertyType::Integer => "an integer",
        PropertyType::Float => "a number",
        PropertyType::Boolean => "true or false",
        PropertyType::Datetime => "a time with an offset from UTC, e.g. 2024-01-15T00:00:00Z",
    }
}

/// The key of a value of this type that is written so.
fn key(text: &str, of: PropertyType) -> Option<Key> {
    let value = match of {
        PropertyType::String | PropertyType::Datetime => Value::from(text),
        PropertyType::Boolean => Value::from(text.parse::<bool>().ok()?),
        PropertyType::Integer => Value::from(text.parse::<i64>().ok()?),
        PropertyType::Float => Value::Number(serde_json::from_str::<Number>(text).ok()?),
    };
    if text.contains('\0') { None } else { Key::of_value(&value, of) }
}

/// The values between commas.
fn parted(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == ',' {
            values.push(String::new());
            continue;
        }
        let escaped = if character == '\\' { characters.next() } else { None };
        let last = values.last_mut().expect("there is always one");
        last.push(escaped.unwrap_or(character));
    }
    values
}

#[cfg(test)]
mod tests;
