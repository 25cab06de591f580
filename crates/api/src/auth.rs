//! Whose request it is: the session, from the bearer token or from the cookie, or the API key, from the bearer token.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{
        HeaderMap, HeaderValue,
        header::{AUTHORIZATION, COOKIE},
        request::Parts,
    },
};
use chat::Chat;
use chrono::{DateTime, Utc};
use identity::{Authenticated, AuthenticatedKey, KeyScope, Secret, SessionId, UserProfile};
use perme8_events::{Actor, Origin, WorkspaceId};

use crate::{edge::Edge, error::ApiError, key_scope, mcp, state::Api};

/// The cookie of browsers.
pub(crate) const COOKIE_NAME: &str = "perme8_session";

/// What stands before a token in `Authorization`.
const SCHEME: &str = "Bearer";

/// Somebody who has shown who they are.
///
/// An API key is a caller only on routes that say which scope it needs, with that scope, and where it reaches.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) user: UserProfile,
    pub(crate) credential: Credential,
    /// The origin of everything that the request does.
    pub(crate) origin: Origin,
}

/// By what somebody has shown who they are.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// They are logged in.
    Session(SessionId),
    /// A program acts for them.
    Key(Arc<AuthenticatedKey>),
}

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub(crate) struct SessionCaller {
    pub(crate) user: UserProfile,
    pub(crate) session_id: SessionId,
    /// The origin of everything that the request does.
    pub(crate) origin: Origin,
}

impl Caller {
    /// The session, unless a key acts.
    pub(crate) fn session_id(&self) -> Option<SessionId> {
        match &self.credential {
            Credential::Session(id) => Some(*id),
            Credential::Key(_) => None,
        }
    }

    /// Whether the credential is good for this.
    pub(crate) fn may(&self, scope: KeyScope) -> bool {
        match &self.credential {
            Credential::Session(_) => true,
            Credential::Key(key) => key.may(scope),
        }
    }

    /// Refuses a credential that is not good for this.
    pub(crate) fn needs(&self, scope: KeyScope) -> Result<(), ApiError> {
        if self.may(scope) { Ok(()) } else { Err(ApiError::scope_missing(scope)) }
    }

    /// Whether the credential is good for this workspace.
    pub(crate) fn reaches(&self, workspace: WorkspaceId) -> bool {
        match &self.credential {
            Credential::Session(_) => true,
            Credential::Key(key) => key.reaches(workspace),
        }
    }

    /// Refuses what has to do with a workspace for which the credential is not good, before anybody looks whether there is one.
    pub(crate) fn within(&self, slug: Option<&str>) -> Result<(), ApiError> {
        match (&self.credential, slug) {
            (Credential::Key(key), Some(slug)) if !key.reaches_slug(slug) => {
                Err(ApiError::workspace_out_of_reach())
            }
            (Credential::Key(_) | Credential::Session(_), _) => Ok(()),
        }
    }

    /// The conversations that there are for this caller.
    pub(crate) fn chat(&self, api: &Api) -> Chat {
        let chat = api.chat.clone().within(self.reached());
        if self.may(KeyScope::AgentsQuery) { chat } else { chat.without_agents() }
    }

    /// The slugs of the workspaces for which the credential is good; all that the person sees when there are none.
    pub(crate) fn reached(&self) -> Option<BTreeSet<String>> {
        match &self.credential {
            Credential::Key(key) => Some(key.slugs().map(str::to_owned).collect()),
            Credential::Session(_) => None,
        }
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let caller = Self::shown(parts, api).await?;
        if let Credential::Key(key) = &caller.credential {
            key_scope::admit(parts, key).await?;
        }
        Ok(caller)
    }
}

/// Who has shown who they are was found out already; an extension, since limits want to know it before any route does.
#[derive(Clone)]
struct Shown(Result<Caller, ApiError>);

impl Caller {
    /// Whoever has shown who they are, whether or not the route is for them.
    pub(crate) async fn shown(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        if let Some(Shown(caller)) = parts.extensions.get() {
            return caller.clone();
        }
        let caller = Self::find_out(parts, api).await;
        parts.extensions.insert(Shown(caller.clone()));
        caller
    }

    async fn find_out(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let is_bearer = parts.headers.contains_key(AUTHORIZATION);
        let refused = if is_bearer { ApiError::bearer_refused } else { ApiError::unauthenticated };
        let token = presented(&parts.headers, Spelling::of(parts)).ok_or_else(refused)?;
        let Ok(edge) = Edge::from_request_parts(parts, api).await;
        if let Some(session) = api.identity.authenticate(&token).await? {
            return Ok(SessionCaller::of(edge, session).into());
        }
        // No page can make a browser show a key, and no cookie is one.
        let key = if is_bearer { api.identity.authenticate_key(&token).await? } else { None };
        let key = key.ok_or_else(refused)?;
        let (user, id) = (key.user.clone(), key.key_id.uuid());
        let origin = edge.origin(Actor::ApiKey { id, user: user.id });
        Ok(Self { user, credential: Credential::Key(Arc::new(key)), origin })
    }
}

