//! The address of the host as its users know it.

use std::{fmt, str::FromStr};

use url::Url;

/// Where users reach the host, e.g. `https://perme8.example`; every link in a mail begins with it.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// The text is no address of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be http:// or https:// and a host, e.g. https://perme8.example, without a path")]
pub struct InvalidBaseUrl;

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        let url = Url::parse(text).map_err(|_| InvalidBaseUrl)?;
        let fits = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        if fits { Ok(Self(url)) } else { Err(InvalidBaseUrl) }
    }
}

impl BaseUrl {
    /// The address of a page, below which these segments and this query, if there is one, lie; whatever they are made of.
    pub(crate) fn page(&self, segments: &[&str], query: Option<(&str, &str)>) -> String {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
        }
        if let Some((name, value)) = query {
            url.query_pairs_mut().append_pair(name, value);
        }
        url.into()
    }
}

/// Without a slash at the end.
impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_host_has_no_path() {
        for text in ["http://localhost:4000", "https://perme8.example/", "HTTPS://[::1]:1"] {
            assert!(text.parse::<BaseUrl>().is_ok(), "{text}");
        }
        for text in [
            "",
            "perme8.example",
            "ftp://perme8.example",
            "https://",
            "https://ada@perme8.example",
            "https://ada:secret@perme8.example",
            "https://perme8.example/app",
            "https://perme8.example?x",
            "https://perme8.example#x",
            "javascript:alert(1)",
        ] {
            assert_eq!(text.parse::<BaseUrl>(), Err(InvalidBaseUrl), "{text}");
        }
    }

    #[test]
    fn pages_lie_below_it_whatever_they_are_called() {
        let base: BaseUrl = "https://perme8.example/".parse().unwrap();
        assert_eq!(base.to_string(), "https://perme8.example");
        assert_eq!(base.page(&["login", "a-b_c"], None), "https://perme8.example/login/a-b_c");
        assert_eq!(
            base.page(&["login", "a/../b?c#d"], Some(("x", "1&y=ä"))),
            "https://perme8.example/login/a%2F..%2Fb%3Fc%23d?x=1%26y%3D%C3%A4"
        );
    }
}
