//! The keys of the host, which the keys of people are wrapped by.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::cipher::Key;
use crate::{domain::id::UserId, infrastructure::hex::hex};

/// So many bytes of its digest are the name of a master key.
const NAME_BYTES: usize = 6;

/// The master keys of a host: the keys of people are wrapped by the first, and unwrapped by any.
///
/// Without one they stand in the database as they are. `Debug` shows no key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MasterKeys(Vec<Key>);

/// A text is no list of master keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 32 random bytes as base64 (`openssl rand -base64 32`), or several with commas between them"
)]
pub struct MasterKeysError;

impl FromStr for MasterKeys {
    type Err = MasterKeysError;

    fn from_str(text: &str) -> Result<Self, MasterKeysError> {
        let key = |text: &str| {
            let bytes = STANDARD.decode(text.trim()).ok()?;
            Key::of(&bytes)
        };
        let keys: Option<Vec<Key>> = text.split(',').map(key).collect();
        keys.map(Self).ok_or(MasterKeysError)
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeys({} keys)", self.0.len())
    }
}

/// Why the key of a person cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error(
        "keys of people in this database are wrapped by the master key {0}, which this host was not given: \
         name it in `master_keys` as well"
    )]
    Unknown(String),
    #[error("the key of {0} is damaged")]
    Damaged(UserId),
}

impl MasterKeys {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the master key of this name is among them.
    pub(super) fn knows(&self, wrapped_by: &str) -> bool {
        self.0.iter().any(|master| name(master) == wrapped_by)
    }

    /// The key of a person as it stands in the database, and the name of what wraps it.
    pub(super) fn wrap(&self, user: UserId, key: &Key) -> (Vec<u8>, Option<String>) {
        match self.0.first() {
            Some(master) => {
                let wrapped = master.seal(user.uuid().as_bytes(), key.bytes().to_vec());
                (wrapped, Some(name(master)))
            }
            None => (key.bytes().to_vec(), None),
        }
    }

    /// The key of a person, as it was wrapped.
    pub(super) fn unwrap(
        &self,
        user: UserId,
        bytes: &[u8],
        wrapped_by: Option<&str>,
    ) -> Result<Key, Unusable> {
        let key = match wrapped_by {
            None => Key::of(bytes),
            Some(wrapped_by) => {
                let master = self.0.iter().find(|master| name(master) == wrapped_by);
                let master = master.ok_or_else(|| Unusable::Unknown(wrapped_by.to_owned()))?;
                master.open(user.uuid().as_bytes(), bytes).and_then(|bytes| Key::of(&bytes))
            }
        };
        key.ok_or(Unusable::Damaged(user))
    }
}

/// What a master key is called; it tells nothing of the key.
fn name(master: &Key) -> String {
    let digest = Sha256::digest(master.bytes());
    hex(digest.iter().copied().take(NAME_BYTES))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    fn master(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    fn keys(text: &str) -> MasterKeys {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_wraps_and_any_unwraps() {
        let key = Key::fresh();
        let (wrapped, by) = keys(&master(1)).wrap(user(1), &key);
        assert_ne!(wrapped, key.bytes());
        let rotated = keys(&format!("{}, {}", master(2), master(1)));
        assert_eq!(rotated.unwrap(user(1), &wrapped, by.as_deref()).unwrap(), key);
        assert_ne!(rotated.wrap(user(1), &key).1, by);
        let unknown = keys(&master(2)).unwrap(user(1), &wrapped, by.as_deref());
        assert!(matches!(unknown, Err(Unusable::Unknown(_))), "{unknown:?}");
        assert!(
            rotated.knows(by.as_deref().unwrap())
                && !keys(&master(2)).knows(by.as_deref().unwrap())
        );
        let of_another = rotated.unwrap(user(2), &wrapped, by.as_deref());
        assert!(matches!(of_another, Err(Unusable::Damaged(_))), "{of_another:?}");
    }

    #[test]
    fn without_a_master_key_a_key_stands_as_it_is() {
        let (none, key) = (MasterKeys::default(), Key::fresh());
        let (bytes, by) = none.wrap(user(1), &key);
        assert_eq!((bytes.as_slice(), &by), (key.bytes(), &None));
        assert!(none.is_empty() && !keys(&master(1)).is_empty());
        // Also for a host that has got one since.
        assert_eq!(keys(&master(1)).unwrap(user(1), &bytes, None).unwrap(), key);
    }

    #[test]
    fn what_is_no_key_is_refused_and_none_is_shown() {
        let short = STANDARD.encode([1; 31]);
        for text in ["", ",", "secret", short.as_str(), &format!("{},", master(1))] {
            assert_eq!(text.parse::<MasterKeys>(), Err(MasterKeysError), "{text}");
        }
        assert_eq!(format!("{:?}", keys(&master(1))), "MasterKeys(1 keys)");
    }
}
