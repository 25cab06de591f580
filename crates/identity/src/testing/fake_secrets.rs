//! Passwords and tokens that can be foreseen.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::{
    application::ports::{MintedToken, MockPasswords, TokenSource},
    domain::secret::{PasswordHash, Secret, TokenHash},
};

/// Passwords whose hash is the password in words; only `password1234` is guessable.
pub(crate) fn plain_passwords() -> MockPasswords {
    let mut passwords = MockPasswords::new();
    passwords.expect_is_guessable().returning(|password, _| password.expose() == "password1234");
    passwords.expect_hash().returning(|password| hash_of(password.expose()));
    passwords
        .expect_verify()
        .returning(|password, hash| hash.is_some_and(|hash| hash == hash_of(password.expose())));
    passwords
}

pub(crate) fn hash_of(password: &str) -> PasswordHash {
    PasswordHash::new(format!("hash of {password}"))
}

/// Tokens that count: `token 1`, `token 2` …; those of keys are as long as real ones, and zeros but for the end.
#[derive(Debug, Default)]
pub(crate) struct CountedTokens(AtomicU8);

impl TokenSource for CountedTokens {
    fn mint(&self) -> MintedToken {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        MintedToken { plain: format!("token {number}").into(), hash: TokenHash::new([number; 32]) }
    }

    fn digest(&self, plain: &Secret) -> Option<TokenHash> {
        plain
            .expose()
            .strip_prefix("token ")?
            .parse()
            .ok()
            .map(|number| TokenHash::new([number; 32]))
    }

    fn mint_key(&self) -> MintedToken {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        MintedToken { plain: format!("{number:064}").into(), hash: TokenHash::new([number; 32]) }
    }

    fn digest_key(&self, plain: &Secret) -> Option<TokenHash> {
        let number = plain.expose().parse().ok()?;
        (plain.expose().len() == 64).then(|| TokenHash::new([number; 32]))
    }
}
