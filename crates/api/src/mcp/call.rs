//! A tool is called: by whom, with what, and what comes of it.

use std::borrow::Cow;

use futures_util::future::BoxFuture;
use identity::WorkspaceRef;
use serde_json::{Map, Value};

use crate::{
    auth::{Caller, Credential},
    error::ApiError,
    fields::{Fields, FromFields},
    state::Api,
};

/// Everything that a tool has at hand.
#[derive(Debug)]
pub(crate) struct Call {
    pub(super) api: Api,
    pub(super) caller: Caller,
    pub(super) arguments: Map<String, Value>,
}

/// Why a tool did not do what it was called for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What it was given is not what it takes.
    Arguments(ApiError),
    /// For a reason that only callers of tools have to be told of.
    Refused(Cow<'static, str>),
    /// As every other client of this edge would be refused.
    Failed(ApiError),
}

/// What a tool says, in Markdown.
pub(crate) type Outcome = Result<String, Failure>;

/// What a tool does.
pub(crate) type Run = fn(Call) -> BoxFuture<'static, Outcome>;

impl<E: Into<ApiError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Call {
    /// What the tool was given.
    pub(super) fn take<T: FromFields>(&mut self) -> Result<T, Failure> {
        Fields::read(std::mem::take(&mut self.arguments)).map_err(Failure::Arguments)
    }

    /// The workspace that is named, or the first one that the key reaches where its owner is; nothing that it does not reach.
    pub(super) async fn workspace(&self, named: Option<String>) -> Result<WorkspaceRef, Failure> {
        let Credential::Key(key) = &self.caller.credential else {
            return named.map(WorkspaceRef::from).ok_or(Failure::Refused(
                "Which workspace? Say its slug in `workspace`; jarga.list_workspaces lists them."
                    .into(),
            ));
        };
        let slug = if let Some(slug) = &named {
            Some(slug.as_str()).filter(|slug| key.reaches_slug(slug))
        } else {
            let people = self.api.identity.directory();
            let theirs = people.workspaces_of(self.caller.user.id).await?;
            key.slugs().find(|slug| theirs.iter().any(|(entry, _)| entry.slug == *slug))
        };
        slug.map(WorkspaceRef::from).ok_or(Failure::Refused(
            "The key does not reach that workspace; jarga.list_workspaces lists those that it does.".into(),
        ))
    }
}
