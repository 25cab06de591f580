//! The only struct through which others use this context.

use std::{collections::BTreeSet, sync::Arc};

use llm::Answers;
use perme8_events::{
    Origin, StorageError, WorkspaceId,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        acting::{Acting, OutOfReach},
        create_session::{CreateSession, CreateSessionError},
        delete_message::{DeleteMessage, DeleteMessageError},
        delete_session::{DeleteSession, DeleteSessionError},
        ports::{AgentDirectory, DocumentDirectory, Members, ProjectDirectory, WorkspaceView},
        read_models::{
            ExportMessages, ExportedMessages, ListMessages, ListSessions, MessagesPage, QueryError,
            SessionDetails, SessionsPage, Surrounded,
        },
        rename_session::{RenameSession, RenameSessionError},
        searching::{FoundMessages, SearchMessages},
    },
    domain::{references::ChatSessionId, session::Session},
    infrastructure::{
        message_queries, search_queries,
        session_queries::{self, Asked},
    },
};

/// The conversations of people.
///
/// Each method takes the [`Origin`] of the wish and authorises from it: everybody sees their own sessions, and of those in
/// workspaces the ones in workspaces to which they still belong. A process of the host acts for a person, by the rights of
/// that person ([`Origin::person`]).
#[derive(Debug, Clone)]
pub struct Chat {
    db: Db,
    uow: UnitOfWork,
    members: Arc<dyn Members>,
    projects: Arc<dyn ProjectDirectory>,
    /// What it takes to answer; a host may have sessions looked after without it.
    answering: Option<Answering>,
    /// The slugs of the workspaces that there are for whoever acts; all of that person when nothing is said.
    reached: Option<BTreeSet<String>>,
    has_agents: bool,
}

/// What it takes to answer.
#[derive(Debug, Clone)]
struct Answering {
    answers: Answers,
    documents: Arc<dyn DocumentDirectory>,
    agents: Arc<dyn AgentDirectory>,
}

/// Runs a use case in a transaction of its own, and again while it loses races.
macro_rules! transact {
    ($self:ident, $origin:ident, $Error:ident, |$tx:ident| $execute:expr) => {{
        let lost_a_race = |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable());
        let attempt = || $self.uow.run($origin.clone(), async |$tx| $execute.await);
        $self.uow.retry(lost_a_race, attempt).await
    }};
}

impl Chat {
    /// On this database; the others know who belongs where, and which projects there are. Nothing is answered yet.
    #[must_use]
    pub fn new(db: Db, members: Arc<dyn Members>, projects: Arc<dyn ProjectDirectory>) -> Self {
        Self {
            uow: UnitOfWork::new(db.clone()),
            db,
            members,
            projects,
            answering: None,
            reached: None,
            has_agents: true,
        }
    }

    /// The same, with answers to what is said, with documents to answer from, and with agents that say how.
    #[must_use]
    pub fn with_answers(
        self,
        answers: Answers,
        documents: Arc<dyn DocumentDirectory>,
        agents: Arc<dyn AgentDirectory>,
    ) -> Self {
        Self { answering: Some(Answering { answers, documents, agents }), ..self }
    }

    /// The same for somebody who reaches no other workspaces than these, by their slugs, e.g. with a key: sessions in others are
    /// not there for them. Those in no workspace are.
    #[must_use]
    pub fn within(self, reached: Option<BTreeSet<String>>) -> Self {
        Self { reached, ..self }
    }

    /// The same for somebody who may ask no agents, e.g. with a key: none is there to be named, and none answers because the person
    /// has selected it.
    #[must_use]
    pub fn without_agents(self) -> Self {
        Self { has_agents: false, ..self }
    }