impl FromRequestParts<Api> for SessionCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let Caller { user, credential, origin } = Caller::from_request_parts(parts, api).await?;
        match credential {
            Credential::Session(session_id) => Ok(Self { user, session_id, origin }),
            Credential::Key(_) => Err(ApiError::session_required()),
        }
    }
}

impl SessionCaller {
    /// Whoever has shown this session.
    pub(crate) fn of(edge: Edge, session: Authenticated) -> Self {
        let Authenticated { user, session_id, authenticated_at: _, expires_at: _ } = session;
        let origin = edge.in_session(session_id).origin(Actor::User(user.id));
        Self { user, session_id, origin }
    }
}

impl From<SessionCaller> for Caller {
    fn from(SessionCaller { user, session_id, origin }: SessionCaller) -> Self {
        Self { user, credential: Credential::Session(session_id), origin }
    }
}

/// The token that a request presents.
///
/// Where there is an `Authorization`, the cookie does not count: unsafe requests pass the same-origin check because of it.
fn presented(headers: &HeaderMap, spelling: Spelling) -> Option<Secret> {
    let token = if headers.contains_key(AUTHORIZATION) {
        spelled(headers, spelling)?
    } else {
        in_cookie(headers).filter(|token| !token.is_empty())?
    };
    Some(token.into())
}

/// How `Bearer` may be written: exactly so, as it ever was, but where clients of the Model Context Protocol come from.
#[derive(Clone, Copy)]
enum Spelling {
    Exact,
    AnyCase,
}

impl Spelling {
    fn of(parts: &Parts) -> Self {
        match parts.extensions.get::<MatchedPath>() {
            Some(route) if route.as_str() == mcp::PATH => Self::AnyCase,
            Some(_) | None => Self::Exact,
        }
    }

    fn fits(self, scheme: &str) -> bool {
        match self {
            Self::Exact => scheme == SCHEME,
            Self::AnyCase => scheme.eq_ignore_ascii_case(SCHEME),
        }
    }
}

/// The token behind `Authorization: Bearer`, if there is exactly one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    spelled(headers, Spelling::Exact)
}

fn spelled(headers: &HeaderMap, spelling: Spelling) -> Option<&str> {
    let mut authorizations = headers.get_all(AUTHORIZATION).iter();
    let (Some(authorization), None) = (authorizations.next(), authorizations.next()) else {
        return None;
    };
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (spelling.fits(scheme) && !token.is_empty()).then_some(token)
}

fn in_cookie(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    pairs.flat_map(|pairs| pairs.split(';')).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == COOKIE_NAME).then(|| value.trim())
    })
}

/// The cookie of a session that has just begun.
pub(crate) fn cookie(api: &Api, token: &Secret, expires_at: DateTime<Utc>) -> HeaderValue {
    let seconds = (expires_at - api.options.clock.now()).num_seconds().max(0);
    set_cookie(api, token.expose(), seconds)
}

/// The cookie that takes the cookie away.
pub(crate) fn no_cookie(api: &Api) -> HeaderValue {
    set_cookie(api, "", 0)
}

fn set_cookie(api: &Api, value: &str, seconds: i64) -> HeaderValue {
    let secure = if api.options.secure_cookies { "; Secure" } else { "" };
    let text =
        format!("{COOKIE_NAME}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::try_from(text).expect("tokens are URL-safe");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(headers: &[(&'static str, &'static str)]) -> Option<String> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        presented(&headers, Spelling::Exact).map(|token| token.expose().to_owned())
    }

    #[test]
    fn a_token_comes_as_bearer_or_as_cookie() {
        assert_eq!(token(&[("authorization", "Bearer abc ")]).unwrap(), "abc");
        assert_eq!(token(&[("cookie", "theme=dark; perme8_session=abc; x=y")]).unwrap(), "abc");
        assert_eq!(
            token(&[("cookie", "theme=dark"), ("cookie", "perme8_session=abc")]).unwrap(),
            "abc"
        );
    }

    #[test]
    fn what_is_no_token_is_none() {
        for header in [
            ("authorization", "Bearer"),
            ("authorization", "Bearer   "),
            ("authorization", "bearer abc"),
            ("authorization", "Basic abc"),
            ("cookie", "perme8_session="),
            ("cookie", "perme8_session"),
            ("cookie", "xperme8_session=abc"),
        ] {
            assert_eq!(token(&[header]), None, "{header:?}");
        }
        assert_eq!(token(&[]), None);
    }

    #[test]
    fn an_authorization_hides_the_cookie() {
        assert_eq!(
            token(&[("authorization", "Basic abc"), ("cookie", "perme8_session=abc")]),
            None
        );
        assert_eq!(
            token(&[("authorization", "Bearer abc"), ("authorization", "Bearer abc")]),
            None
        );
    }
}
