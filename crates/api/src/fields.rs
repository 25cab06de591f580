//! Typed fields out of JSON objects and queries, with every problem of every field.

use std::{mem, str::FromStr};

use serde_json::{Map, Value};

use crate::{
    error::{ApiError, FieldProblems},
    fields::recorded::{Recorded, Sent, Shape},
};

pub(crate) mod recorded;

/// Something that is read out of the fields of a body or of a query.
pub(crate) trait FromFields: Sized {
    /// Takes its fields; none only if a problem was noted.
    ///
    /// Every field is taken before the first `?`, so that the client learns of all problems at once.
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

/// The fields that were sent; those that nobody takes are ignored.
#[derive(Debug)]
pub(crate) struct Fields {
    values: Map<String, Value>,
    problems: FieldProblems,
    /// Only where nothing was sent, and whoever reads them is listened to.
    recorded: Option<Recorded>,
}

impl Fields {
    pub(crate) fn read<T: FromFields>(values: Map<String, Value>) -> Result<T, ApiError> {
        let mut fields = Self { values, problems: FieldProblems::new(), recorded: None };
        match T::from_fields(&mut fields) {
            Some(value) if fields.problems.is_empty() => Ok(value),
            _ => Err(ApiError::invalid(fields.problems)),
        }
    }

    /// Those that something is read out of, as if these had been sent.
    fn recording(sent: Sent) -> Self {
        let (values, problems) = (Map::new(), FieldProblems::new());
        Self { values, problems, recorded: Some(Recorded::new(sent)) }
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        if let Some(recorded) = &mut self.recorded {
            return recorded.needs(name, Shape::Text).text();
        }
        if self.has(name) { self.optional_text(name) } else { self.note(name, "can't be blank") }
    }

