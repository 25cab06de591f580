//! What stands behind the question mark of an address of graphs.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use erm::{Cursor, Direction, Filter, GraphLimit, GraphName, ListPlace, ListProjected, TypeName};
use identity::KeyScope;

use crate::{auth::Caller, error::ApiError, state::Api};

/// The parameters of a query, in their order; of one that stands there twice, the last counts.
///
/// What is wrong with them is found out by whoever reads them, and said to those alone who may see the graph.
#[derive(Debug)]
pub(crate) struct Asked(Vec<(String, String)>);

/// How lists say that a part of them is none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Listing {
    Entities,
    Edges,
    Neighbours,
}

/// What somebody wants of a list of one of the graphs.
#[derive(Debug)]
pub(crate) enum Wish<T> {
    /// Of the graph that the workspace wrote.
    Own(T),
    /// Of the graph of what is in the workspace beside it.
    Workspace(ListProjected),
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) limit: GraphLimit,
    pub(crate) offset: u64,
}

/// What narrows lists of the graph that the workspace wrote, and of no other.
const OF_OWN: [&str; 5] = ["after", "sort", "include_deleted", "source_id", "target_id"];

impl FromRequestParts<Api> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| ApiError::malformed_query())?;
        // PostgreSQL has no text with this character.
        let is_text =
            |(name, value): &(String, String)| !name.contains('\0') && !value.contains('\0');
        if pairs.0.iter().all(is_text) {
            Ok(Self(pairs.0))
        } else {
            Err(ApiError::malformed_query())
        }
    }
}

impl Asked {
    /// Each parameter and what it says.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What this parameter says.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs().filter(|(asked, _)| *asked == name).last().map(|(_, value)| value)
    }

    /// What the first of these names that is there says.
    pub(crate) fn first_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.text(name))
    }

    /// The words of a list that commas part.
    pub(crate) fn words(&self, names: &[&str]) -> impl Iterator<Item = &str> {
        self.first_of(names).into_iter().flat_map(|text| text.split(',')).map(str::trim)
    }

    /// Whether this is wished.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// How much is asked for at most.
    pub(crate) fn limit(&self, of: Listing) -> Result<GraphLimit, ApiError> {
        let Some(limit) = self.whole("limit")? else { return Ok(GraphLimit::default()) };
        GraphLimit::of(limit).map_err(|error| match of {
            Listing::Entities if limit == 0 => ApiError::wrong_because(&error.to_string()),
            Listing::Entities | Listing::Neighbours => {
                ApiError::senseless("invalid_limit", error.to_string())
            }
            Listing::Edges => ApiError::wrong_because(&error.to_string()),
        })
    }

    /// Which part of a list is asked for.
    pub(crate) fn part(&self, of: Listing) -> Result<Part, ApiError> {
        let (limit, offset) = (self.limit(of)?, self.whole("offset")?);
        let offset = u64::try_from(offset.unwrap_or_default()).map_err(|_| {
            let message = "offset must be at least 0";
            match of {
                Listing::Entities | Listing::Neighbours => {
                    ApiError::senseless("invalid_limit", message)
                }
                Listing::Edges => ApiError::wrong_because(message),
            }
        })?;
        Ok(Part { limit, offset })
    }

    /// Where the part of a list begins: behind another part, if one is named.
    pub(crate) fn place(&self, part: Part) -> Result<ListPlace, ApiError> {
        let Some(after) = self.text("after") else { return Ok(ListPlace::Offset(part.offset)) };
        let no_cursor = |()| ApiError::wrong_field("after", "after must be what meta.next said");
        after.parse().map(|cursor: Cursor| ListPlace::After(cursor)).map_err(no_cursor)
    }

    /// What is asked of properties.
    pub(crate) fn filters(&self) -> Vec<Filter> {
        self.pairs().filter_map(|(name, value)| Filter::of_parameter(name, value)).collect()
    }

    /// A whole number; what is none is not understood.
    pub(crate) fn whole(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ApiError::not_understood(format!("{name} must be an integer")));
        }
        // What is too large for a number is so large that it does not matter how large.
        let beyond = if text.starts_with('-') { i64::MIN } else { i64::MAX };
        Ok(Some(text.parse().unwrap_or(beyond)))
    }

    /// Which of the graphs of the workspace.
    pub(crate) fn graph(&self) -> Result<GraphName, ApiError> {
        match self.text("graph") {
            None | Some("own") => Ok(GraphName::Own),
            Some("workspace") => Ok(GraphName::Workspace),
            Some(_) => {
                let message = "graph must be one of own, workspace";
                Err(ApiError::senseless("unprocessable_entity", message))
            }
        }
    }

    /// A part of the graph of what is in the workspace beside its own; its type is in the first of these parameters that is
    /// there.
    pub(crate) fn projected(
        &self,
        Part { limit, offset }: Part,
        of_type: &[&str],
    ) -> Result<ListProjected, ApiError> {
        let narrows = |name: &str| OF_OWN.contains(&name) || name.starts_with("filter[");
        if let Some((name, _)) = self.pairs().find(|(name, _)| narrows(name)) {
            let message = format!("{name} is not known with graph=workspace");
            return Err(ApiError::senseless("unprocessable_entity", message));
        }
        let of_type = self.first_of(of_type).map(TypeName::parse).transpose();
        let of_type = of_type
            .map_err(|error| ApiError::senseless("unprocessable_entity", error.to_string()))?;
        let of_type = of_type.map(|name| name.as_str().to_owned());
        Ok(ListProjected { of_type, limit, offset })
    }

    /// Which way edges are followed.
    pub(crate) fn direction(&self) -> Result<Direction, ApiError> {
        self.text("direction").map_or(Ok(Direction::default()), |text| {
            Direction::parse(text)
                .map_err(|error| ApiError::senseless("invalid_direction", error.to_string()))
        })
    }
}

/// Refuses keys that may not see what a graph shows: projects, documents and members are not for whoever reads graphs.
pub(crate) fn admit(caller: &Caller, graph: GraphName) -> Result<GraphName, ApiError> {
    match graph {
        GraphName::Own => {}
        GraphName::Workspace => {
            caller.needs(KeyScope::ProjectsRead)?;
            caller.needs(KeyScope::DocumentsRead)?;
            caller.needs(KeyScope::WorkspacesRead)?;
        }
    }
    Ok(graph)
}

/// Refuses other graphs than the one that the workspace has written: files have no other.
pub(crate) fn own(asked: &Asked) -> Result<(), ApiError> {
    match asked.graph()? {
        GraphName::Own => Ok(()),
        GraphName::Workspace => {
            let message = "the graph of what is in the workspace is neither exported nor imported";
            Err(ApiError::senseless("unprocessable_entity", message))
        }
    }
}
