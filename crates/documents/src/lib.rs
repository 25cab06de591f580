#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - [`Documents`] is the facade. Each of its methods takes a command ([`CreateDocument`], [`UpdateDocument`],
//!   [`TrashDocument`], [`RestoreDocument`], [`RestoreVersion`], [`PurgeDocument`]), which says what it emits, or answers a
//!   question; its error says why not. [`Documents::edit`] opens a note for an editor, as an [`Editing`].
//! - [`EVENTS`] are [`DocumentCreated`], [`DocumentTitleChanged`], [`DocumentVisibilityChanged`], [`DocumentPinnedChanged`],
//!   [`DocumentMoved`], [`DocumentHandedOver`], [`DocumentTrashed`], [`DocumentRestored`], [`DocumentDeleted`] and
//!   [`NoteContentUpdated`].
//! - [`OnDeleted`] hears of what is gone elsewhere, and [`Clearer`] does what it leaves; [`OnBurstOver`] hears that people have
//!   stopped writing; [`SearchIndex`] is the projection that is searched. A host registers all four.
//! - [`Directory`] answers the gateways of other contexts.
//! - [`Members`] and [`ProjectDirectory`] are the ports by which it asks others; [`IdentityGateway`] and [`ProjectsGateway`]
//!   ask the contexts of the same host.

mod application;
mod domain;
mod facade;
mod infrastructure;

#[cfg(any(test, feature = "testing"))]
mod testing;

// Facade: api, web, the host and tests.
pub use facade::Documents;
pub use facade::rooms::connection::{Editing, EditingEnd};
pub use infrastructure::MIGRATIONS;

// Commands and their errors: for whoever may use the facade.
pub use application::create_document::{CreateDocument, CreateDocumentError};
pub use application::edit_note::{EditNote, EditNoteError};
pub use application::purge_document::{PurgeDocument, PurgeDocumentError};
pub use application::purge_trash::{PurgeTrash, PurgeTrashError};
pub use application::restore_document::{RestoreDocument, RestoreDocumentError};
pub use application::restore_version::{RestoreVersion, RestoreVersionError};
pub use application::trash_document::{TrashDocument, TrashDocumentError};
pub use application::update_document::{Move, NewContent, UpdateDocument, UpdateDocumentError};
pub use domain::note::WriteError;

// Read models of the facade, and why it did not answer.
pub use application::read_models::{
    DocumentDetails, DocumentPlace, DocumentTitle, DocumentsPage, ExportDocuments,
    ExportedDocument, ExportedDocuments, ListDocuments, OpenDocument, QueryError, SeenDocument,
    Text,
};

pub use application::versions::{
    VersionDetails, VersionDifference, VersionError, VersionLine, VersionSummary,
};

// What is looked for, and what is found.
pub use application::searching::{
    FoundDocument, FoundPage, FoundPlace, SearchDocuments, SearchError,
};
pub use domain::search::excerpt::Excerpt;

// Events: for the handlers of other contexts.
pub use domain::events::{
    DocumentCreated, DocumentDeleted, DocumentHandedOver, DocumentMoved, DocumentPinnedChanged,
    DocumentRestored, DocumentTitleChanged, DocumentTrashed, DocumentVisibilityChanged, EVENTS,
    NoteContentUpdated,
};

// Language: for every layer of other contexts.
pub use domain::agent_command::{AgentCommand, AgentCommandError, AgentWord};
pub use domain::references::{DocumentId, DocumentNote, DocumentRef, NoteId, WorkspaceDocument};
pub use domain::search::query::{NoQuery, SearchQuery};
pub use domain::search::searched_words;

// Queries: for the gateways of other contexts.
pub use infrastructure::directory::{Directory, DocumentEntry, DocumentReading};

// Handlers and workers: the host runs them.
pub use application::clearance::Clearance;
pub use application::on_burst_over::OnBurstOver;
pub use application::on_deleted::OnDeleted;
pub use facade::clearer::Clearer;
pub use infrastructure::search_index::SearchIndex;

// Ports that a host may implement, and their implementations on identity and projects.
pub use application::ports::{
    Members, Membership, PersonView, ProjectDirectory, ProjectView, Staff,
};
pub use application::surroundings::{Ears, Heard, Surroundings};
pub use domain::sync::signal::NoteSignal;
pub use infrastructure::identity_gateway::IdentityGateway;
pub use infrastructure::projects_gateway::ProjectsGateway;

// Testing: for the tests of everything that serves documents.
#[cfg(any(test, feature = "testing"))]
pub use testing::{StockEditors, append_updates, scan_texts};
