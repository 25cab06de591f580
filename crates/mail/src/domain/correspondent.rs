//! Who sends and who gets a mail.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::line::line;

/// The longest address, in characters.
const MAX_ADDRESS: usize = 320;
/// A longer name is cut.
const MAX_NAME: usize = 200;

/// An e-mail address with the name of whoever reads or writes there.
///
/// `Debug` shows neither, because both identify a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correspondent {
    address: String,
    name: String,
}

/// The text is no e-mail address that a mail can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address, e.g. noreply@perme8.example")]
pub struct InvalidAddress;

impl Correspondent {
    /// Whoever has this address; a name that is empty is left out, one of several lines becomes one.
    ///
    /// # Errors
    ///
    /// [`InvalidAddress`].
    pub fn new(address: &str, name: &str) -> Result<Self, InvalidAddress> {
        // What has a meaning in a header, or could end it, is in no address.
        let strange = |c: char| {
            c.is_control() || c.is_whitespace() || "<>()[]\\,;:\"\u{2028}\u{2029}".contains(c)
        };
        let fits = address.chars().count() <= MAX_ADDRESS
            && !address.contains(strange)
            && address.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@')
            });
        if !fits {
            return Err(InvalidAddress);
        }
        Ok(Self { address: address.to_owned(), name: line(name, MAX_NAME) })
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The name; empty if it is unknown.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What comes behind the @ of the address.
    pub(crate) fn domain(&self) -> &str {
        self.address.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Debug for Correspondent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Correspondent(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_nothing_in_it_that_a_header_would_take_for_something_else() {
        for address in ["ada@example.com", "ada+x@localhost", "ädä@exämple.com"] {
            assert!(Correspondent::new(address, "").is_ok(), "{address}");
        }
        let long = format!("{}@example.com", "a".repeat(320));
        for address in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com\n",
            "ada@example.com,eve@example.com",
            "ada <ada@example.com>",
            "\"ada\"@example.com",
            "ada@[127.0.0.1]",
            long.as_str(),
        ] {
            assert_eq!(Correspondent::new(address, ""), Err(InvalidAddress), "{address:?}");
        }
    }

    #[test]
    fn a_name_is_one_line_and_nobody_sees_it_in_a_log() {
        let ada = Correspondent::new("ada@example.com", "Ada\r\nBcc: eve@example.com").unwrap();
        assert_eq!(ada.name(), "Ada Bcc: eve@example.com");
        assert_eq!((ada.address(), ada.domain()), ("ada@example.com", "example.com"));
        assert_eq!(format!("{ada:?}"), "Correspondent(..)");
    }
}
