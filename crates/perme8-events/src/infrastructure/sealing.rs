//! Sealing what identifies people in the log, each person with a key of their own.
//!
//! Without the key nobody reads such a value again, wherever the row of its event has been copied to: so to forget a person is
//! to destroy one key. There is no memory of keys: who reads events asks for the keys of a page in one statement, so what is
//! forgotten is so on every node from the commit on.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::{
    domain::{
        error::StorageError,
        id::{EventId, UserId},
        sealed::{TakenOut, put_back, take_out},
        unsaved::AnyEvent,
    },
    infrastructure::{log::append, tx::Conn},
};

mod cipher;
pub(crate) mod forgetting;
pub(crate) mod keys;
pub(crate) mod master;

use keys::Keys;
use master::MasterKeys;

/// A value that identifies a person, as it stands beside the data of its event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// Where in the data it belongs, as a JSON pointer.
    at: String,
    pub(crate) user_id: UserId,
    /// Which of the keys that this person has had.
    generation: i64,
    /// The nonce and what the cipher made, as base64.
    ciphertext: String,
}

impl Sealed {
    /// What the cipher holds together with the value, so that it opens at this place alone.
    fn about(event: EventId, user: UserId, generation: i64, at: &str) -> Vec<u8> {
        let ids = [event.uuid(), user.uuid()];
        let mut about: Vec<u8> = ids.iter().flat_map(|id| id.into_bytes()).collect();
        about.extend(generation.to_be_bytes());
        about.extend(at.as_bytes());
        about
    }
}

/// An event as its row has it.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) data: String,
    /// A list of [`Sealed`], if anything is.
    pub(crate) sealed: Option<String>,
}

/// An event on its way there.
enum Draft {
    Plain(String),
    Personal { id: EventId, data: Value, taken: Vec<TakenOut> },
}

/// What is sealed does not open.
#[derive(Debug, thiserror::Error)]
#[error("what is sealed in the event {0} is damaged")]
struct Damaged(EventId);

/// Writes events down, with what identifies people sealed; the keys of those who have none yet are made in the same transaction.
pub(crate) async fn write_down(
    conn: &mut Conn,
    events: &[(EventId, &dyn AnyEvent)],
    now: DateTime<Utc>,
    master: &MasterKeys,
) -> Result<Vec<Written>, StorageError> {
    let mut drafts = Vec::with_capacity(events.len());
    for (id, event) in events {
        drafts.push(draft(*id, *event)?);
    }
    let people: BTreeSet<UserId> = drafts.iter().flat_map(Draft::people).collect();
    let keys = if people.is_empty() {
        Keys::default()
    } else {
        keys::to_seal(conn, &people, now, master).await?
    };
    drafts.into_iter().map(|draft| draft.seal(&keys)).collect()
}

fn draft(id: EventId, event: &dyn AnyEvent) -> Result<Draft, StorageError> {
    // Its limits are about what is said, not about how it is kept.
    let plain = append::data(event)?;
    Ok(match take_out(id, event)? {
        Some((data, taken)) => Draft::Personal { id, data, taken },
        None => Draft::Plain(plain),
    })
}

impl Draft {
    fn people(&self) -> impl Iterator<Item = UserId> {
        let taken: &[TakenOut] = match self {
            Self::Plain(_) => &[],
            Self::Personal { taken, .. } => taken.as_slice(),
        };
        taken.iter().map(|taken| taken.whose)
    }

    fn seal(self, keys: &Keys) -> Result<Written, StorageError> {
        let (id, mut data, taken) = match self {
            Self::Plain(data) => return Ok(Written { data, sealed: None }),
            Self::Personal { id, data, taken } => (id, data, taken),
        };
        let mut all = Vec::with_capacity(taken.len());
        for TakenOut { at, whose, value } in taken {
            let Some((generation, key)) = keys.of(whose) else {
                // Forgotten for good: it is not known any more, even by those who say it.
                if !put_back(&mut data, &at, None) {
                    return Err(StorageError::new(Damaged(id)));
                }
                continue;
            };
            let about = Sealed::about(id, whose, generation, &at);
            let ciphertext = STANDARD.encode(key.seal(&about, serde_json::to_vec(&value)?));
            all.push(Sealed { at, user_id: whose, generation, ciphertext });
        }
        let sealed = (!all.is_empty()).then(|| serde_json::to_string(&all)).transpose()?;
        Ok(Written { data: data.to_string(), sealed })
    }
}

