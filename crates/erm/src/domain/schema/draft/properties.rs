//! The properties of a type, and what holds of their values, as somebody sent them.

use std::collections::HashSet;

use serde_json::{Number, Value};

use crate::domain::{
    names::PropertyName,
    patterns::Pattern,
    schema::{
        Constraints, PropertyDefinition,
        draft::{Findings, given},
    },
    values::{Key, PropertyType},
};

/// The most properties of a type.
pub(super) const MOST_PROPERTIES: usize = 100;
/// The most values of an enumeration.
pub(super) const MOST_VALUES: usize = 100;
/// The longest value of an enumeration, in characters.
const LONGEST_VALUE: usize = 255;

impl Findings {
    pub(super) fn properties(
        &mut self,
        place: &str,
        sent: Option<&Value>,
    ) -> Vec<PropertyDefinition> {
        let Some(sent) = given(sent) else { return Vec::new() };
        let place = format!("{place}.properties");
        let (mut properties, mut names) = (Vec::new(), HashSet::new());
        for (index, sent) in self.list(&place, sent, MOST_PROPERTIES).iter().enumerate() {
            if self.is_full() {
                break;
            }
            let place = format!("{place}[{index}]");
            let Some(sent) = self.object(&place, sent) else { continue };
            let name = self.property_name(&place, sent.get("name"));
            if let Some(name) = &name
                && !names.insert(name.clone())
            {
                self.add(&place, format_args!("duplicate property \"{name}\""));
            }
            let property_type = self.property_type(&place, sent.get("type"));
            let required = self.boolean(&place, sent, "required");
            let unique = self.boolean(&place, sent, "unique");
            let constraints = self.constraints(&place, sent.get("constraints"), property_type);
            if let (Some(name), Some(property_type)) = (name, property_type) {
                properties.push(PropertyDefinition {
                    name,
                    property_type,
                    required,
                    unique,
                    constraints,
                });
            }
        }
        properties
    }

    fn property_name(&mut self, place: &str, sent: Option<&Value>) -> Option<PropertyName> {
        match sent {
            Some(Value::String(text)) => match PropertyName::parse(text) {
                Ok(name) => return Some(name),
                Err(error) => self.add(place, error),
            },
            Some(_) => self.add(place, "invalid property name: must be a string"),
            None => self.add(place, "invalid property name: it is missing"),
        }
        None
    }

    fn property_type(&mut self, place: &str, sent: Option<&Value>) -> Option<PropertyType> {
        let found = sent.and_then(Value::as_str).and_then(PropertyType::parse);
        if found.is_none() {
            let known = PropertyType::ALL.map(PropertyType::as_str).join(", ");
            self.add(place, format_args!("invalid property type: must be one of {known}"));
        }
        found
    }

    /// What constrains the values of a type. What does not apply to it or is unknown is dropped, and so is what is no object: a
    /// schema may say more than is understood here.
    fn constraints(
        &mut self,
        place: &str,
        sent: Option<&Value>,
        of: Option<PropertyType>,
    ) -> Constraints {
        let mut found = Constraints::default();
        let place = format!("{place}.constraints");
        // What applies to a type that is none, nobody knows.
        let (Some(sent), Some(of)) = (sent.and_then(Value::as_object), of) else { return found };
        for (key, value) in sent {
            let applies = match key.as_str() {
                "min" | "max" => [PropertyType::Integer, PropertyType::Float].as_slice(),
                "min_length" | "max_length" | "pattern" => &[PropertyType::String],
                "enum" => &[PropertyType::String, PropertyType::Integer, PropertyType::Float],
                _ => continue,
            };
            if !applies.contains(&of) || value.is_null() {
                continue;
            }
            let place = format!("{place}.{key}");
            match key.as_str() {
                "min" => found.min = self.number(&place, value),
                "max" => found.max = self.number(&place, value),
                "min_length" => found.min_length = self.length(&place, value),
                "max_length" => found.max_length = self.length(&place, value),
                "pattern" => found.pattern = self.pattern(&place, value),
                _ => found.one_of = Some(self.values(&place, value, of)),
            }
        }
        if let (Some(min), Some(max)) = (&found.min, &found.max)
            && Key::of_number(min) > Key::of_number(max)
        {
            self.add(&place, format_args!("min {min} is more than max {max}"));
        }
        if let (Some(min), Some(max)) = (found.min_length, found.max_length)
            && min > max
        {
            self.add(&place, format_args!("min_length {min} is more than max_length {max}"));
        }
        found
    }

    fn number(&mut self, place: &str, sent: &Value) -> Option<Number> {
        let number = sent.as_number();
        if number.is_none() {
            self.add(place, "must be a number");
        }
        number.cloned()
    }

    fn length(&mut self, place: &str, sent: &Value) -> Option<u32> {
        let length = sent.as_u64().and_then(|length| u32::try_from(length).ok());
        if length.is_none() {
            self.add(place, "must be a number of characters");
        }
        length
    }

    fn pattern(&mut self, place: &str, sent: &Value) -> Option<Pattern> {
        let Some(text) = sent.as_str() else {
            self.add(place, "must be a string");
            return None;
        };
        let pattern = Pattern::parse(text, &mut self.patterns);
        pattern.map_err(|error| self.add(place, format_args!("invalid pattern: {error}"))).ok()
    }

    fn values(&mut self, place: &str, sent: &Value, of: PropertyType) -> Vec<Value> {
        let list = self.list(place, sent, MOST_VALUES);
        if list.is_empty() && sent.is_array() {
            self.add(place, "must have at least one value");
        }
        let mut keys = HashSet::new();
        for value in list {
            let is_long = value
                .as_str()
                .is_some_and(|text| text.chars().count() > LONGEST_VALUE || text.contains('\0'));
            let Some(key) = Key::of_value(value, of) else {
                self.add(place, format_args!("must be values of the type {}", of.as_str()));
                continue;
            };
            if is_long {
                let most = LONGEST_VALUE;
                self.add(
                    place,
                    format_args!("must be of at most {most} characters, none of them null"),
                );
            } else if !keys.insert(key) {
                self.add(place, "must have each value once");
            }
        }
        list.to_vec()
    }
}
