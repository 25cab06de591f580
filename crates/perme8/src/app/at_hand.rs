//! What whoever composes the system has at hand: its parts, one by one.

use std::sync::Arc;

use agents::Agents;
use api::{AuditTrail, Facades};
use chat::Chat;
use documents::Documents;
use erm::Erm;
use identity::Identity;
use llm::Answers;
use mail::Mailbox;
use notifications::Notifications;
use perme8_events::{
    host::{EventBus, Feed, Operations, Runtime, Tasks},
    sql::Db,
};
use projects::Projects;

use crate::{app::App, audit_log::HostAuditTrail};

impl App {
    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// What the HTTP edge shows.
    #[must_use]
    pub fn facades(&self) -> Facades {
        Facades {
            identity: self.identity.clone(),
            projects: self.projects.clone(),
            documents: self.documents.clone(),
            agents: self.agents.clone(),
            ask_agents: self.ask_agents.clone(),
            notifications: self.notifications.clone(),
            chat: self.chat.clone(),
            erm: self.erm.clone(),
        }
    }

    /// People, workspaces, members, invitations.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What the members of workspaces work on.
    #[must_use]
    pub fn projects(&self) -> &Projects {
        &self.projects
    }

    /// What the members of workspaces write.
    #[must_use]
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Whom the members of workspaces ask.
    #[must_use]
    pub fn agents(&self) -> &Agents {
        &self.agents
    }

    /// What people are told.
    #[must_use]
    pub fn notifications(&self) -> &Notifications {
        &self.notifications
    }

    /// What people talk about with a model.
    #[must_use]
    pub fn chat(&self) -> &Chat {
        &self.chat
    }

    /// What the members of workspaces know, as graphs.
    #[must_use]
    pub fn erm(&self) -> &Erm {
        &self.erm
    }

    /// What language models say, while they say it.
    #[must_use]
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Who did what, when and because of what.
    #[must_use]
    pub fn audit_trail(&self) -> Arc<dyn AuditTrail> {
        Arc::new(HostAuditTrail::new(self.db.clone(), self.identity.directory()))
    }

    /// The mails of a host without a mail server.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.db.clone())
    }

    /// Live subscriptions.
    #[must_use]
    pub fn bus(&self) -> &EventBus {
        &self.bus
    }

    /// The settled end of the log.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The durable handlers.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// What operators see and do.
    #[must_use]
    pub fn operations(&self) -> &Operations {
        &self.operations
    }

    /// What the system runs.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}
