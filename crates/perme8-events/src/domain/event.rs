//! What happened, and to what.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::domain::{
    audience::Audience, id::WorkspaceId, personal::PersonalField, upcast::Upcaster,
};

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
///
/// What was written stays as it is. A program that knows a later version brings it there when it reads:
///
/// ```
/// # use perme8_events::{DomainEvent, EventData, UpcastError};
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// /// Emitted when a door is opened.
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
/// #[event(name = "house.door_opened", aggregate = "door", audience(operators))]
/// #[event(version = 2, upcast(v1 = only_the_front_door))]
/// pub struct DoorOpened {
///     #[event(aggregate_id)]
///     pub door: String,
/// }
///
/// /// Version 1 knew one door.
/// fn only_the_front_door(mut data: EventData) -> Result<EventData, UpcastError> {
///     data.insert("door".to_owned(), "front".into());
///     Ok(data)
/// }
/// ```
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
    /// For each earlier version, in order, what brings its data to the next one.
    const UPCASTERS: &'static [Upcaster];

    /// The id of the aggregate it happened to, as text: ids can be composite.
    fn aggregate_id(&self) -> String;
    /// The tenant it belongs to.
    fn workspace_id(&self) -> Option<WorkspaceId>;
    /// Who may see it.
    fn audience(&self) -> Audience;
    /// The fields that say whose they are, each with that person; what is [`Personal`](crate::Personal) in them is sealed in the
    /// log. By its name in JSON.
    fn personal(&self) -> Vec<PersonalField> {
        Vec::new()
    }
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
