//! Passwords: weighed by zxcvbn, hashed by argon2id.

use std::{fmt, panic, sync::Arc, thread};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _},
};
use async_trait::async_trait;
use tokio::{sync::Semaphore, task};
use zxcvbn::{Score, zxcvbn};

use crate::{
    application::ports::Passwords,
    domain::secret::{PasswordHash, Secret},
};

/// What no password may consist of, though it stands in no dictionary.
const OURS: &str = "perme8";

/// Names and addresses are no longer than that; what is says nothing of a person.
const MAX_ABOUT: usize = 256;

/// Weighs and hashes on threads where waiting is allowed, on at most as many as there are cores: each hash takes 19 MiB and a
/// core for tens of milliseconds, so more at once would only make all of them later.
///
/// All of a password counts, however long it is: argon2 digests it first.
pub(crate) struct Argon2Passwords {
    argon2: Argon2<'static>,
    /// Matches no password, and costs as much to compare with as a real one.
    nobody: PasswordHash,
    turns: Arc<Semaphore>,
}

impl fmt::Debug for Argon2Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2Passwords").finish_non_exhaustive()
    }
}

impl Argon2Passwords {
    /// At the cost that OWASP recommends: 19 MiB, two passes, one lane.
    pub(crate) fn new() -> Self {
        Self::at_cost(19_456, 2)
    }

    /// As cheap as argon2 gets, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn cheap() -> Self {
        Self::at_cost(Params::MIN_M_COST, Params::MIN_T_COST)
    }

    fn at_cost(memory: u32, passes: u32) -> Self {
        let params = Params::new(memory, passes, 1, None)
            .expect("both costs are within the limits of argon2");
        // A salt of 16 and an output of 32 zero bytes; no password is known to hash to zeros.
        let (salt, output) = ("A".repeat(22), "A".repeat(43));
        let nobody = format!("$argon2id$v=19$m={memory},t={passes},p=1${salt}${output}");
        let turns = thread::available_parallelism().map_or(2, usize::from);
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            nobody: PasswordHash::new(nobody),
            turns: Arc::new(Semaphore::new(turns)),
        }
    }

    /// Compares a password with a hash of it, at once and on the thread of whoever calls; for measurements.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn bare(self, password: &'static str) -> impl Fn() -> bool + Clone + Send + Sync {
        let hash = self.argon2.hash_password(password.as_bytes());
        let hash = hash.expect("passwords are short, and the system has randomness").to_string();
        move || self.argon2.verify_password(password.as_bytes(), hash.as_str()).is_ok()
    }

    async fn in_turn<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> R + Send + 'static,
    ) -> R {
        let turn =
            Arc::clone(&self.turns).acquire_owned().await.expect("nobody closes the semaphore");
        let argon2 = self.argon2.clone();
        let done = task::spawn_blocking(move || {
            let result = work(&argon2);
            drop(turn);
            result
        });
        match done.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
            // The runtime shuts down, and will drop the one who waits here, too.
            Err(_) => std::future::pending().await,
        }
    }
}

/// The texts themselves, and the words that they consist of.
fn words(about: &[String]) -> Vec<&str> {
    let texts = about.iter().map(String::as_str).filter(|text| text.len() <= MAX_ABOUT);
    let parts = texts.clone().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    texts.chain(parts).chain([OURS]).filter(|word| word.len() > 2).collect()
}

#[async_trait]
impl Passwords for Argon2Passwords {
    async fn is_guessable(&self, password: Secret, about: Vec<String>) -> bool {
        self.in_turn(move |_| zxcvbn(password.expose(), &words(&about)).score() < Score::Three)
            .await
    }

    async fn hash(&self, password: Secret) -> PasswordHash {
        self.in_turn(move |argon2| {
            let hash = argon2.hash_password(password.expose().as_bytes());
            PasswordHash::new(
                hash.expect("passwords are short, and the system has randomness").to_string(),
            )
        })
        .await
    }

    async fn verify(&self, password: Secret, hash: Option<PasswordHash>) -> bool {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let matches = self
            .in_turn(move |argon2| {
                argon2.verify_password(password.expose().as_bytes(), hash.as_str()).is_ok()
            })
            .await;
        matches && known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_of_one_password() {
        let passwords = Argon2Passwords::cheap();
        let hash = passwords.hash("correct horse".into()).await;
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await);
        assert!(!passwords.verify("battery staple".into(), Some(hash.clone())).await);
        assert!(!passwords.verify("correct horse".into(), None).await);
        assert_ne!(hash, passwords.hash("correct horse".into()).await);
    }

    #[tokio::test]
    async fn all_of_a_long_password_counts() {
        let passwords = Argon2Passwords::cheap();
        let long = "é".repeat(255);
        let hash = passwords.hash(format!("{long}a").into()).await;
        assert!(passwords.verify(format!("{long}a").into(), Some(hash.clone())).await);
        assert!(!passwords.verify(format!("{long}b").into(), Some(hash.clone())).await);
        assert!(!passwords.verify(long[..72].into(), Some(hash)).await);
    }

    #[tokio::test]
    async fn what_is_found_by_guessing_is_weak_however_long() {
        let passwords = Argon2Passwords::cheap();
        let about = ["Lovelace", "augusta.king@analytical.example"].map(str::to_owned);
        for (password, weak) in [
            ("password1234", true),
            ("123456789012", true),
            ("qwertyuiop[]", true),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true),
            ("abcabcabcabcabcabc", true),
            ("Passw0rd!Passw0rd!", true),
            ("perme8perme8", true),
            ("lovelaceking", true),
            ("augusta.king@analytical.example", true),
            ("correct horse battery staple", false),
            ("lovely weather today", false),
            ("k7m2xq9vw4tz", false),
            ("зелёный чайник поёт", false),
        ] {
            let found = passwords.is_guessable(password.into(), about.to_vec()).await;
            assert_eq!(found, weak, "{password}");
        }
        let of_somebody_else = passwords.is_guessable("lovelaceking analytical".into(), vec![]);
        assert!(!of_somebody_else.await);
    }

    #[tokio::test]
    async fn hashes_name_their_cost() {
        let hash = Argon2Passwords::new().hash("correct horse".into()).await;
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[test]
    fn the_hash_of_nobody_is_compared_at_full_cost() {
        let passwords = Argon2Passwords::new();
        let nobody = argon2::PasswordHash::new(passwords.nobody.as_str()).unwrap();
        assert_eq!(Params::try_from(&nobody).unwrap().m_cost(), 19_456);
        assert_eq!(nobody.hash.unwrap().len(), 32);
        assert_eq!(nobody.salt.unwrap().len(), 16);
    }
}
