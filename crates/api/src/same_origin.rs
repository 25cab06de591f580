//! Refuses what the page of another site makes somebody's browser send.

use axum::{
    extract::Request,
    http::{
        HeaderMap, Method, Uri,
        header::{AUTHORIZATION, HOST, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::error::ApiError;

/// The layer: unsafe methods need a same-origin request, unless they show their credentials in `Authorization`, which no
/// page can make a browser do for it.
pub(crate) async fn refuse_others(request: Request, next: Next) -> Response {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if safe
        || request.headers().contains_key(AUTHORIZATION)
        || is_same(request.headers(), request.uri())
    {
        next.run(request).await
    } else {
        ApiError::cross_origin().into_response()
    }
}

/// Whether no page of another origin can have sent it.
///
/// Browsers say it themselves in `Sec-Fetch-Site`, where `none` is the person at the keyboard. Older ones, and all of them
/// over plain HTTP, send at least `Origin` with every unsafe request. Who sends neither is no browser, so there is no
/// cookie that the sender would not have had in hand.
pub(crate) fn is_same(headers: &HeaderMap, uri: &Uri) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = uri.authority().map(|authority| authority.as_str().as_bytes());
    let host = host.or_else(|| headers.get(HOST).map(axum::http::HeaderValue::as_bytes));
    let from = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, from)| from.as_bytes());
    from.is_some() && from == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        is_same(&headers, &Uri::from_static("/api/me"))
    }

    #[test]
    fn browsers_say_where_a_request_comes_from() {
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        assert!(same(&[("sec-fetch-site", "none")]));
        assert!(!same(&[("sec-fetch-site", "same-site")]));
        assert!(!same(&[("sec-fetch-site", "cross-site")]));
        assert!(!same(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://a.example"),
            ("host", "a.example")
        ]));
    }

    #[test]
    fn without_that_the_origin_must_be_this_host() {
        assert!(same(&[("origin", "https://a.example"), ("host", "a.example")]));
        assert!(same(&[("origin", "http://localhost:4000"), ("host", "localhost:4000")]));
        assert!(!same(&[("origin", "http://localhost:3000"), ("host", "localhost:4000")]));
        assert!(!same(&[("origin", "https://b.example"), ("host", "a.example")]));
        assert!(!same(&[("origin", "null"), ("host", "a.example")]));
        assert!(!same(&[("origin", "https://a.example")]));
    }

    #[test]
    fn what_no_browser_sends_passes() {
        assert!(same(&[("host", "a.example")]));
    }
}