/// The data of an event with what is sealed in it: opened where there is the key, forgotten where it is gone.
pub(crate) fn open(
    id: EventId,
    data: &RawValue,
    sealed: &[Sealed],
    keys: &Keys,
) -> Result<Box<RawValue>, StorageError> {
    let damaged = || StorageError::new(Damaged(id));
    let mut data: Value = serde_json::from_str(data.get())?;
    for Sealed { at, user_id, generation, ciphertext } in sealed {
        let value = match keys.of(*user_id) {
            Some((current, key)) if current == *generation => {
                let sealed = STANDARD.decode(ciphertext).map_err(|_| damaged())?;
                let about = Sealed::about(id, *user_id, *generation, at);
                let value = key.open(&about, &sealed).ok_or_else(damaged)?;
                Some(serde_json::from_slice(&value)?)
            }
            Some(_) | None => None,
        };
        if !put_back(&mut data, at, value) {
            return Err(damaged());
        }
    }
    Ok(serde_json::value::to_raw_value(&data)?)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const AT: &str = "/name";

    fn event(n: u128) -> EventId {
        EventId::new(Uuid::from_u128(n))
    }

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    /// An event 7 that names the user 1, whose key is the second one.
    fn named(keys: &Keys) -> Written {
        let taken = TakenOut { at: AT.to_owned(), whose: user(1), value: "Ada".into() };
        let data = serde_json::json!({ "name": { "$sealed": true }, "n": 1.5 });
        Draft::Personal { id: event(7), data, taken: vec![taken] }.seal(keys).unwrap()
    }

    fn opened(id: EventId, sealed: &Sealed, keys: &Keys) -> Result<String, StorageError> {
        let data = RawValue::from_string(named(keys).data).unwrap();
        open(id, &data, std::slice::from_ref(sealed), keys).map(|data| data.get().to_owned())
    }

    fn sealed(keys: &Keys) -> Sealed {
        let all: Vec<Sealed> = serde_json::from_str(&named(keys).sealed.unwrap()).unwrap();
        all.into_iter().next().unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_the_key_and_is_forgotten_without() {
        let keys = Keys::fixed(user(1), 2);
        let Written { data, sealed: Some(text) } = named(&keys) else {
            panic!("nothing is sealed")
        };
        assert!(!data.contains("Ada") && !text.contains("Ada"), "{data} {text}");
        let one = sealed(&keys);
        assert_eq!(opened(event(7), &one, &keys).unwrap(), r#"{"n":1.5,"name":"Ada"}"#);
        let forgotten = r#"{"n":1.5,"name":{"$forgotten":true}}"#;
        assert_eq!(opened(event(7), &one, &Keys::default()).unwrap(), forgotten);
        assert_eq!(opened(event(7), &one, &Keys::fixed(user(1), 3)).unwrap(), forgotten);
    }

    #[test]
    fn what_is_sealed_opens_nowhere_else() {
        let keys = Keys::fixed(user(1), 2);
        let one = sealed(&keys);
        assert!(opened(event(8), &one, &keys).is_err(), "in another event");
        let elsewhere = Sealed { at: "/n".to_owned(), ..one.clone() };
        assert!(opened(event(7), &elsewhere, &keys).is_err(), "in another field");
        let nowhere = Sealed { at: "/none".to_owned(), ..one.clone() };
        assert!(opened(event(7), &nowhere, &keys).is_err(), "in no field");
        let ciphertext = one.ciphertext.replace(char::is_alphabetic, "A");
        let broken = Sealed { ciphertext, ..one.clone() };
        assert!(opened(event(7), &broken, &keys).is_err(), "with other bytes");
        let same_key = Keys::fixed(user(2), 2);
        let of_another = Sealed { user_id: user(2), ..one };
        assert!(opened(event(7), &of_another, &same_key).is_err(), "as somebody else's");
    }

    #[test]
    fn whoever_is_forgotten_for_good_is_forgotten_as_it_is_written() {
        let Written { data, sealed } = named(&Keys::default());
        assert_eq!((data.as_str(), sealed), (r#"{"n":1.5,"name":{"$forgotten":true}}"#, None));
    }

    #[test]
    fn a_key_is_asked_for_whoever_something_is_taken_out_of() {
        let taken =
            [1, 2].map(|n| TakenOut { at: AT.to_owned(), whose: user(n), value: "Ada".into() });
        let draft = Draft::Personal { id: event(7), data: Value::Null, taken: taken.to_vec() };
        assert_eq!(draft.people().collect::<Vec<_>>(), [user(1), user(2)]);
        assert_eq!(Draft::Plain("{}".to_owned()).people().count(), 0);
    }
}
