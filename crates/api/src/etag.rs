//! Which thing is shown and in which version, so that nobody overwrites what they have not seen.

use std::{convert::Infallible, fmt};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header::ETAG, header::IF_MATCH, request::Parts},
    response::{IntoResponse, Response},
};
use identity::Seen;
use perme8_events::Id;
use uuid::Uuid;

use crate::{
    error::ApiError,
    openapi::{Answers, Sketch},
    state::Api,
};

/// What is shown: which thing, since another one may have its address one day, and in which version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    id: Uuid,
    version: i64,
}

/// An answer that says by its `ETag` what it shows.
#[derive(Debug)]
pub(crate) struct Tagged<T, G = Tag>(pub(crate) G, pub(crate) T);

/// What a client has seen and wants to change, if it says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IfMatch<G = Tag>(pub(crate) Option<G>);

/// What says in a header what is shown.
pub(crate) trait Shown: Sized {
    /// What a command takes that was seen; of a version alone, whatever has the address.
    type Seen: From<i64>;

    /// Of nothing that there ever was.
    fn never() -> Self;

    /// As it stands in a header; nothing if it is none of ours, weak, or one of several.
    fn parse(text: &str) -> Option<Self>;

    /// In which version it is shown.
    fn version(&self) -> i64;

    /// What a client has seen that sends this back.
    fn seen(&self) -> Self::Seen;
}

impl Tag {
    pub(crate) fn of<A>(id: Id<A>, version: i64) -> Self {
        Self { id: id.uuid(), version }
    }
}

impl Shown for Tag {
    type Seen = Seen;

    fn never() -> Self {
        Self { id: Uuid::nil(), version: 0 }
    }

    fn parse(text: &str) -> Option<Self> {
        let tag = text.strip_prefix('"')?.strip_suffix('"')?;
        let (id, version) = tag.rsplit_once('-')?;
        Some(Self { id: id.parse().ok()?, version: version.parse().ok()? })
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn seen(&self) -> Seen {
        Seen { id: Some(self.id), version: self.version }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, version } = self;
        write!(f, "\"{id}-{version}\"")
    }
}

impl<T: IntoResponse, G: fmt::Display> IntoResponse for Tagged<T, G> {
    fn into_response(self) -> Response {
        let Self(tag, answer) = self;
        let tag = HeaderValue::try_from(tag.to_string()).expect("ids and digits are visible");
        ([(ETAG, tag)], answer).into_response()
    }
}

impl<T: Answers, G> Answers for Tagged<T, G> {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        T::sketch(on, status);
        on.answer_header("ETag", "which thing is shown, in which version");
    }
}

impl<G: Shown> IfMatch<G> {
    /// What the client has seen.
    pub(crate) fn seen(&self) -> Option<G::Seen> {
        self.0.as_ref().map(G::seen)
    }

    /// The same, or the version that the body says; nobody has seen two versions last.
    pub(crate) fn beside(&self, in_body: Option<i64>) -> Option<G::Seen> {
        match (&self.0, in_body) {
            (Some(tag), Some(in_body)) if tag.version() != in_body => Some(G::never().seen()),
            (Some(tag), _) => Some(tag.seen()),
            (None, in_body) => in_body.map(Into::into),
        }
    }

    /// Why nothing was changed: that it has changed since is a conflict where the body alone said what was seen.
    pub(crate) fn refusal(&self, error: impl Into<ApiError>) -> ApiError {
        let error = error.into();
        let is_unmet = self.0.is_some() && error.is_version_conflict();
        if is_unmet { ApiError::other_version() } else { error }
    }
}

impl<G: Shown + Send> FromRequestParts<Api> for IfMatch<G> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Infallible> {
        Ok(Self(tag_in(&parts.headers)))
    }
}

/// Nothing for whatever is there. What is no tag of ours is one of nothing: only whoever may change something is told so.
fn tag_in<G: Shown>(headers: &HeaderMap) -> Option<G> {
    let text = headers.get(IF_MATCH)?.to_str().unwrap_or_default().trim();
    (text != "*").then(|| G::parse(text).unwrap_or_else(G::never))
}

#[cfg(test)]
mod tests {
    use perme8_events::WorkspaceId;

    use super::*;

    const ID: Uuid = Uuid::from_u128(7);

    fn tag(version: i64) -> Tag {
        Tag::of(WorkspaceId::new(ID), version)
    }

    fn sent_in(headers: &HeaderMap) -> Option<Tag> {
        tag_in(headers)
    }

    fn sent(value: &str) -> Option<Tag> {
        sent_in(&HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_str(value).unwrap())]))
    }

    #[test]
    fn a_tag_is_an_id_and_a_version_in_quotes() {
        assert_eq!(sent_in(&HeaderMap::new()), None);
        assert_eq!(sent("*"), None);
        assert_eq!(sent("\"00000000-0000-0000-0000-000000000007-3\""), Some(tag(3)));
        let ours = tag(3).to_string();
        let others = [
            String::new(),
            ours.replace('"', ""),
            format!("W/{ours}"),
            format!("{ours}, {}", tag(4)),
            "\"".to_owned(),
            "\"3\"".to_owned(),
            "\"x-3\"".to_owned(),
            format!("\"{ID}\""),
            format!("\"{ID}-x\""),
        ];
        for other in others {
            assert_eq!(sent(&other), Some(Tag::never()), "{other}");
        }
    }

    #[test]
    fn header_and_body_do_not_contradict_each_other() {
        let seen = |version| Some(Seen { id: Some(ID), version });
        let beside = |in_header: Option<i64>, in_body| IfMatch(in_header.map(tag)).beside(in_body);
        assert_eq!(beside(None, None), None);
        assert_eq!(beside(Some(3), None), seen(3));
        assert_eq!(beside(None, Some(3)), Some(Seen::from(3)));
        assert_eq!(beside(Some(3), Some(3)), seen(3));
        let contradiction = beside(Some(3), Some(4)).unwrap();
        assert!([3, 4].iter().all(|version| !contradiction.is(WorkspaceId::new(ID), *version)));
    }

    #[test]
    fn an_answer_has_the_tag_that_a_client_sends_back() {
        let answer = Tagged(tag(7), "workspace").into_response();
        let seen = answer.headers().get(ETAG).unwrap().clone();
        assert_eq!(sent_in(&HeaderMap::from_iter([(IF_MATCH, seen)])), Some(tag(7)));
    }

    #[test]
    fn what_has_changed_since_is_told_to_whatever_said_what_was_seen() {
        let body = |error: ApiError| error.body("1")["code"].clone();
        let refused = |if_match: IfMatch, error| body(if_match.refusal(error));
        let (by_body, by_header) = (IfMatch(None), IfMatch(Some(tag(1))));
        assert_eq!(refused(by_body, ApiError::version_conflict()), "version_conflict");
        assert_eq!(refused(by_header, ApiError::version_conflict()), "version_mismatch");
        assert_eq!(refused(by_header, ApiError::forbidden()), "forbidden");
    }
}
