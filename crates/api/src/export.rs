//! Everything that is held of the caller, as a zip of JSON.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use agents::{AgentQueryId, ExportAgentQueries, ExportedAgent, ExportedAgentQueries};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use chat::{
    ExportMessages, ExportedMessages, ListSessions, MessagePlace, SessionPlace, SessionsPage,
};
use documents::{DocumentId, ExportDocuments, ExportedDocuments};
use futures_util::stream;
use identity::{AccountExport, ExportAccount, SessionId};
use notifications::{Cursor, ListNotifications, NotificationPage};
use perme8_events::Origin;
use projects::ExportedProject;
use serde::Serialize;
use serde_json::json;
use zip::{ZipWriter, write::SimpleFileOptions, write::StreamWriter};

use crate::{
    auth::{Caller, SessionCaller},
    chat::{ChatSession, messages::Message},
    error::ApiError,
    follower::Follower,
    notifications::Notification,
    preferences::Preferences,
    response::{As, Zip},
    seats::Seat,
    state::Api,
};

/// So many notifications are in memory at a time.
const AT_ONCE: u32 = 100;

/// So many conversations and messages are.
const CHATS_AT_ONCE: u8 = 50;

/// So many documents are, with what they say.
const DOCUMENTS_AT_ONCE: u8 = 10;

/// So many questions to agents are, with their answers.
const QUERIES_AT_ONCE: u8 = 10;

/// `GET /api/me/export`
pub(crate) async fn export(
    State(api): State<Api>,
    caller: SessionCaller,
) -> Result<As<Zip>, ApiError> {
    let SessionCaller { session_id, origin, .. } = caller.clone();
    let seat = Follower::from(Caller::from(caller)).seat(&api)?;
    let account = api.identity.export_account(&origin, ExportAccount { session_id }).await?;
    let projects = api.projects.export_projects(&origin).await?;
    let agents = api.agents.export_agents(&origin).await?;
    let preferences = api.notifications.preferences(&origin).await?.into();
    let mut archive = Archive::new(api, session_id, origin, seat);
    archive.account(&account, &projects, &agents, &preferences).map_err(|error| broken(&error))?;
    let body = stream::unfold(Some(archive), |archive| async {
        let mut archive = archive?;
        match archive.go_on().await {
            Ok(bytes) => Some((Ok(bytes), (!archive.is_finished()).then_some(archive))),
            Err(error) => Some((Err(error), None)),
        }
    });
    let headers = [
        (CONTENT_TYPE, "application/zip"),
        (CONTENT_DISPOSITION, "attachment; filename=\"perme8-account.zip\""),
    ];
    Ok(As::of((headers, Body::from_stream(body))))
}

fn broken(error: &io::Error) -> ApiError {
    tracing::error!(error = error as &dyn std::error::Error, "an export was not written");
    ApiError::internal()
}

/// What was written and not sent yet.
#[derive(Clone, Default)]
struct Unsent(Arc<Mutex<Vec<u8>>>);

