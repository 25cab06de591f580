//! A mail as servers and mail programs see it.

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};

use crate::domain::{correspondent::Correspondent, message_id::MessageId};

/// A mail cannot be written down in the form that servers want.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MessageError {
    #[error("no server takes an address of this form")]
    Address(#[source] lettre::address::AddressError),
    #[error("the message is incomplete")]
    Incomplete(#[source] lettre::error::Error),
}

/// What a message is made of.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) message_id: &'a MessageId,
    pub(crate) from: &'a Correspondent,
    pub(crate) to: &'a Correspondent,
    pub(crate) subject: &'a str,
    pub(crate) text: &'a str,
    pub(crate) html: &'a str,
    pub(crate) at: DateTime<Utc>,
}

/// The message; the same parts give the same bytes.
pub(crate) fn message(parts: Parts<'_>) -> Result<Message, MessageError> {
    let Parts { message_id, from, to, subject, text, html, at } = parts;
    // Nobody is to answer a machine with another one (RFC 3834).
    let automatic = HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    );
    let boundary = message_id.as_str().trim_matches(['<', '>']).replace('@', "=_");
    Message::builder()
        .from(mailbox(from)?)
        .to(mailbox(to)?)
        .subject(subject)
        .date(at.into())
        .message_id(Some(message_id.to_string()))
        .raw_header(automatic)
        .multipart(
            MultiPart::alternative()
                .boundary(boundary.chars().take(60).collect::<String>())
                .singlepart(SinglePart::plain(text.to_owned()))
                .singlepart(SinglePart::html(html.to_owned())),
        )
        .map_err(MessageError::Incomplete)
}

fn mailbox(of: &Correspondent) -> Result<Mailbox, MessageError> {
    let address: Address = of.address().parse().map_err(MessageError::Address)?;
    let name = (!of.name().is_empty()).then(|| of.name().to_owned());
    Ok(Mailbox::new(name, address))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{Clock as _, testing::ManualClock};

    use super::*;

    fn formatted(name: &str, subject: &str, text: &str) -> String {
        let from = Correspondent::new("noreply@perme8.example", "Perme8").unwrap();
        let to = Correspondent::new("ada@example.com", name).unwrap();
        let parts = Parts {
            message_id: &MessageId::of("key-1", &from),
            from: &from,
            to: &to,
            subject,
            text,
            html: "<p>Hello</p>",
            at: ManualClock::monday_morning().now(),
        };
        String::from_utf8(message(parts).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_message_has_two_bodies_and_a_name_of_its_own() {
        expect![[r#"
            From: Perme8 <noreply@perme8.example>
            To: "Ada Okafor" <ada@example.com>
            Subject: Welcome
            Date: Mon, 05 Jan 2026 09:00:00 +0000
            Message-ID: <key-1@perme8.example>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: multipart/alternative; boundary="key-1=_perme8.example"

            --key-1=_perme8.example
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 7bit

            Hello

            --key-1=_perme8.example
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: 7bit

            <p>Hello</p>
            --key-1=_perme8.example--
        "#]]
        .assert_eq(&formatted("Ada Okafor", "Welcome", "Hello\n").replace('\r', ""));
        assert_eq!(formatted("A", "B", "C"), formatted("A", "B", "C"));
    }

    #[test]
    fn no_text_gets_out_of_its_header() {
        let shown = formatted(
            "Ada\r\nBcc: eve@example.com",
            "Hello\r\nBcc: eve@example.com\r\n\r\nanother body",
            "x",
        );
        let (head, _) = shown.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_once(':').map(|(name, _)| name))
            .collect();
        assert_eq!(
            names,
            [
                "From",
                "To",
                "Subject",
                "Date",
                "Message-ID",
                "Auto-Submitted",
                "MIME-Version",
                "Content-Type"
            ],
            "{head}"
        );
    }

    #[test]
    fn what_is_not_ascii_is_encoded() {
        let shown = formatted("Ädä", "Grüße 🎉", &"ü".repeat(400));
        assert!(shown.is_ascii());
        assert!(shown.contains("Subject: =?utf-8?"), "{shown}");
        assert!(shown.split("\r\n").all(|line| line.len() <= 78), "{shown}");
    }

    #[test]
    fn an_address_that_no_server_takes_is_no_message() {
        let from = Correspondent::new("noreply@perme8.example", "").unwrap();
        let to = Correspondent::new("a..b@-.example", "").unwrap();
        let parts = Parts {
            message_id: &MessageId::of("key-1", &from),
            from: &from,
            to: &to,
            subject: "",
            text: "",
            html: "",
            at: ManualClock::monday_morning().now(),
        };
        assert!(matches!(message(parts), Err(MessageError::Address(_))));
    }
}
