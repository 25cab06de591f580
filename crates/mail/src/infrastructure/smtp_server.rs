//! Which mail server, and how to talk to it.

use std::{fmt, net::IpAddr, str::FromStr};

use percent_encoding::percent_decode_str;
use url::Url;

/// A mail server: `smtps://…` for TLS from the beginning, `smtp://…` for `STARTTLS`, and `smtp://…?tls=none` for neither.
///
/// `Display` and `Debug` leave out name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) credentials: Option<(String, String)>,
}

/// How the connection is kept from other eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// TLS from the beginning.
    Tls,
    /// TLS before anything is said that matters; without it nothing is sent.
    StartTls,
    /// Not at all.
    None,
}

/// The text names no mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSmtpServer {
    /// It is no such URL.
    #[error(
        "must be smtps://<name>:<password>@<host>, smtp://… for STARTTLS, or smtp://<host>?tls=none"
    )]
    Malformed,
    /// Everybody on the way could read the password.
    #[error("must not send a password without TLS, except to this machine: remove ?tls=none")]
    PasswordInClear,
}

impl FromStr for SmtpServer {
    type Err = InvalidSmtpServer;

    fn from_str(text: &str) -> Result<Self, InvalidSmtpServer> {
        let url = Url::parse(text).map_err(|_| InvalidSmtpServer::Malformed)?;
        let (security, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Tls, 465),
            ("smtp", None | Some("tls=required")) => (Security::StartTls, 587),
            ("smtp", Some("tls=none")) => (Security::None, 25),
            _ => return Err(InvalidSmtpServer::Malformed),
        };
        let has_more = !matches!(url.path(), "" | "/") || url.fragment().is_some();
        let host = url.host_str().filter(|host| !host.is_empty() && !has_more);
        let host = host.ok_or(InvalidSmtpServer::Malformed)?.trim_matches(['[', ']']).to_owned();
        let credentials = credentials(&url)?;
        if credentials.is_some() && security == Security::None && !is_this_machine(&host) {
            return Err(InvalidSmtpServer::PasswordInClear);
        }
        Ok(Self { host, port: url.port().unwrap_or(port), security, credentials })
    }
}

fn credentials(url: &Url) -> Result<Option<(String, String)>, InvalidSmtpServer> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().ok();
        text.filter(|text| !text.contains(char::is_control)).map(Into::<String>::into)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(InvalidSmtpServer::Malformed),
        (name, Some(password)) => {
            decoded(name).zip(decoded(password)).map(Some).ok_or(InvalidSmtpServer::Malformed)
        }
    }
}

/// Hosts of schemes that the web does not know are not parsed, so an address is still a text here.
fn is_this_machine(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, security, credentials: _ } = self;
        let (scheme, query) = match security {
            Security::Tls => ("smtps", ""),
            Security::StartTls => ("smtp", ""),
            Security::None => ("smtp", "?tls=none"),
        };
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}{query}")
        } else {
            write!(f, "{scheme}://{host}:{port}{query}")
        }
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({self})")
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn shown(text: &str) -> String {
        match text.parse::<SmtpServer>() {
            Ok(server) => {
                let SmtpServer { security, credentials, .. } = &server;
                format!("{server} {security:?} {credentials:?}")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_scheme_says_how_the_connection_is_kept_safe() {
        let all = [
            "smtps://ada:s3cret@mail.example.com",
            "smtp://ada:s3cret@mail.example.com:2525",
            "smtp://mail.example.com?tls=required",
            "smtp://mail.example.com?tls=none",
            "smtp://ada:s3cret@127.0.0.1:1025?tls=none",
            "smtp://ada:s3cret@[::1]:1025?tls=none",
            "smtps://a%40b:p%3Aw%2Fd@mail.example.com/",
        ];
        expect![[r#"
            smtps://mail.example.com:465 Tls Some(("ada", "s3cret"))
            smtp://mail.example.com:2525 StartTls Some(("ada", "s3cret"))
            smtp://mail.example.com:587 StartTls None
            smtp://mail.example.com:25?tls=none None None
            smtp://127.0.0.1:1025?tls=none None Some(("ada", "s3cret"))
            smtp://[::1]:1025?tls=none None Some(("ada", "s3cret"))
            smtps://mail.example.com:465 Tls Some(("a@b", "p:w/d"))
        "#]]
        .assert_eq(&(all.map(shown).join("\n") + "\n"));
    }

    #[test]
    fn what_names_no_server_is_refused() {
        for text in [
            "",
            "mail.example.com",
            "http://mail.example.com",
            "smtp://",
            "smtp://ada@mail.example.com",
            "smtp://:s3cret@mail.example.com",
            "smtp://mail.example.com/inbox",
            "smtp://mail.example.com?tls=maybe",
            "smtps://mail.example.com?tls=none",
            "smtps://mail.example.com#x",
            "smtps://a%0Ab:c@mail.example.com",
        ] {
            assert_eq!(text.parse::<SmtpServer>(), Err(InvalidSmtpServer::Malformed), "{text}");
        }
        for text in
            ["smtp://ada:s3cret@mail.example.com?tls=none", "smtp://ada:s3cret@192.0.2.1?tls=none"]
        {
            assert_eq!(
                text.parse::<SmtpServer>(),
                Err(InvalidSmtpServer::PasswordInClear),
                "{text}"
            );
        }
    }

    #[test]
    fn name_and_password_are_not_shown() {
        let server: SmtpServer = "smtps://ada:s3cret@mail.example.com".parse().unwrap();
        for text in [format!("{server}"), format!("{server:?}")] {
            assert!(!text.contains("s3cret") && !text.contains("ada"), "{text}");
        }
    }
}