    /// Begins a session of the person who acts.
    ///
    /// # Errors
    ///
    /// [`CreateSessionError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn create_session(
        &self,
        origin: Origin,
        command: CreateSession,
    ) -> Result<SessionDetails, CreateSessionError> {
        let place = command.place(&origin, &*self.members, &*self.projects).await?;
        if place.workspace.as_ref().is_some_and(|workspace| !self.reaches(workspace)) {
            return Err(CreateSessionError::WorkspaceNotFound);
        }
        let workspaces = place.workspace.clone().into_iter().collect();
        let acting = Acting { user_id: place.user_id, workspaces };
        let begun = transact!(self, origin, CreateSessionError, |tx| command.execute(tx, &place))?;
        Ok(self.described(&acting, begun).await?)
    }

    /// Calls a session something else.
    ///
    /// # Errors
    ///
    /// [`RenameSessionError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session))]
    pub async fn rename_session(
        &self,
        origin: Origin,
        command: RenameSession,
    ) -> Result<SessionDetails, RenameSessionError> {
        let acting = self.acting(&origin).await?;
        let renamed =
            transact!(self, origin, RenameSessionError, |tx| command.execute(tx, &acting))?;
        Ok(self.described(&acting, renamed).await?)
    }

    /// Deletes a session with all that was said in it.
    ///
    /// # Errors
    ///
    /// [`DeleteSessionError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session))]
    pub async fn delete_session(
        &self,
        origin: Origin,
        command: DeleteSession,
    ) -> Result<(), DeleteSessionError> {
        let acting = self.acting(&origin).await?;
        let deleted =
            transact!(self, origin, DeleteSessionError, |tx| command.execute(tx, &acting))?;
        self.silence(&deleted);
        Ok(())
    }

    /// Deletes one message of a session.
    ///
    /// # Errors
    ///
    /// [`DeleteMessageError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session, message.id = %command.message))]
    pub async fn delete_message(
        &self,
        origin: Origin,
        command: DeleteMessage,
    ) -> Result<(), DeleteMessageError> {
        let acting = self.acting(&origin).await?;
        transact!(self, origin, DeleteMessageError, |tx| command.execute(tx, &acting))
    }

    /// A session of the person who asks.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(session.id = %id))]
    pub async fn session(
        &self,
        origin: &Origin,
        id: ChatSessionId,
    ) -> Result<SessionDetails, QueryError> {
        let acting = self.acting(origin).await?;
        let session = self.seen(&acting, id).await?;
        Ok(self.described(&acting, session).await?)
    }

    /// A page of the sessions of the person who asks, that in which something was said last first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(workspace = ?asked.workspace))]
    pub async fn sessions(
        &self,
        origin: &Origin,
        asked: ListSessions,
    ) -> Result<SessionsPage, QueryError> {
        let ListSessions { workspace, limit, after } = asked;
        let mut acting = self.acting(origin).await?;
        let and_in_none = workspace.is_none();
        if let Some(named) = workspace {
            let found = self.members.workspace(acting.user_id, &named).await?;
            let found = found.filter(|workspace| self.reaches(workspace));
            acting.workspaces = vec![found.ok_or(QueryError::WorkspaceNotFound)?];
        }
        let workspaces = &ids(&acting);
        let asked = Asked { user: acting.user_id, workspaces, and_in_none, limit, after };
        let (found, next) = session_queries::list(&self.db, &asked).await?;
        Ok(SessionsPage { sessions: self.all_described(&acting, found).await?, next })
    }

    /// A page of the messages of a session of the person who asks, in the order in which they were said.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(session.id = %session))]
    pub async fn messages(
        &self,
        origin: &Origin,
        session: ChatSessionId,
        asked: ListMessages,
    ) -> Result<MessagesPage, QueryError> {
        let acting = self.acting(origin).await?;
        let session = self.seen(&acting, session).await?;
        Ok(message_queries::list(&self.db, session.id, asked).await?)
    }

    /// Looks for words in what was said in the sessions of the person who asks, newest first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn search_messages(
        &self,
        origin: &Origin,
        asked: SearchMessages,
    ) -> Result<FoundMessages, QueryError> {
        let acting = self.acting(origin).await?;
        let workspaces = ids(&acting);
        Ok(search_queries::search(&self.db, acting.user_id, &workspaces, &asked).await?)
    }

    /// A page of everything that was said in the sessions of the person who asks, oldest first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn export_messages(
        &self,
        origin: &Origin,
        asked: ExportMessages,
    ) -> Result<ExportedMessages, QueryError> {
        let acting = self.acting(origin).await?;
        let workspaces = ids(&acting);
        Ok(message_queries::export(&self.db, acting.user_id, &workspaces, asked).await?)
    }

    /// Who acts, and where that person belongs.
    async fn acting(&self, origin: &Origin) -> Result<Acting, OutOfReach> {
        let mut acting = Acting::gather(&*self.members, origin).await?;
        acting.workspaces.retain(|workspace| self.reaches(workspace));
        Ok(acting)
    }

    fn reaches(&self, workspace: &WorkspaceView) -> bool {
        self.reached.as_ref().is_none_or(|reached| reached.contains(&workspace.slug))
    }

    /// A session that the person sees.
    async fn seen(&self, acting: &Acting, id: ChatSessionId) -> Result<Session, OutOfReach> {
        let found = session_queries::session(&self.db, id).await.map_err(OutOfReach::Storage)?;
        found.filter(|session| acting.sees(session)).ok_or(OutOfReach::NoSession)
    }

    async fn described(
        &self,
        acting: &Acting,
        session: Session,
    ) -> Result<SessionDetails, StorageError> {
        let described = self.all_described(acting, vec![session]).await?;
        Ok(described.into_iter().next().expect("as many as there are sessions"))
    }

    /// Sessions with what is around them, in their order.
    async fn all_described(
        &self,
        acting: &Acting,
        sessions: Vec<Session>,
    ) -> Result<Vec<SessionDetails>, StorageError> {
        let ids: Vec<_> = sessions.iter().map(|session| session.id).collect();
        let about: Vec<_> = sessions.iter().filter_map(|session| session.project_id).collect();
        let projects = self.projects.projects(&about).await?;
        let mut previews = session_queries::previews(&self.db, &ids).await?;
        let describe = |session: Session| {
            let project = projects.iter().find(|project| Some(project.id) == session.project_id);
            let around = Surrounded {
                workspace: session.workspace_id.and_then(|id| acting.workspace(id)).cloned(),
                project: project.cloned(),
                preview: previews.remove(&session.id),
            };
            SessionDetails::of(session, around)
        };
        Ok(sessions.into_iter().map(describe).collect())
    }
}

