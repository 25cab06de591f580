//! Headers that keep browsers from making more of a response than it is.

use axum::{
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    response::Response,
};

/// On every response, whatever else is wrong with it.
const ALWAYS: [(HeaderName, &str); 3] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// What a response is to a browser; an extension of those that are no data.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Profile {
    /// Nothing to be shown.
    #[default]
    Data,
    /// One of our pages: styles and frames of this host, forms to this host, and no scripts.
    Page,
    /// The HTML of a mail: shown in a frame of a page of ours, and able to do nothing.
    Mail,
}

impl Profile {
    fn headers(self) -> [(HeaderName, &'static str); 3] {
        let (framing, referrer, content) = match self {
            Self::Data => (
                "DENY",
                "strict-origin-when-cross-origin",
                "default-src 'none'; frame-ancestors 'none'",
            ),
            Self::Page => (
                "DENY",
                // Addresses of pages may hold tokens, so no request names them, not even one to this host. Under
                // `no-referrer` browsers would also leave out the `Origin` that tells our own forms from those of others.
                "strict-origin",
                "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
                 frame-ancestors 'none'",
            ),
            Self::Mail => (
                "SAMEORIGIN",
                "no-referrer",
                "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
            ),
        };
        [
            (X_FRAME_OPTIONS, framing),
            (REFERRER_POLICY, referrer),
            (CONTENT_SECURITY_POLICY, content),
        ]
    }
}

/// The layer: also nothing of what is answered may stay in a cache, since nearly all of it is somebody's own.
pub(crate) async fn secure(mut response: Response) -> Response {
    let profile = response.extensions_mut().remove::<Profile>().unwrap_or_default();
    let headers = response.headers_mut();
    for (name, value) in ALWAYS.into_iter().chain(profile.headers()) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
