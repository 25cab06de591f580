//! E-mail addresses, folded so that letter case never matters.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::fields::{Problem, is_invisible};

/// The longest address, in characters.
const MAX: usize = 160;

/// No address of so many characters takes more bytes once it is composed; what does is too long or oddly written.
const MAX_BYTES: usize = MAX * 4;

/// An e-mail address in lower case; two spellings of one address are equal.
///
/// `Debug` does not show it, because it identifies a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Email(String);

impl Email {
    /// Reads and folds what somebody typed.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Problem::Blank);
        }
        // Before anything is done with it, so that a huge text costs nothing.
        if text.len() > MAX_BYTES {
            return Err(Problem::TooLong { max: MAX });
        }
        // Composed before it is folded, so that one visible address is one stored address.
        let folded = text.nfc().collect::<String>().to_lowercase();
        if folded.chars().count() > MAX {
            return Err(Problem::TooLong { max: MAX });
        }
        let strange = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || is_invisible(c)
                || matches!(c, ',' | ';' | '<' | '>' | '"')
        };
        match folded.split_once('@') {
            Some((local, domain))
                if !local.is_empty()
                    && !domain.is_empty()
                    && !domain.contains('@')
                    && !folded.contains(strange) =>
            {
                Ok(Self(folded))
            }
            _ => Err(Problem::Malformed("must have the @ sign and no spaces")),
        }
    }

    /// Trusts what was parsed before it was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address that somebody typed in the form in which it is kept, whatever its letter case; none if it is no address.
#[must_use]
pub fn folded_email(text: &str) -> Option<String> {
    Email::parse(text).ok().map(|Email(folded)| folded)
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letter_case_and_blanks_around_do_not_matter() {
        let email = Email::parse("  Ada.Lovelace@Example.COM ").unwrap();
        assert_eq!(email.as_str(), "ada.lovelace@example.com");
        assert_eq!(folded_email("ADA@Example.com").as_deref(), Some("ada@example.com"));
        assert_eq!(folded_email("ada"), None);
        assert_eq!(Email::parse("JÜRGEN@example.com"), Email::parse("ju\u{308}rgen@example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "a da@b.c",
            "a@b,c",
            "a@b;c",
            "a\0@b.c",
            "a@b\n.c",
            "a\u{200b}@b.c",
            "a@b\u{202e}.c",
            "\u{feff}a@b.c",
            "a<b@c.d",
            "a>b@c.d",
            "\"a\"@b.c",
        ] {
            assert!(matches!(Email::parse(text), Err(Problem::Malformed(_))), "{text:?}");
        }
        assert_eq!(Email::parse("  "), Err(Problem::Blank));
        let long = format!("{}@example.com", "a".repeat(149));
        assert_eq!(Email::parse(&long), Err(Problem::TooLong { max: 160 }));
        assert!(Email::parse(&long[1..]).is_ok());
        let heavy = "a\u{308}".repeat(1_000_000);
        assert_eq!(Email::parse(&heavy), Err(Problem::TooLong { max: 160 }));
    }

    proptest! {
        #[test]
        fn an_address_is_its_own_folding(text in "\\PC{0,20}@\\PC{0,20}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
        }
    }
}
