#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - [`Chat`] is the facade. Each of its methods takes a command ([`CreateSession`], [`SendMessage`], [`RenameSession`],
//!   [`DeleteMessage`], [`DeleteSession`]), which says what it emits, or answers a question; its error says why not.
//!   What is said is heard as it comes, as a [`Hearing`].
//! - [`EVENTS`] are [`ChatSessionStarted`], [`ChatMessageSent`], [`ChatResponseReceived`], [`ChatSessionTitleChanged`],
//!   [`ChatMessageDeleted`] and [`ChatSessionDeleted`].
//! - [`OnGone`] hears of what is gone elsewhere, and [`Clearer`] does what it leaves; [`Closer`] ends answers that a crash left
//!   open, by a schedule of its own ([`Closer::schedule`]). A host registers all three.
//! - [`Members`], [`ProjectDirectory`], [`DocumentDirectory`] and [`AgentDirectory`] are the ports by which it asks others;
//!   [`IdentityGateway`], [`ProjectsGateway`], [`DocumentsGateway`] and [`AgentsGateway`] ask the contexts of the same host.

mod application;
mod domain;
mod facade;
mod infrastructure;

#[cfg(test)]
mod testing;

// Facade: api, web, the host and tests.
pub use facade::{
    Chat,
    clearer::Clearer,
    closer::Closer,
    hearing::{Hearing, Said},
    sending::Exchange,
};
pub use infrastructure::MIGRATIONS;

// Commands and their errors: for whoever may use the facade.
pub use application::cancel_answer::{CancelAnswer, CancelAnswerError};
pub use application::create_session::{CreateSession, CreateSessionError};
pub use application::delete_message::{DeleteMessage, DeleteMessageError};
pub use application::delete_session::{DeleteSession, DeleteSessionError};
pub use application::reconcile::{Reconcile, ReconcileError, Reconciled};
pub use application::rename_session::{RenameSession, RenameSessionError};
pub use application::send_message::{NamedDocument, SendMessage, SendMessageError};

// Reactions to what happens elsewhere, and their jobs.
pub use application::{clearance::Clearance, close_interrupted::CloseInterrupted, on_gone::OnGone};

// Read models of the facade, and why it did not answer.
pub use application::read_models::{
    ExportMessages, ExportedMessages, ListMessages, ListSessions, MessageDetails, MessagePlace,
    MessagesPage, QueryError, SessionDetails, SessionPlace, SessionsPage, Span,
};
pub use application::searching::{FoundMessage, FoundMessages, SearchMessages};

// Events: for the handlers of other contexts.
pub use domain::events::{
    ChatMessageDeleted, ChatMessageSent, ChatResponseReceived, ChatSessionDeleted,
    ChatSessionStarted, ChatSessionTitleChanged, EVENTS,
};

// Language: for every layer of other contexts.
pub use domain::message::{MessageRole, MessageStatus};
pub use domain::references::{ChatSessionId, MessageId, SessionMessage, UserChatSession};

// Ports that a host may implement, and their implementations on the other contexts.
pub use application::ports::{
    AgentDirectory, AgentView, DocumentDirectory, Members, ProjectDirectory, ProjectView,
    WorkspaceView,
};
pub use infrastructure::agents_gateway::AgentsGateway;
pub use infrastructure::documents_gateway::DocumentsGateway;
pub use infrastructure::identity_gateway::IdentityGateway;
pub use infrastructure::projects_gateway::ProjectsGateway;
