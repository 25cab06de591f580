//! Tokens of 32 random bytes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng as _, rngs::SysRng};
use sha2::{Digest as _, Sha256};

use crate::{
    application::ports::{MintedToken, TokenSource},
    domain::secret::{Secret, TokenHash},
};

const LENGTH: usize = 32;

/// Tokens from the randomness of the operating system, as URL-safe base64 of 43 characters.
///
/// They are stored as plain SHA-256: against 256 random bits no slower hash is needed.
#[derive(Debug)]
pub(crate) struct RandomTokens;

impl TokenSource for RandomTokens {
    fn mint(&self) -> MintedToken {
        let mut bytes = [0; LENGTH];
        SysRng.try_fill_bytes(&mut bytes).expect("the operating system has randomness");
        MintedToken { plain: URL_SAFE_NO_PAD.encode(bytes).into(), hash: digest(&bytes) }
    }

    fn digest(&self, plain: &Secret) -> Option<TokenHash> {
        let bytes = URL_SAFE_NO_PAD.decode(plain.expose()).ok()?;
        (bytes.len() == LENGTH).then(|| digest(&bytes))
    }
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
}
