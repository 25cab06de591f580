//! Tokens of random bytes: 32 of those that last for a while, 48 of those of API keys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng as _, rngs::SysRng};
use sha2::{Digest as _, Sha256};

use crate::{
    application::ports::{MintedToken, TokenSource},
    domain::secret::{Secret, TokenHash},
};

const LENGTH: usize = 32;
const KEY_LENGTH: usize = 48;

/// So many characters has the token of an API key, and no other token.
const KEY_CHARACTERS: usize = 64;

/// Tokens from the randomness of the operating system, as URL-safe base64 of 43 characters; those of API keys have 64, and
/// it is these characters that are digested, whether or not they are the base64 of anything.
///
/// They are stored as plain SHA-256: against 256 random bits no slower hash is needed.
#[derive(Debug)]
pub(crate) struct RandomTokens;

impl TokenSource for RandomTokens {
    fn mint(&self) -> MintedToken {
        let bytes = random::<LENGTH>();
        MintedToken { plain: URL_SAFE_NO_PAD.encode(bytes).into(), hash: digest(&bytes) }
    }

    fn digest(&self, plain: &Secret) -> Option<TokenHash> {
        let bytes = URL_SAFE_NO_PAD.decode(plain.expose()).ok()?;
        (bytes.len() == LENGTH).then(|| digest(&bytes))
    }

    fn mint_key(&self) -> MintedToken {
        let plain = URL_SAFE_NO_PAD.encode(random::<KEY_LENGTH>());
        let hash = digest(plain.as_bytes());
        MintedToken { plain: plain.into(), hash }
    }

    fn digest_key(&self, plain: &Secret) -> Option<TokenHash> {
        let bytes = plain.expose().as_bytes();
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (bytes.len() == KEY_CHARACTERS && bytes.iter().all(fits)).then(|| digest(bytes))
    }
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system has randomness");
    bytes
}

fn digest(bytes: &[u8]) -> TokenHash {
    TokenHash::new(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_found_by_their_hash() {
        let (one, other) = (RandomTokens.mint(), RandomTokens.mint());
        assert_eq!(one.plain.expose().len(), 43);
        assert_eq!(RandomTokens.digest(&one.plain), Some(one.hash.clone()));
        assert_ne!(one.hash, other.hash);
    }

    #[test]
    fn what_has_not_the_form_of_a_token_has_no_hash() {
        let token = RandomTokens.mint().plain;
        let padded = format!("{}=", token.expose());
        for text in ["", "token", padded.as_str(), &token.expose()[1..], "ÄÄÄ"] {
            assert_eq!(RandomTokens.digest(&text.into()), None, "{text}");
        }
    }

    #[test]
    fn tokens_of_keys_are_told_from_others_by_their_length() {
        let (key, other) = (RandomTokens.mint_key(), RandomTokens.mint_key());
        assert_eq!(key.plain.expose().len(), KEY_CHARACTERS);
        assert_eq!(RandomTokens.digest_key(&key.plain), Some(key.hash.clone()));
        assert_ne!(key.hash, other.hash);
        assert_eq!(RandomTokens.digest(&key.plain), None);
        assert_eq!(RandomTokens.digest_key(&RandomTokens.mint().plain), None);
        let upper = key.plain.expose().to_uppercase();
        assert_ne!(RandomTokens.digest_key(&upper.as_str().into()), Some(key.hash));
        assert_eq!(RandomTokens.digest_key(&"ä".repeat(32).as_str().into()), None);
    }
}
