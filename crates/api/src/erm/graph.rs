//! Walks through the graph of a workspace.

use axum::extract::State;
use erm::{
    Depth, EdgeDetails, EdgeId, EntityDetails, EntityId, FindPaths, GraphEntity, GraphLimit,
    GraphName, Neighbours, PathDetails, PathMode, Properties, Subgraph, Traverse, TypeName,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    asked::{Asked, Listing, Part, admit},
    path::{GraphAt, ItemAt, WaysAt},
    shown::Counted,
};
use crate::{auth::Caller, body::granted_or, error::ApiError, response::Data, state::Api};

/// What is found by a traversal.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FoundGraph")]
pub(crate) struct Found {
    nodes: Vec<EntityDetails>,
    edges: Vec<FoundEdge>,
}

/// An edge that is found by a traversal.
#[derive(Debug, Serialize, JsonSchema)]
struct FoundEdge {
    id: EdgeId,
    #[serde(rename = "type")]
    edge_type: String,
    source_id: EntityId,
    target_id: EntityId,
    properties: Properties,
}

/// How far a traversal went.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FoundDepth")]
pub(crate) struct Far {
    depth: Depth,
}

impl From<EdgeDetails> for FoundEdge {
    fn from(edge: EdgeDetails) -> Self {
        let EdgeDetails { id, edge_type, source_id, target_id, properties, .. } = edge;
        Self { id, edge_type, source_id, target_id, properties }
    }
}

/// `GET /api/v1/workspaces/{workspace_id}/entities/{id}/neighbors`
pub(crate) async fn neighbours(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEntity>,
    asked: Asked,
) -> Result<Data<Vec<EntityDetails>, Counted>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let (graph, part, wish) = granted_or(neighbours_of(id, &asked), granted).await?;
    let graph = admit(&caller, graph)?;
    let page = api.erm.neighbours(&caller.origin, &workspace, graph, wish).await?;
    Ok(Data::with_meta(page.items, Counted::of(page.total, part)))
}

fn neighbours_of(
    id: Option<EntityId>,
    asked: &Asked,
) -> Result<(GraphName, Part, Neighbours), ApiError> {
    let entity = id.ok_or_else(|| no_id("id"))?;
    let direction = asked.direction()?;
    let part = asked.part(Listing::Neighbours)?;
    let edge_type = type_name(asked, &["edge_type", "type"])?;
    let entity_type = type_name(asked, &["entity_type"])?;
    let Part { limit, offset } = part;
    let wish = Neighbours { entity, direction, edge_type, entity_type, limit, offset };
    Ok((asked.graph()?, part, wish))
}

/// `GET /api/v1/workspaces/{workspace_id}/entities/{id}/paths/{target_id}`
pub(crate) async fn paths(
    State(api): State<Api>,
    caller: Caller,
    WaysAt { workspace, ends }: WaysAt<GraphEntity>,
    asked: Asked,
) -> Result<Data<Vec<PathDetails>>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let (graph, wish) = granted_or(ways_between(ends, &asked), granted).await?;
    let graph = admit(&caller, graph)?;
    Ok(Data::new(api.erm.paths(&caller.origin, &workspace, graph, wish).await?))
}

fn ways_between(
    ends: Option<(EntityId, EntityId)>,
    asked: &Asked,
) -> Result<(GraphName, FindPaths), ApiError> {
    let (source, target) = ends.ok_or_else(|| no_id("id"))?;
    let depth = depth(asked).map_err(|error| senseless(&error))?;
    let direction = asked.direction()?;
    let edge_types = type_names(asked, &["edge_types", "edge_type", "type"])?;
    let mode = match asked.text("mode") {
        None | Some("all_simple") => PathMode::AllSimple,
        Some("shortest") => PathMode::Shortest,
        Some(_) => return Err(senseless(&"mode must be one of shortest, all_simple")),
    };
    let limit = asked.limit(Listing::Neighbours)?;
    let wish = FindPaths { source, target, depth, direction, edge_types, mode, limit };
    Ok((asked.graph()?, wish))
}

/// `GET /api/v1/workspaces/{workspace_id}/traverse`
pub(crate) async fn traverse(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    asked: Asked,
) -> Result<Data<Found, Far>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let (graph, wish) = granted_or(traversal(&asked), granted).await?;
    let (graph, depth) = (admit(&caller, graph)?, wish.depth);
    let found = api.erm.traverse(&caller.origin, &workspace, graph, wish).await?;
    let Subgraph { nodes, edges } = found;
    let edges = edges.into_iter().map(FoundEdge::from).collect();
    Ok(Data::with_meta(Found { nodes, edges }, Far { depth }))
}

fn traversal(asked: &Asked) -> Result<(GraphName, Traverse), ApiError> {
    let start = asked.text("start_id").filter(|text| !text.is_empty());
    let start = start.ok_or(ApiError::no_start_id())?;
    let start: EntityId = erm::parse_id(start).ok_or_else(|| no_id("start_id"))?;
    let depth = depth(asked).map_err(|error| ApiError::senseless("invalid_depth", error))?;
    let direction = asked.direction()?;
    let edge_types = type_names(asked, &["edge_types", "edge_type", "type"])?;
    let entity_types = type_names(asked, &["entity_types", "entity_type"])?;
    let limit = match asked.text("limit") {
        Some(_) => asked.limit(Listing::Neighbours)?,
        None => GraphLimit::ALL,
    };
    Ok((asked.graph()?, Traverse { start, depth, direction, edge_types, entity_types, limit }))
}

/// How far to go, in one of the two spellings of it.
fn depth(asked: &Asked) -> Result<Depth, String> {
    let depth = asked.first_of(&["depth", "max_depth"]).map(Depth::parse);
    depth.unwrap_or_else(|| Ok(Depth::default())).map_err(|error| error.to_string())
}

fn type_names(asked: &Asked, names: &[&str]) -> Result<Vec<String>, ApiError> {
    let names = asked.words(names).map(TypeName::parse);
    let names = names.map(|name| name.map(|name| name.as_str().to_owned()));
    names.collect::<Result<_, _>>().map_err(|error| senseless(&error))
}

fn type_name(asked: &Asked, names: &[&str]) -> Result<Option<String>, ApiError> {
    let Some(word) = asked.first_of(names) else { return Ok(None) };
    let name = TypeName::parse(word).map_err(|error| senseless(&error))?;
    Ok(Some(name.as_str().to_owned()))
}

fn no_id(name: &str) -> ApiError {
    senseless(&format_args!("{name} must be a UUID"))
}

/// What walks say of whatever makes no sense.
fn senseless(problem: &dyn std::fmt::Display) -> ApiError {
    ApiError::senseless("unprocessable_entity", problem.to_string())
}
