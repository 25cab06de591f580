//! The name under which a mail is known to every server on its way.

use std::fmt;

use crate::domain::correspondent::Correspondent;

/// A longer key is cut; no server takes a line of more than 998 characters.
const MAX_KEY: usize = 128;

/// The `Message-ID` of a mail: the same for every attempt to send it.
///
/// When the host dies after a server has taken a mail and before that is noted, the mail is sent again. By this name servers
/// and mail programs recognise the second one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageId(String);

impl MessageId {
    /// Of the mail that is known here by this key and sent by this correspondent.
    pub(crate) fn of(key: &str, sender: &Correspondent) -> Self {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let key: String = key.chars().map(plain).take(MAX_KEY).collect();
        let domain: String = sender.domain().chars().filter(char::is_ascii_graphic).collect();
        let domain = if domain.is_empty() { "perme8.invalid" } else { &domain };
        Self(format!("<{}@{domain}>", key.trim_matches('.').replace("..", ".-")))
    }

    /// Trusts what was made by [`of`](Self::of) before it was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_depends_on_key_and_sender_alone_and_is_fit_for_a_header() {
        let sender = Correspondent::new("noreply@perme8.example", "").unwrap();
        let of = |key: &str| MessageId::of(key, &sender).to_string();
        assert_eq!(of("identity.mailer:0199-a"), "<identity.mailer-0199-a@perme8.example>");
        assert_eq!(of("identity.mailer:0199-a"), of("identity.mailer:0199-a"));
        assert_eq!(of("a\r\nBcc: x>@"), "<a--Bcc--x--@perme8.example>");
        assert_eq!(of(&"x".repeat(500)).len(), 128 + "<@perme8.example>".len());
        assert_eq!(of("..a...b."), "<a.-.b@perme8.example>");
    }
}