    /// A text that may be missing; `null` counts as missing.
    pub(crate) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        if let Some(recorded) = &mut self.recorded {
            return recorded.takes(name, Shape::Text).text();
        }
        match self.values.remove(name)? {
            Value::Null => None,
            // PostgreSQL has no text with this character, so nothing behind the edge needs to know of it.
            Value::String(text) if text.contains('\0') => {
                self.note(name, "has an invalid character")
            }
            Value::String(text) => Some(text),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.note(name, "must be a text")
            }
        }
    }

    /// A text, if one was sent; anything else counts as missing.
    pub(crate) fn text_or_nothing(&mut self, name: &'static str) -> Option<String> {
        if let Some(recorded) = &mut self.recorded {
            return recorded.takes(name, Shape::Text).text();
        }
        self.values.remove(name).and_then(|value| value.as_str().map(str::to_owned))
    }

    /// A list of texts that may be missing; `null` counts as missing.
    pub(crate) fn optional_texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        if let Some(recorded) = &mut self.recorded {
            return recorded.takes(name, Shape::Texts).text().map(|text| vec![text]);
        }
        let value = self.optional_value(name)?;
        let texts = value.as_array().and_then(|values| {
            let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<String>>>()
        });
        match texts {
            Some(texts) if texts.iter().any(|text| text.contains('\0')) => {
                self.note(name, "has an invalid character")
            }
            Some(texts) => Some(texts),
            None => self.note(name, "must be a list of texts"),
        }
    }

    /// Takes the fields of an object that is sent under this name as if they stood beside it.
    pub(crate) fn flatten(&mut self, name: &str) {
        if let Some(Value::Object(inner)) = self.values.remove(name) {
            self.values.extend(inner);
        }
    }

    /// Reads the fields of an object that may be sent under this name: they are none of those that stand beside it.
    pub(crate) fn inside<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        if let Some(recorded) = &mut self.recorded {
            let mut inner = Self::recording(recorded.sent());
            let taken = read(&mut inner);
            recorded.takes(name, Shape::Object(inner.recorded.unwrap_or_default()));
            return taken;
        }
        let values = match self.optional_value(name) {
            None => Map::new(),
            Some(Value::Object(inner)) => inner,
            Some(
                Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Null,
            ) => self.note(name, "must be an object").unwrap_or_default(),
        };
        let problems = mem::take(&mut self.problems);
        let mut inner = Self { values, problems, recorded: None };
        let taken = read(&mut inner);
        self.problems = inner.problems;
        taken
    }

    /// Whether anything was sent, be it `null`.
    pub(crate) fn is_sent(&self, name: &str) -> bool {
        if let Some(recorded) = &self.recorded {
            return recorded.sent() == Sent::Everything;
        }
        self.values.contains_key(name)
    }

    /// A text that may be left out; what is sent is there, so `null` is none.
    pub(crate) fn text_if_sent(&mut self, name: &'static str) -> Option<String> {
        if let Some(recorded) = &mut self.recorded {
            return recorded.takes(name, Shape::Text).text();
        }
        if self.is_sent(name) { self.text(name) } else { None }
    }

    /// A text of a certain form that must be there.
    pub(crate) fn parsed<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Option<T> {
        if let Some(recorded) = &mut self.recorded {
            recorded.needs(name, Shape::parsed::<T>()).expects(name, expected);
            return None;
        }
        let text = self.text(name)?;
        text.parse().ok().or_else(|| self.note(name, expected))
    }

    /// A text of a certain form that may be missing.
    pub(crate) fn optional_parsed<T: FromStr>(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Option<T> {
        if let Some(recorded) = &mut self.recorded {
            recorded.takes(name, Shape::parsed::<T>()).expects(name, expected);
            return None;
        }
        let text = self.optional_text(name)?;
        text.parse().ok().or_else(|| self.note(name, expected))
    }

    /// A whole number that must be there.
    pub(crate) fn integer(&mut self, name: &'static str) -> Option<i64> {
        if let Some(recorded) = &mut self.recorded {
            return recorded.needs(name, Shape::Integer).integer();
        }
        if self.has(name) { self.optional_integer(name) } else { self.note(name, "can't be blank") }
    }

    /// A whole number that may be missing.
    pub(crate) fn optional_integer(&mut self, name: &'static str) -> Option<i64> {
        if let Some(recorded) = &mut self.recorded {
            return recorded.takes(name, Shape::Integer).integer();
        }
        let value = self.optional_value(name)?;
        value.as_i64().or_else(|| self.note(name, "must be a whole number"))
    }

    /// A yes or no; what is missing is a no.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        if let Some(recorded) = &mut self.recorded {
            recorded.takes(name, Shape::Flag);
            return Some(false);
        }
        if self.has(name) { self.optional_flag(name) } else { Some(false) }
    }

    /// A yes or no that may be missing.
    pub(crate) fn optional_flag(&mut self, name: &'static str) -> Option<bool> {
        if let Some(recorded) = &mut self.recorded {
            recorded.takes(name, Shape::Flag);
            return None;
        }
        let value = self.optional_value(name)?;
        value.as_bool().or_else(|| self.note(name, "must be true or false"))
    }

    /// Any value that must be there.
    pub(crate) fn value(&mut self, name: &'static str) -> Option<Value> {
        if let Some(recorded) = &mut self.recorded {
            return recorded.needs(name, Shape::Any).value();
        }
        self.optional_value(name).or_else(|| self.note(name, "can't be blank"))
    }

    fn optional_value(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !value.is_null())
    }

    /// Whether something other than `null` was sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        if let Some(recorded) = &self.recorded {
            return recorded.sent() == Sent::Everything;
        }
        self.values.get(name).is_some_and(|value| !value.is_null())
    }

    /// Notes that a field is wrong, by itself or beside others.
    pub(crate) fn note<T>(&mut self, name: &'static str, problem: &str) -> Option<T> {
        if let Some(recorded) = &mut self.recorded {
            recorded.expects(name, problem);
        }
        self.problems.entry(name).or_default().push(problem.to_owned());
        None
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "the test shows all of it")]
    struct Pet {
        name: String,
        nickname: Option<String>,
        legs: u8,
    }

    impl FromFields for Pet {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            let name = fields.text("name");
            let nickname = fields.optional_text("nickname");
            let legs = fields.parsed("legs", "must be a number");
            Some(Self { name: name?, nickname, legs: legs? })
        }
    }

    fn check(value: Value, expected: &Expect) {
        let Value::Object(values) = value else { panic!("objects have fields") };
        let text = match Fields::read::<Pet>(values) {
            Ok(pet) => format!("{pet:?}"),
            Err(error) => error.body("1").to_string(),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn fields_are_taken_and_the_rest_is_ignored() {
        check(
            json!({"name": "Rex", "nickname": null, "legs": "4", "tail": 1}),
            &expect![[r#"Pet { name: "Rex", nickname: None, legs: 4 }"#]],
        );
    }

    #[test]
    fn every_problem_is_told_at_once() {
        check(
            json!({"name": null, "nickname": 7, "legs": "four"}),
            &expect![[
                r#"{"code":"validation_failed","errors":{"legs":["must be a number"],"name":["can't be blank"],"nickname":["must be a text"]},"request_id":"1"}"#
            ]],
        );
        check(
            json!({"name": "R\u{0}x"}),
            &expect![[
                r#"{"code":"validation_failed","errors":{"legs":["can't be blank"],"name":["has an invalid character"]},"request_id":"1"}"#
            ]],
        );
    }
}
