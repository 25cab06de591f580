#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - [`Agents`] is the facade. Each of its methods takes a command ([`CreateAgent`], [`UpdateAgent`], [`CloneAgent`],
//!   [`DeleteAgent`], [`AddAgentToWorkspace`], [`RemoveAgentFromWorkspace`], [`SyncAgentWorkspaces`]), which says what it
//!   emits, or answers a question; its error says why not. [`AskAgents`] asks them ([`AskAgent`]).
//! - [`EVENTS`] are [`AgentCreated`], [`AgentCloned`], [`AgentUpdated`], [`AgentDeleted`], [`AgentAddedToWorkspace`],
//!   [`AgentRemovedFromWorkspace`], [`AgentQueryCompleted`] and [`AgentQueryFailed`].
//! - [`OnAccessLost`] hears of what is gone elsewhere, and [`Clearer`] does what it leaves. A host registers both.
//! - [`Directory`] answers the gateways of other contexts.
//! - [`Members`] and [`Readings`] are the ports by which it asks others; [`IdentityGateway`] and [`ReadingsGateway`] ask the
//!   contexts of the same host.

mod application;
mod domain;
mod facade;
mod infrastructure;

#[cfg(test)]
mod testing;

// Facade: api, web, the host and tests.
pub use facade::{
    Agents,
    asking::{AskAgents, AskedAgent},
};
pub use infrastructure::MIGRATIONS;

// Commands and their errors: for whoever may use the facade.
pub use application::add_agent_to_workspace::{AddAgentToWorkspace, AddAgentToWorkspaceError};
pub use application::ask_agent::{AgentRef, AskAgent, AskAgentError, Place};
pub use application::clone_agent::{CloneAgent, CloneAgentError};
pub use application::create_agent::{CreateAgent, CreateAgentError};
pub use application::delete_agent::{DeleteAgent, DeleteAgentError};
pub use application::query_upkeep::{CloseInterruptedQueries, PurgeAgentQueries, QueryUpkeepError};
pub use application::remove_agent_from_workspace::{
    RemoveAgentFromWorkspace, RemoveAgentFromWorkspaceError,
};
pub use application::sync_agent_workspaces::{
    RefusedWorkspace, SyncAgentWorkspaces, SyncAgentWorkspacesError, SyncedWorkspaces,
    WorkspaceRefusal,
};
pub use application::update_agent::{UpdateAgent, UpdateAgentError};

// Read models of the facade, and why it did not answer.
pub use application::query_read_models::{
    AgentQueryDetails, AgentQueryError, ExportAgentQueries, ExportedAgentQueries,
};
pub use application::read_models::{
    AgentDetails, AgentPlace, ExportedAgent, ListWorkspaceAgents, QueryError, SharedAgent,
    WorkspaceAgents,
};

// Queries: for the gateways of other contexts.
pub use infrastructure::directory::{AgentEntry, Directory};

// Events: for the handlers of other contexts.
pub use domain::events::{
    AgentAddedToWorkspace, AgentChanges, AgentCloned, AgentCreated, AgentDeleted,
    AgentQueryCompleted, AgentQueryFailed, AgentRemovedFromWorkspace, AgentUpdated, EVENTS,
};

// Language: for every layer of other contexts.
pub use domain::query::{AgentQuery, AgentQueryId, QueryStatus};
pub use domain::temperature::{Temperature, TemperatureError};
pub use domain::visibility::{UnknownVisibility, Visibility};

// Handlers and workers: the host runs them.
pub use application::clearance::Clearance;
pub use application::on_access_lost::OnAccessLost;
pub use facade::clearer::Clearer;
pub use facade::reconciling::ReconcileError;

// Ports that a host may implement, and their implementations on the other contexts.
pub use application::ports::{Members, Membership, ReadableDocument, ReadableProject, Readings};
pub use infrastructure::identity_gateway::IdentityGateway;
pub use infrastructure::readings_gateway::ReadingsGateway;
