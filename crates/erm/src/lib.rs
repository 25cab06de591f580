#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - [`Erm`] is the facade. Each of its methods takes a command, which says what it emits, or answers a question: on schemas
//!   ([`PutSchema`]), on entities ([`CreateEntity`], [`ReplaceEntity`], [`MergeEntity`], [`PutEntityByKey`], [`DeleteEntity`],
//!   [`RestoreEntity`]), on edges ([`CreateEdge`], [`ReplaceEdge`], [`MergeEdge`], [`DeleteEdge`], [`RestoreEdge`]), on many at
//!   once ([`CreateEntities`], [`UpdateEntities`], [`DeleteEntities`], [`CreateEdges`]), on walks ([`Neighbours`],
//!   [`Traverse`], [`FindPaths`]) and on files ([`Export`], [`Import`]).
//! - [`Knowledge`] is the same for entries ([`CreateEntry`], [`UpdateEntry`], [`DeleteEntry`], [`RelateEntries`],
//!   [`UnrelateEntries`], [`SearchEntries`], [`TraverseEntries`]), which are entities.
//! - [`EVENTS`] are [`SchemaCreated`] and [`SchemaUpdated`]; [`EntityCreated`], [`EntityUpdated`], [`EntityDeleted`],
//!   [`EntityRestored`] and [`EntityPurged`]; [`EdgeCreated`], [`EdgeUpdated`], [`EdgeDeleted`] and [`EdgeRestored`];
//!   [`BulkEntitiesCreated`], [`BulkEntitiesUpdated`], [`BulkEntitiesDeleted`] and [`BulkEdgesCreated`];
//!   [`TraversalExecuted`].
//! - [`OnWorkspaceDeleted`] hears [`identity::WorkspaceDeleted`], and [`Clearer`] does what it leaves; [`WorkspaceGraph`] is the
//!   projection of what is in a workspace. A host registers all three.
//! - [`Members`] and [`Things`] are the ports by which it asks others; [`IdentityGateway`] and [`ThingsGateway`] ask the contexts
//!   of the same host.

mod application;
mod domain;
mod facade;
mod infrastructure;

#[cfg(any(test, feature = "testing"))]
mod testing;

// Facade: api, the host and tests.
pub use domain::quota::{Counted, Quota};
pub use facade::Erm;
pub use facade::access::AccessError;
pub use facade::options::{Bounds, ErmOptions};
pub use infrastructure::MIGRATIONS;

// Commands and their errors: for whoever may use the facade.
pub use application::bulks::create_edges::{CreateEdges, NewEdge};
pub use application::bulks::create_entities::{CreateEntities, NewEntity};
pub use application::bulks::delete_entities::DeleteEntities;
pub use application::bulks::update_entities::{EntityUpdate, UpdateEntities};
pub use application::bulks::{BulkError, BulkFailure, BulkMode, BulkOutcome, ItemError};
pub use application::edges::create_edge::CreateEdge;
pub use application::edges::delete_edge::DeleteEdge;
pub use application::edges::replace_edge::{MergeEdge, ReplaceEdge};
pub use application::edges::restore_edge::RestoreEdge;
pub use application::entities::create_entity::CreateEntity;
pub use application::entities::delete_entity::DeleteEntity;
pub use application::entities::put_entity_by_key::PutEntityByKey;
pub use application::entities::replace_entity::{MergeEntity, ReplaceEntity};
pub use application::entities::restore_entity::RestoreEntity;
pub use application::purge_deleted::{PurgeDeleted, PurgeDeletedError};
pub use application::put_schema::{PutSchema, PutSchemaError};
pub use application::writing::WriteError;

// Read models of the facade, and why it did not answer.
pub use application::dry_run_schema::{DryRun, DryRunSchemaError, ItemKind, Nonconforming};
pub use application::read_models::items::{
    EdgeDetails, EntityDetails, ItemQueryError, RestoredEntity,
};
pub use application::read_models::schema::{
    SchemaDetails, SchemaHistory, SchemaQueryError, SchemaVersion, SchemaVersionDetails,
};

// Graphs as files.
pub use application::import::{
    Import, ImportError, ImportProblem, ImportProgress, ImportReport, ImportedEdges,
    ImportedEntities, ImportedSchema, SchemaImport,
};
pub use domain::lines::FileFormat;
pub use facade::export::Export;

