//! Where models are asked, and how we show who we are there.

use std::{fmt, str::FromStr};

use url::{Host, Url};

/// Whom models are asked of: anything that speaks the chat completions of OpenAI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Where it is.
    pub base_url: ProviderUrl,
    /// What it knows us by; some need nothing.
    pub api_key: Option<ApiKey>,
}

/// The address below which a provider has its `chat/completions`, e.g. `https://api.openai.com/v1`.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderUrl(Url);

/// The text is no address of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be http:// or https://, a host and perhaps a path, e.g. https://api.openai.com/v1, without chat/completions, a name, a password or a query"
)]
pub struct InvalidProviderUrl;

impl ProviderUrl {
    /// The address that answers.
    pub(crate) fn completions(&self) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["chat", "completions"]);
        }
        url
    }

    /// Whether what is sent there can be read on the way.
    pub(crate) fn is_in_clear(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Whether it is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}

impl FromStr for ProviderUrl {
    type Err = InvalidProviderUrl;

    fn from_str(text: &str) -> Result<Self, InvalidProviderUrl> {
        let url = Url::parse(text).map_err(|_| InvalidProviderUrl)?;
        let fits = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && !url.path().trim_end_matches('/').ends_with("/chat/completions");
        if fits { Ok(Self(url)) } else { Err(InvalidProviderUrl) }
    }
}

impl fmt::Display for ProviderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for ProviderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderUrl({self})")
    }
}

/// The longest key, in characters.
const LONGEST_KEY: usize = 1_000;

/// What a provider knows us by. It is a secret, which `Debug` does not tell.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {LONGEST_KEY} printable characters without blanks")]
pub struct InvalidApiKey;

impl ApiKey {
    /// The secret, for the wire alone.
    pub(crate) fn exposed(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiKey {
    type Err = InvalidApiKey;

    fn from_str(text: &str) -> Result<Self, InvalidApiKey> {
        let fits =
            (1..=LONGEST_KEY).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidApiKey) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_lie_below_the_address_of_the_provider() {
        for (text, completions) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
            ("https://openrouter.ai/api/v1/", "https://openrouter.ai/api/v1/chat/completions"),
            ("http://localhost:11434", "http://localhost:11434/chat/completions"),
        ] {
            assert_eq!(text.parse::<ProviderUrl>().unwrap().completions().as_str(), completions);
        }
        let pasted = "https://api.openai.com/v1/chat/completions/";
        for text in ["", "a.com", "ftp://a", "https://a:b@c", "https://a?b", "https://a#b", pasted]
        {
            assert_eq!(text.parse::<ProviderUrl>(), Err(InvalidProviderUrl), "{text}");
        }
    }

    #[test]
    fn what_leaves_this_machine_in_clear_is_known() {
        for (text, is_in_clear, is_local) in [
            ("https://api.openai.com/v1", false, false),
            ("http://models.example:8000", true, false),
            ("http://localhost:11434", true, true),
            ("http://127.0.0.2", true, true),
            ("http://[::1]/v1", true, true),
        ] {
            let url: ProviderUrl = text.parse().unwrap();
            assert_eq!((url.is_in_clear(), url.is_local()), (is_in_clear, is_local), "{text}");
        }
    }

    #[test]
    fn a_key_is_one_word_and_is_not_shown() {
        let api_key: ApiKey = "sk-secret".parse().unwrap();
        let base_url = "https://api.openai.com/v1".parse().unwrap();
        let shown = format!("{:?}", Provider { base_url, api_key: Some(api_key) });
        assert!(!shown.contains("secret"), "{shown}");
        for text in ["", "two words", "line\n", &"x".repeat(1_001)] {
            assert_eq!(text.parse::<ApiKey>(), Err(InvalidApiKey), "{text}");
        }
    }
}
