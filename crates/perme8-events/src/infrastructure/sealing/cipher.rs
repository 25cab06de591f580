//! The cipher: AES-256-GCM with a nonce that is drawn for each value.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use rand::{TryRng as _, rngs::SysRng};

/// So many bytes has a key.
pub(super) const KEY_BYTES: usize = 32;

/// A key of the cipher. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key([u8; KEY_BYTES]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// From the randomness of the operating system.
    pub(super) fn fresh() -> Self {
        let mut bytes = [0; KEY_BYTES];
        SysRng.try_fill_bytes(&mut bytes).expect("the operating system has randomness");
        Self(bytes)
    }

    /// These bytes, if there are as many as a key has.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn cipher(&self) -> RandomizedNonceKey {
        RandomizedNonceKey::new(&AES_256_GCM, &self.0)
            .expect("a key has the length that the cipher takes")
    }

    /// Seals a value for one place: the nonce, and behind it what the cipher made.
    pub(super) fn seal(&self, about: &[u8], mut value: Vec<u8>) -> Vec<u8> {
        let nonce = self.cipher().seal_in_place_append_tag(Aad::from(about), &mut value);
        let nonce = nonce.expect("a value is much shorter than what the cipher takes");
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut value);
        sealed
    }

    /// Opens what was sealed by this key for this place, and nothing else.
    pub(super) fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut value = sealed.to_vec();
        let length = self.cipher().open_in_place(nonce, Aad::from(about), &mut value).ok()?.len();
        value.truncate(length);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_sealed_in_another_way_each_time() {
        let key = Key::fresh();
        let seal = || key.seal(b"here", b"Ada".to_vec());
        assert_ne!(seal(), seal());
        assert_eq!(key.open(b"here", &seal()).unwrap(), b"Ada");
    }

    #[test]
    fn nothing_opens_with_another_key_elsewhere_or_changed() {
        let key = Key::fresh();
        let sealed = key.seal(b"here", b"Ada".to_vec());
        assert_eq!(key.open(b"there", &sealed), None);
        assert_eq!(Key::fresh().open(b"here", &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(b"here", &changed), None, "byte {at}");
            assert_eq!(key.open(b"here", &sealed[..at]), None, "cut to {at} bytes");
        }
    }

    #[test]
    fn debug_does_not_tell() {
        assert_eq!(format!("{:?}", Key::fresh()), "Key(..)");
        assert_eq!(Key::of(&[0; 31]), None);
    }
}
