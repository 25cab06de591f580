//! What is sent to graphs: an object, of which properties and drafts are handed on as they are.

use axum::extract::{FromRequest, Request};
use perme8_events::Id;
use serde_json::{Map, Value, json};

use crate::{
    body::{self, granted_or},
    error::ApiError,
    state::Api,
};

/// The body of a wish. What is wrong with it is found out by whoever reads it, and said to those alone who may have the wish.
#[derive(Debug)]
pub(crate) struct Sent(Value);

impl FromRequest<Api> for Sent {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        body::json(request, api).await.map(Self)
    }
}

impl Sent {
    /// What it says; if that makes no sense, whether the wish is `granted` is asked before that is said.
    pub(crate) async fn read<T, E: Into<ApiError>>(
        self,
        read: impl FnOnce(&mut Members) -> Result<T, ApiError>,
        granted: impl Future<Output = Result<(), E>>,
    ) -> Result<T, ApiError> {
        let said = match self.0 {
            Value::Object(members) => read(&mut Members(members)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(ApiError::wrong_field("body", "must be an object")),
        };
        granted_or(said, granted).await
    }
}

/// The members of an object; those that nobody takes are ignored, and `null` counts as missing.
#[derive(Debug)]
pub(crate) struct Members(pub(crate) Map<String, Value>);

/// What has which id, its properties or what changes of them, and the version that was seen.
type Change<A> = (Id<A>, Map<String, Value>, Option<i64>);

impl Members {
    /// Those of an object in a list.
    pub(crate) fn of(item: Value) -> Result<Self, Wrong> {
        match item {
            Value::Object(members) => Ok(Self(members)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(Wrong::of("item", "must be an object")),
        }
    }

    /// What becomes of what has this id: its properties, or what changes of them, and the version that was seen.
    pub(crate) fn change_of<A>(&mut self, id: Option<Id<A>>) -> Result<Change<A>, ApiError> {
        let id = id.ok_or_else(|| ApiError::wrong_because("id must be a UUID"))?;
        Ok((id, self.properties("properties")?, self.version()?))
    }

    /// Whatever has this name.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Whatever has the first of these names that is there.
    pub(crate) fn take_first(&mut self, names: &[&str]) -> Option<Value> {
        names.iter().find_map(|name| self.take(name))
    }

    /// A text; a missing one is empty, which is no name of anything.
    pub(crate) fn text(&mut self, name: &str) -> Result<String, Wrong> {
        self.optional_text(name).map(Option::unwrap_or_default)
    }

    /// A text that may be missing.
    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Wrong> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Wrong::of(name, "must be a text")),
        }
    }

    /// The properties under this name; missing ones are none.
    pub(crate) fn properties(&mut self, name: &str) -> Result<Map<String, Value>, Wrong> {
        match self.take(name) {
            None => Ok(Map::new()),
            Some(Value::Object(properties)) => Ok(properties),
            Some(_) => Err(Wrong::of(name, "must be an object")),
        }
    }

    /// The id of something.
    pub(crate) fn id<A>(&mut self, name: &str) -> Result<Id<A>, Wrong> {
        let text = self.take(name);
        let id = text.as_ref().and_then(Value::as_str).and_then(erm::parse_id);
        id.ok_or_else(|| Wrong::of(name, "must be a UUID"))
    }

    /// The version that was seen.
    pub(crate) fn version(&mut self) -> Result<Option<i64>, Wrong> {
        let version = self.take("version");
        let number = version.as_ref().map(Value::as_i64);
        number
            .map(|number| number.ok_or_else(|| Wrong::of("version", "must be an integer")))
            .transpose()
    }
}

/// A member that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) message: &'static str,
}

impl Wrong {
    pub(crate) fn of(field: &str, message: &'static str) -> Self {
        Self { field: field.to_owned(), message }
    }

    /// As clients are told of it.
    pub(crate) fn shown(&self) -> Value {
        let Self { field, message } = self;
        json!({ "field": field, "message": format!("{field} {message}") })
    }
}

impl From<Wrong> for ApiError {
    fn from(wrong: Wrong) -> Self {
        Self::wrong(json!([wrong.shown()]))
    }
}