fn ids(acting: &Acting) -> Vec<WorkspaceId> {
    acting.workspaces.iter().map(|workspace| workspace.id).collect()
}

pub(crate) mod clearer;
pub(crate) mod closer;
pub(crate) mod hearing;
mod history;
mod keeper;
mod reconciling;

#[cfg(test)]
mod matrix;
#[cfg(test)]
mod reading;
pub(crate) mod sending;
#[cfg(test)]
mod talking;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CancelAnswer, Hearing, MessageId, Reconcile, SendMessage};

    /// Compiles only if every future of the facade can be moved between threads, as the HTTP server needs it.
    #[expect(dead_code, reason = "the compiler is the test")]
    fn futures_are_send(
        chat: &Chat,
        origin: &Origin,
        id: ChatSessionId,
        asked: (ListSessions, ListMessages, SearchMessages, ExportMessages),
        commands: (CreateSession, RenameSession, DeleteSession, DeleteMessage, Reconcile),
        talk: (SendMessage, CancelAnswer, MessageId, Hearing),
    ) {
        fn send<T: Send>(_: T) {}
        send(chat.create_session(origin.clone(), commands.0));
        send(chat.rename_session(origin.clone(), commands.1));
        send(chat.delete_session(origin.clone(), commands.2));
        send(chat.delete_message(origin.clone(), commands.3));
        send(chat.reconcile(origin.clone(), commands.4));
        send(chat.session(origin, id));
        send(chat.sessions(origin, asked.0));
        send(chat.messages(origin, id, asked.1));
        send(chat.search_messages(origin, asked.2));
        send(chat.export_messages(origin, asked.3));
        send(chat.send_message(origin.clone(), talk.0));
        send(chat.cancel_answer(origin.clone(), talk.1));
        send(chat.message(origin, id, talk.2));
        send(talk.3.end());
    }
}
