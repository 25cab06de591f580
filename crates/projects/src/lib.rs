#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - [`Projects`] is the facade. Each of its methods takes a command ([`CreateProject`], [`UpdateProject`], [`ArchiveProject`],
//!   [`RestoreProject`], [`DeleteProject`]), which says what it emits, or answers a question; its error says why not.
//! - [`EVENTS`] are [`ProjectCreated`], [`ProjectUpdated`], [`ProjectArchived`], [`ProjectRestored`] and [`ProjectDeleted`].
//! - [`OnWorkspaceDeleted`] hears [`identity::WorkspaceDeleted`] and [`OnUserDeleted`] hears [`identity::UserDeleted`];
//!   [`Clearer`] does what they leave. A host registers all three.
//! - [`Directory`] answers the gateways of other contexts.
//! - [`Members`] is the port by which it asks who belongs where; [`IdentityGateway`] asks identity.

mod application;
mod domain;
mod facade;
mod infrastructure;

#[cfg(test)]
mod testing;

// Facade: api, web, the host and tests.
pub use facade::Projects;
pub use infrastructure::MIGRATIONS;

// Commands and their errors: for whoever may use the facade.
pub use application::archive_project::{ArchiveProject, ArchiveProjectError};
pub use application::create_project::{CreateProject, CreateProjectError};
pub use application::delete_project::{DeleteProject, DeleteProjectError};
pub use application::restore_project::{RestoreProject, RestoreProjectError};
pub use application::update_project::{UpdateProject, UpdateProjectError};

// Read models of the facade, and why it did not answer.
pub use application::read_models::{
    ExportedProject, ListProjects, ProjectDetails, ProjectPlace, ProjectTitle, ProjectsPage,
    QueryError,
};

// Queries: for the gateways of other contexts.
pub use infrastructure::directory::{Directory, ProjectEntry};

// Events: for the handlers of other contexts.
pub use domain::events::{
    EVENTS, ProjectArchived, ProjectChanges, ProjectCreated, ProjectDeleted, ProjectRestored,
    ProjectUpdated,
};

// Language: for every layer of other contexts.
pub use domain::references::{ProjectId, ProjectRef, WorkspaceProject};

// Handlers and workers: the host runs them.
pub use application::clearance::Clearance;
pub use application::on_user_deleted::OnUserDeleted;
pub use application::on_workspace_deleted::OnWorkspaceDeleted;
pub use facade::clearer::Clearer;

// Ports that a host may implement, and their implementation on identity.
pub use application::ports::{Members, Membership};
pub use infrastructure::identity_gateway::IdentityGateway;
