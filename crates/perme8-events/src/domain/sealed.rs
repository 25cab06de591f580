//! What identifies people, taken out of the data of an event and put back.
//!
//! In the log `{"$sealed": true}` stands in the place of such a value. Where the value is, and whose, stands in a column of its
//! own, so nothing that somebody writes into an event is ever taken for a sealed value.

use serde_json::{Value, json};

use crate::domain::{
    id::{EventId, UserId},
    personal::FORGOTTEN,
    unsaved::AnyEvent,
};

/// What stands in the data where something is sealed.
const SEALED: &str = "$sealed";

/// A value that identifies a person, and where in the data of its event it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TakenOut {
    /// The place, as a JSON pointer.
    pub(crate) at: String,
    pub(crate) whose: UserId,
    pub(crate) value: Value,
}

/// The data of an event without what identifies people, and that by itself; nothing for an event that says of nobody whose
/// something in it is.
pub(crate) fn take_out(
    id: EventId,
    event: &dyn AnyEvent,
) -> serde_json::Result<Option<(Value, Vec<TakenOut>)>> {
    let fields = event.personal();
    if fields.iter().all(|(_, whose)| whose.is_none()) {
        return Ok(None);
    }
    // Whoever fills an event does not know its id yet.
    let mark = format!("$personal:{id}");
    let mut data = event.marked(&mark)?;
    let mut search = Search { mark: &mark, taken: Vec::new() };
    if let Value::Object(all) = &mut data {
        for (name, value) in all.iter_mut() {
            let whose = fields.iter().find(|(field, _)| field == name);
            search.walk(value, &below("", name), whose.and_then(|(_, whose)| *whose));
        }
    }
    Ok(Some((data, search.taken)))
}

/// Looks for marked values.
struct Search<'m> {
    mark: &'m str,
    taken: Vec<TakenOut>,
}

impl Search<'_> {
    fn walk(&mut self, value: &mut Value, at: &str, whose: Option<UserId>) {
        if let Some(mut inner) = self.marked_in(value) {
            self.unmark(&mut inner);
            *value = match whose {
                Some(whose) => {
                    self.taken.push(TakenOut { at: at.to_owned(), whose, value: inner });
                    json!({ SEALED: true })
                }
                None => inner,
            };
            return;
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    self.walk(value, &below(at, name), whose);
                }
            }
            Value::Array(items) => {
                for (n, value) in items.iter_mut().enumerate() {
                    self.walk(value, &below(at, &n.to_string()), whose);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// What bears the mark, if that is all there is.
    fn marked_in(&self, value: &mut Value) -> Option<Value> {
        let Value::Object(fields) = value else { return None };
        if fields.len() == 1 { fields.remove(self.mark) } else { None }
    }

    /// Takes the marks off what is within a marked value.
    fn unmark(&self, value: &mut Value) {
        if let Some(inner) = self.marked_in(value) {
            *value = inner;
        }
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| self.unmark(value)),
            Value::Array(items) => items.iter_mut().for_each(|value| self.unmark(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// The place of `name` below a place.
fn below(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Puts a value back into the data, or says there that it was forgotten; false when there is no such place.
#[must_use]
pub(crate) fn put_back(data: &mut Value, at: &str, value: Option<Value>) -> bool {
    let Some(place) = data.pointer_mut(at) else { return false };
    *place = value.unwrap_or_else(|| json!({ FORGOTTEN: true }));
    true
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events_macros::DomainEvent;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use uuid::Uuid;

    use super::*;
    use crate::domain::personal::{HoldsPersonal, Personal};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Names {
        first: Option<Personal<String>>,
        /// A place whose name has to be escaped.
        #[serde(rename = "nick/~name")]
        nick: Personal<Vec<Personal<String>>>,
        since: u32,
    }

    impl HoldsPersonal for Names {}

    /// Emitted when people are named.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
    #[event(name = "people.named", aggregate = "person", audience(operators))]
    struct Named {
        #[event(aggregate_id)]
        user_id: UserId,
        by: Option<UserId>,
        #[event(personal = "user_id")]
        names: Vec<Names>,
        #[event(personal = "by")]
        by_name: Personal<String>,
        /// Says not whose it is.
        witness: Personal<String>,
        /// What anybody may have written.
        note: Value,
    }

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    fn named(by: Option<UserId>) -> Named {
        let names = Names {
            first: Some("Ada".to_owned().into()),
            nick: Personal::from(vec![Personal::from("ace".to_owned()), Personal::Forgotten]),
            since: 1815,
        };
        Named {
            user_id: user(1),
            by,
            names: vec![names],
            by_name: "Ben".to_owned().into(),
            witness: "Cy".to_owned().into(),
            note: json!({ "$sealed": true }),
        }
    }

    #[test]
    fn what_says_whose_it_is_is_taken_out_and_comes_back() {
        let event = named(Some(user(2)));
        let (mut data, taken) =
            take_out(EventId::new(Uuid::from_u128(7)), &event).unwrap().unwrap();
        let lines = taken.iter().map(|TakenOut { at, whose, value }| {
            format!("{at} of {}: {value}", whose.uuid().as_u128())
        });
        let shown = lines.collect::<Vec<_>>().join("\n");
        expect![[r#"
            /by_name of 2: "Ben"
            /names/0/first of 1: "Ada"
            /names/0/nick~1~0name of 1: ["ace",{"$forgotten":true}]"#]]
        .assert_eq(&shown);
        expect![[r#"{"by":"00000000-0000-0000-0000-000000000002","by_name":{"$sealed":true},"names":[{"first":{"$sealed":true},"nick/~name":{"$sealed":true},"since":1815}],"note":{"$sealed":true},"user_id":"00000000-0000-0000-0000-000000000001","witness":"Cy"}"#]]
        .assert_eq(&data.to_string());
        let mut forgotten = data.clone();
        for TakenOut { at, value, .. } in taken {
            assert!(put_back(&mut data, &at, Some(value)));
            assert!(put_back(&mut forgotten, &at, None));
        }
        assert_eq!(serde_json::from_value::<Named>(data).unwrap(), event);
        let forgotten: Named = serde_json::from_value(forgotten).unwrap();
        assert_eq!((forgotten.by_name, forgotten.note), (Personal::Forgotten, event.note));
        assert_eq!(forgotten.names[0].first, Some(Personal::Forgotten));
        assert!(!put_back(&mut Value::Null, "/nowhere", None));
    }

    #[test]
    fn what_is_about_nobody_stays() {
        let id = EventId::new(Uuid::from_u128(7));
        let (data, taken) = take_out(id, &named(None)).unwrap().unwrap();
        assert_eq!((&data["by_name"], taken.len()), (&json!("Ben"), 2));
    }
}
