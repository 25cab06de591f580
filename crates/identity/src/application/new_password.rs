//! A password that somebody chooses.

use crate::{
    application::ports::Passwords,
    domain::{
        fields::Problem,
        secret::{PasswordHash, Secret},
    },
};

const MIN: usize = 12;
/// Far more than anybody types; all of it counts.
const MAX: usize = 256;

/// A password that may be set: neither too short nor too long, and hard to guess also for those who know the person.
#[derive(Debug)]
pub(crate) struct NewPassword(Secret);

impl NewPassword {
    /// Looks whether the password may be set by the person of whom `about` is known: names, addresses.
    pub(crate) async fn accept(
        password: &Secret,
        about: &[&str],
        passwords: &dyn Passwords,
    ) -> Result<Self, Problem> {
        match password.expose().chars().count() {
            0 => return Err(Problem::Blank),
            1..MIN => return Err(Problem::TooShort { min: MIN }),
            MIN..=MAX => {}
            _ => return Err(Problem::TooLong { max: MAX }),
        }
        let about = about.iter().map(|text| (*text).to_owned()).collect();
        if passwords.is_guessable(password.clone(), about).await {
            return Err(Problem::Guessable);
        }
        Ok(Self(password.clone()))
    }

    /// What to store of it.
    pub(crate) async fn hash(self, passwords: &dyn Passwords) -> PasswordHash {
        passwords.hash(self.0).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{application::ports::MockPasswords, testing::plain_passwords};

    #[tokio::test]
    async fn passwords_have_12_to_256_characters() {
        for (length, fits) in [(0, false), (11, false), (12, true), (256, true), (257, false)] {
            let password = "é".repeat(length).into();
            let accepted = NewPassword::accept(&password, &[], &plain_passwords()).await;
            assert_eq!(accepted.is_ok(), fits, "{length}");
        }
    }

    #[tokio::test]
    async fn what_is_known_of_the_person_is_no_password() {
        let mut passwords = MockPasswords::new();
        passwords
            .expect_is_guessable()
            .returning(|password, about| about.iter().any(|text| text == password.expose()));
        let accept = async |password: &str| {
            NewPassword::accept(&password.into(), &["Ada", "ada@example.com"], &passwords).await
        };
        assert_eq!(accept("ada@example.com").await.unwrap_err(), Problem::Guessable);
        assert!(accept("ben@example.com").await.is_ok());
    }
}
