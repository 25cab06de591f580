//! What happened, and to what.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::domain::{audience::Audience, id::WorkspaceId};

/// A fact of the domain, named in the past tense.
///
/// Derived with `#[derive(DomainEvent)]`:
///
/// ```
/// use perme8_events::{DomainEvent, Id, UserId, WorkspaceId};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// pub enum Project {}
///
/// /// Emitted when a project is created.
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
/// #[event(name = "projects.project_created", aggregate = "project", audience(workspace))]
/// pub struct ProjectCreated {
///     #[event(aggregate_id)]
///     pub project_id: Id<Project>,
///     #[event(workspace_id)]
///     pub workspace_id: WorkspaceId,
///     pub user_id: UserId,
///     pub name: String,
/// }
///
/// assert_eq!(ProjectCreated::TYPE, "projects.project_created");
/// assert_eq!(ProjectCreated::SUMMARY, "Emitted when a project is created.");
/// ```
///
/// Without `name` the type is the crate's name and the struct's name in snake case. An aggregate whose id is made of
/// several fields says `id = "{workspace_id}:{user_id}"` instead of marking one field.
pub trait DomainEvent:
    Serialize + DeserializeOwned + JsonSchema + fmt::Debug + Clone + Send + Sync + 'static
{
    /// The stable name on the wire, `<context>.<event>`.
    const TYPE: &'static str;
    /// Rises on a breaking change, from 1.
    const VERSION: u16;
    /// [`Aggregate::TYPE`] of the aggregate it happened to.
    const AGGREGATE: &'static str;
    /// The first sentence of its documentation.
    const SUMMARY: &'static str;
    /// The name of the Rust type.
    const RUST_NAME: &'static str;

    /// The id of the aggregate it happened to, as text: ids can be composite.
    fn aggregate_id(&self) -> String;
    /// The tenant it belongs to.
    fn workspace_id(&self) -> Option<WorkspaceId>;
    /// Who may see it.
    fn audience(&self) -> Audience;
}

/// The consistency boundary that decides on events: loaded, decided upon and saved as a whole.
pub trait Aggregate: Send + Sync + Sized + 'static {
    /// The stable name of the aggregate on the wire.
    const TYPE: &'static str;
    /// What identifies it; may be composite.
    type Id: Clone + fmt::Display + Send + Sync;
    /// Identifies this instance.
    fn id(&self) -> Self::Id;
}
