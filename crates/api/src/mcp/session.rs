//! The name of a conversation, which clients show again: it says whose it is, so that nobody has to keep it.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::auth::{Caller, Credential};

const NAME: HeaderName = HeaderName::from_static("mcp-session-id");

/// Stands before what is digested, so that it is like nothing that is digested elsewhere.
const PURPOSE: &[u8] = b"perme8 mcp conversation";

/// What somebody says by one key, or in one session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conversation {
    credential: Uuid,
}

impl Conversation {
    pub(super) fn of(caller: &Caller) -> Self {
        let credential = match &caller.credential {
            Credential::Session(id) => id.uuid(),
            Credential::Key(key) => key.key_id.uuid(),
        };
        Self { credential }
    }

    /// Names a conversation that begins.
    pub(super) fn name(self, headers: &mut HeaderMap) {
        #[expect(clippy::disallowed_methods, reason = "no transaction knows of conversations")]
        let nonce = Uuid::now_v7();
        let name = HeaderValue::try_from(self.named(nonce));
        headers.insert(NAME, name.expect("hexadecimal digits are visible"));
    }

    /// Whether the name that is shown, if one is, is that of a conversation of this caller.
    ///
    /// It grants nothing: whoever makes one up has made up one of their own.
    pub(super) fn is_shown(self, headers: &HeaderMap) -> bool {
        let Some(shown) = headers.get(NAME) else { return true };
        let nonce = shown.to_str().ok().and_then(|name| name.get(..32)?.parse().ok());
        nonce.is_some_and(|nonce| *shown == *self.named(nonce))
    }

    fn named(self, nonce: Uuid) -> String {
        let digest = Sha256::new()
            .chain_update(PURPOSE)
            .chain_update(nonce.as_bytes())
            .chain_update(self.credential.as_bytes());
        let owner = Uuid::from_slice(&digest.finalize()[..16]).expect("these are 16 bytes");
        format!("{}{}", nonce.simple(), owner.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(n: u128) -> Conversation {
        Conversation { credential: Uuid::from_u128(n) }
    }

    fn shown(name: &str) -> HeaderMap {
        HeaderMap::from_iter([(NAME, HeaderValue::from_bytes(name.as_bytes()).unwrap())])
    }

    #[test]
    fn a_name_is_good_for_the_caller_who_got_it() {
        let mut headers = HeaderMap::new();
        of(1).name(&mut headers);
        assert!(of(1).is_shown(&headers));
        assert!(!of(2).is_shown(&headers));
        let mut again = HeaderMap::new();
        of(1).name(&mut again);
        assert_ne!(headers, again);
        assert_eq!(headers[NAME].len(), 64);
    }

    #[test]
    fn nobody_has_to_show_one() {
        assert!(of(1).is_shown(&HeaderMap::new()));
    }

    #[test]
    fn what_was_never_given_is_none() {
        for name in ["", "7", "0199a1b2000070008000000000000001", "x", "ü"] {
            assert!(!of(1).is_shown(&shown(name)), "{name}");
        }
        assert!(!of(1).is_shown(&shown(&of(1).named(Uuid::from_u128(7)).to_uppercase())));
    }
}