// Lists of entities and edges.
pub use application::list_edges::ListEdges;
pub use application::list_entities::ListEntities;
pub use application::listing::{Cursor, ItemsPage, ListError, ListPlace};
pub use domain::filter::{Filter, FilterError, Operator};

// Walks through graphs, what they find, and why they find nothing.
pub use application::graph::find_paths::{FindPaths, PathDetails};
pub use application::graph::neighbours::{Neighbours, NeighboursPage};
pub use application::graph::traverse::{Subgraph, Traverse};
pub use application::graph::{GraphError, GraphName};
pub use application::projected::{ListProjected, ProjectedPage};
pub use domain::graph::GraphBound;
pub use domain::graph::paths::PathMode;
pub use domain::graph::terms::{
    Depth, Direction, GraphLimit, InvalidDepth, InvalidDirection, InvalidGraphLimit,
};

// Entries of knowledge: the facade, what it is asked, and what it tells.
pub use application::knowledge::EntryQueryError;
pub use application::knowledge::read_models::{
    EntryDetails, FoundEntries, FoundEntry, FoundEntryPlace, OpenEntry, RelationDetails,
    RelationDirection,
};
pub use application::knowledge::relate_entries::{
    RelateEntries, RelateError, Relation, UnrelateEntries,
};
pub use application::knowledge::search_entries::{SearchEntries, SearchEntriesError};
pub use application::knowledge::traverse_entries::{
    ReachedEntries, ReachedRelation, TraverseEntries, TraverseEntriesError,
};
pub use application::knowledge::write_entry::{CreateEntry, DeleteEntry, UpdateEntry};
pub use application::knowledge::writing::WriteEntryError;
pub use domain::knowledge::category::{Category, UnknownCategory};
pub use domain::knowledge::changes::{EntryChanges, NewEntry};
pub use domain::knowledge::entry::{EntryList, InvalidEntry};
pub use domain::knowledge::relation::{RelationType, UnknownRelationType};
pub use facade::knowledge::Knowledge;

// Events: for the handlers of other contexts.
pub use domain::events::EVENTS;
pub use domain::events::bulks::{
    BulkEdgesCreated, BulkEntitiesCreated, BulkEntitiesDeleted, BulkEntitiesUpdated,
};
pub use domain::events::edges::{EdgeCreated, EdgeDeleted, EdgeRestored, EdgeUpdated};
pub use domain::events::entities::{
    EntityCreated, EntityDeleted, EntityPurged, EntityRestored, EntityUpdated,
};
pub use domain::events::items::PropertyChanges;
pub use domain::events::schema::{SchemaCreated, SchemaUpdated};
pub use domain::events::traversals::{TraversalExecuted, TraversalKind};

// Ports that a host may implement, and their implementations on identity and documents.
pub use application::ports::{DocumentView, Members, Membership, Things};
pub use infrastructure::identity_gateway::IdentityGateway;
pub use infrastructure::things_gateway::ThingsGateway;

// Language: for every layer of other contexts.
pub use domain::claims::End;
pub use domain::names::{
    ExternalKey, InvalidExternalKey, InvalidPropertyName, InvalidTypeName, PropertyName, TypeName,
};
pub use domain::patterns::Pattern;
pub use domain::properties::{Properties, PropertyError};
pub use domain::references::{
    BulkOperation, BulkOperationId, EdgeId, EntityId, GraphEdge, GraphEntity, GraphTraversal,
    SchemaId, TraversalId, WorkspaceSchema, parse_id,
};
pub use domain::schema::changes::{SchemaChanges, TypeChanges};
pub use domain::schema::draft::{SchemaDraft, SchemaError};
pub use domain::schema::{
    Cardinality, Constraints, EdgeType, EntityType, PropertyDefinition, SchemaDefinition,
};
pub use domain::values::PropertyType;

// Handlers and workers: the host runs them.
pub use application::clearance::Clearance;
pub use application::on_workspace_deleted::OnWorkspaceDeleted;
pub use facade::clearer::Clearer;
pub use infrastructure::projected_graph::WorkspaceGraph;

// Testing: for measurements.
#[cfg(any(test, feature = "testing"))]
pub use testing::{ByHand, Planted, Scan, Shape, plant, plant_telling};