impl Unsent {
    fn take(&self) -> Bytes {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Unsent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What stands before the first entry of a list.
const BEGIN: &str = "[";

/// What is written next, and where its next page begins; that of none is the first.
#[derive(Clone, Copy)]
enum Part {
    Documents(Option<DocumentId>),
    AgentQueries(Option<AgentQueryId>),
    Notifications(Option<Cursor>),
    ChatSessions(Option<SessionPlace>),
    ChatMessages(Option<MessagePlace>),
}

/// An archive that is written while it is sent: of what there may be much of, a page is in memory at a time.
struct Archive {
    api: Api,
    session_id: SessionId,
    origin: Origin,
    /// None once it is finished.
    zip: Option<ZipWriter<StreamWriter<Unsent>>>,
    unsent: Unsent,
    part: Part,
    separator: &'static str,
    /// Taken as long as it is sent.
    _seat: Option<Seat>,
}

impl Archive {
    fn new(api: Api, session_id: SessionId, origin: Origin, seat: Option<Seat>) -> Self {
        let unsent = Unsent::default();
        let zip = Some(ZipWriter::new_stream(unsent.clone()));
        let (part, separator) = (Part::Documents(None), BEGIN);
        Self { api, session_id, origin, zip, unsent, part, separator, _seat: seat }
    }

    fn is_finished(&self) -> bool {
        self.zip.is_none()
    }

    /// What is known in one go, and the beginning of the documents.
    fn account(
        &mut self,
        account: &AccountExport,
        projects: &[ExportedProject],
        agents: &[ExportedAgent],
        preferences: &Preferences,
    ) -> io::Result<()> {
        let AccountExport {
            profile,
            sessions,
            api_keys,
            workspaces,
            selected_agents,
            invitations_received,
            invitations_sent,
        } = account;
        self.file("account.json", profile)?;
        self.file("sessions.json", sessions)?;
        self.file("api_keys.json", api_keys)?;
        self.file("workspaces.json", workspaces)?;
        let invitations = json!({ "received": invitations_received, "sent": invitations_sent });
        self.file("invitations.json", &invitations)?;
        self.file("projects.json", projects)?;
        self.file("agents.json", agents)?;
        let preferences =
            json!({ "notifications": preferences, "selected_agents": selected_agents });
        self.file("preferences.json", &preferences)?;
        self.begin("documents.json")
    }

    fn file(&mut self, name: &str, content: &(impl Serialize + ?Sized)) -> io::Result<()> {
        self.begin(name)?;
        Ok(serde_json::to_writer_pretty(self.zip()?, content)?)
    }

    fn begin(&mut self, name: &str) -> io::Result<()> {
        Ok(self.zip()?.start_file(name, SimpleFileOptions::default())?)
    }

    fn zip(&mut self) -> io::Result<&mut ZipWriter<StreamWriter<Unsent>>> {
        self.zip.as_mut().ok_or_else(|| io::Error::other("the archive is finished"))
    }

    /// The next bytes; after the last page the archive is finished. When the session has ended it breaks off: nothing is read
    /// for a request that outlives it, and a client sees that the archive is none.
    async fn go_on(&mut self) -> io::Result<Bytes> {
        let session = self.api.identity.session(&self.origin, self.session_id).await;
        if session.map_err(io::Error::other)?.is_none() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the session has ended"));
        }
        match self.part {
            Part::Documents(after) => self.documents(after).await?,
            Part::AgentQueries(after) => self.agent_queries(after).await?,
            Part::Notifications(after) => self.notifications(after).await?,
            Part::ChatSessions(after) => self.chat_sessions(after).await?,
            Part::ChatMessages(after) => self.chat_messages(after).await?,
        }
        Ok(self.unsent.take())
    }

    async fn documents(&mut self, after: Option<DocumentId>) -> io::Result<()> {
        let asked = ExportDocuments { after, limit: DOCUMENTS_AT_ONCE };
        let page = self.api.documents.export_documents(&self.origin, asked).await;
        let ExportedDocuments { documents, next } = page.map_err(io::Error::other)?;
        self.entries(&documents)?;
        self.part = Part::Documents(next);
        if next.is_none() {
            self.end_list()?;
            self.begin("agent_queries.json")?;
            self.part = Part::AgentQueries(None);
        }
        Ok(())
    }

    async fn agent_queries(&mut self, after: Option<AgentQueryId>) -> io::Result<()> {
        let asked = ExportAgentQueries { after, limit: QUERIES_AT_ONCE };
        let page = self.api.agents.export_agent_queries(&self.origin, asked).await;
        let ExportedAgentQueries { queries, next } = page.map_err(io::Error::other)?;
        self.entries(&queries)?;
        self.part = Part::AgentQueries(next);
        if next.is_none() {
            self.end_list()?;
            self.begin("notifications.json")?;
            self.part = Part::Notifications(None);
        }
        Ok(())
    }

    async fn notifications(&mut self, after: Option<Cursor>) -> io::Result<()> {
        let wanted = ListNotifications { limit: AT_ONCE, after, ..ListNotifications::default() };
        let page = self.api.notifications.list(&self.origin, wanted).await;
        let NotificationPage { notifications, next } = page.map_err(io::Error::other)?;
        let notifications: Vec<_> = notifications.into_iter().map(Notification::from).collect();
        self.entries(&notifications)?;
        self.part = Part::Notifications(next);
        if next.is_none() {
            self.end_list()?;
            self.begin("chat_sessions.json")?;
            self.part = Part::ChatSessions(None);
        }
        Ok(())
    }

    async fn chat_sessions(&mut self, after: Option<SessionPlace>) -> io::Result<()> {
        let asked = ListSessions { workspace: None, limit: CHATS_AT_ONCE, after };
        let page = self.api.chat.sessions(&self.origin, asked).await;
        let SessionsPage { sessions, next } = page.map_err(io::Error::other)?;
        let sessions: Vec<_> = sessions.into_iter().map(ChatSession::from).collect();
        self.entries(&sessions)?;
        self.part = Part::ChatSessions(next);
        if next.is_none() {
            self.end_list()?;
            self.begin("chat_messages.json")?;
            self.part = Part::ChatMessages(None);
        }
        Ok(())
    }

    async fn chat_messages(&mut self, after: Option<MessagePlace>) -> io::Result<()> {
        let asked = ExportMessages { limit: CHATS_AT_ONCE, after };
        let page = self.api.chat.export_messages(&self.origin, asked).await;
        let ExportedMessages { messages, next } = page.map_err(io::Error::other)?;
        let messages: Vec<_> = messages.into_iter().map(Message::from).collect();
        self.entries(&messages)?;
        self.part = Part::ChatMessages(next);
        if next.is_none() {
            self.end_list()?;
            self.zip.take().map(ZipWriter::finish).transpose()?;
        }
        Ok(())
    }

    /// The next entries of the list that is written.
    fn entries(&mut self, entries: &[impl Serialize]) -> io::Result<()> {
        for entry in entries {
            let separator = mem::replace(&mut self.separator, ",");
            let zip = self.zip()?;
            zip.write_all(separator.as_bytes())?;
            serde_json::to_writer_pretty(zip, entry)?;
        }
        Ok(())
    }

    fn end_list(&mut self) -> io::Result<()> {
        let separator = mem::replace(&mut self.separator, BEGIN);
        let end = if separator == BEGIN { "[]" } else { "]" };
        self.zip()?.write_all(end.as_bytes())
    }
}
