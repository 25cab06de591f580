//! Saying something, hearing the answer, and not wanting to hear more of it.

use std::{sync::Arc, time::Duration};

use identity::WorkspaceRef;
use llm::{AskFailure, Asker, CallId, Material, ModelName, Permit, Purpose, Question};
use perme8_events::{Origin, sql};
use tokio::time::timeout;
use tracing::Instrument as _;

use super::{Answering, Chat, hearing::Hearing, history::History, keeper::AnswerKeeper};
use crate::{
    application::{
        acting::Acting,
        cancel_answer::{CancelAnswer, CancelAnswerError},
        ports::{AgentView, WorkspaceView},
        read_models::{MessageDetails, QueryError},
        send_message::{NamedDocument, SendMessage, SendMessageError, Sent, sent_again},
    },
    domain::{
        message::Message,
        prompt::{self, MATERIAL},
        references::{ChatSessionId, MessageId},
        session::Session,
    },
    infrastructure::{
        message_queries,
        rows::{select_messages, select_sent_before},
    },
};

/// What answers are for, in the accounts.
const ANSWER: Purpose = Purpose::new("chat.answer");

/// Four characters are at least one token.
const CHARACTERS_OF_A_DOCUMENT: usize = MATERIAL * 4;

/// Whoever writes an answer has so long to say how far it came when it is cancelled.
const PATIENCE: Duration = Duration::from_secs(2);

/// What somebody said, and the answer to it.
#[derive(Debug)]
pub struct Exchange {
    /// What was said.
    pub message: MessageDetails,
    /// The answer, as far as it had come.
    pub answer: MessageDetails,
    /// Hears the rest.
    pub hearing: Hearing,
}

impl Chat {
    /// Says something in a session, and has it answered. What was said is kept before anybody is asked, and the answer goes on
    /// when nobody hears it.
    ///
    /// # Errors
    ///
    /// [`SendMessageError`]; whatever goes wrong after that is the end of the answer.
    #[tracing::instrument(skip_all, fields(session.id = %command.session))]
    pub async fn send_message(
        &self,
        origin: Origin,
        command: SendMessage,
    ) -> Result<Exchange, SendMessageError> {
        let acting = self.acting(&origin).await?;
        let session = self.seen(&acting, command.session).await?;
        if let Some(sent) = self.sent_again(&command).await? {
            return Ok(self.exchange(&origin, sent));
        }
        let answering = self.answering.as_ref();
        let answering = answering.ok_or(SendMessageError::Model(AskFailure::NotConfigured))?;
        let agent = self.agent(answering, &acting, &session, &command).await?;
        let asker = Asker {
            purpose: ANSWER,
            user_id: acting.user_id,
            workspace_id: session.workspace_id,
            model: model(&command, agent.as_ref())?,
        };
        // Of whoever may not ask now nothing is kept.
        let permit = answering.answers.permit(asker)?;
        let around = self.around(answering, &acting, &session, command.document.as_ref()).await?;
        let (chat, of) = (self.clone(), answering.clone());
        let kept_and_begun = async move {
            let agent_id = agent.as_ref().map(|agent| agent.id);
            let sent = transact!(chat, origin, SendMessageError, |tx| {
                command.execute(tx, &acting, agent_id)
            })?;
            if let Some(summary) = sent.summary {
                chat.begin(&of, &origin, permit, &sent, (summary, agent, around));
            }
            Ok(chat.exchange(&origin, sent))
        };
        // Whoever asks may go away during the commit: an answer that waits is written all the same.
        let exchange = answering.answers.detached(kept_and_begun.in_current_span()).await;
        exchange.unwrap_or(Err(SendMessageError::Model(AskFailure::Interrupted)))
    }

    /// Cancels the answer that is being written in a session, and gives what came of it. Of one that has ended it gives that,
    /// too, when it is named.
    ///
    /// # Errors
    ///
    /// [`CancelAnswerError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session))]
    pub async fn cancel_answer(
        &self,
        origin: Origin,
        command: CancelAnswer,
    ) -> Result<MessageDetails, CancelAnswerError> {
        let acting = self.acting(&origin).await?;
        let session = self.seen(&acting, command.session).await?;
        let named = command.answer.or(session.answer_id).ok_or(CancelAnswerError::NoAnswer)?;
        let answer = async || {
            let found = message_queries::message(&self.db, session.id, named).await?;
            let answer = found.filter(|message| message.answers.is_some());
            answer.ok_or(CancelAnswerError::NoAnswer)
        };
        let open = answer().await?;
        if session.answer_id != Some(named) {
            return Ok(open.into());
        }
        let hearing = self.hearing(&origin, &open);
        self.silence(&session);
        if let Ok(Ok(Some(ended))) = timeout(PATIENCE, hearing.end()).await {
            return Ok(ended);
        }
        // Whoever wrote it is gone, or finds it ended: with what was kept.
        let keeper = AnswerKeeper::new(self.uow.clone(), &origin, session.id, named);
        keeper.close(Message::cancelled).await?;
        Ok(answer().await?.into())
    }

    /// A message of a session of the person who asks; none if there is none.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(session.id = %session, message.id = %id))]
    pub async fn message(
        &self,
        origin: &Origin,
        session: ChatSessionId,
        id: MessageId,
    ) -> Result<Option<MessageDetails>, QueryError> {
        Ok(self.found(origin, session, id).await?.map(MessageDetails::from))
    }

    pub(super) async fn found(
        &self,
        origin: &Origin,
        session: ChatSessionId,
        id: MessageId,
    ) -> Result<Option<Message>, QueryError> {
        let acting = self.acting(origin).await?;
        let session = self.seen(&acting, session).await?;
        Ok(message_queries::message(&self.db, session.id, id).await?)
    }

    /// Ends what is being written in a session, wherever that is.
    pub(super) fn silence(&self, session: &Session) {
        if let (Some(answer), Some(Answering { answers, .. })) =
            (session.answer_id, &self.answering)
        {
            answers.cancel(call_id(answer));
        }
    }

    /// What there is already, before anything else is asked: whatever else has become of models and documents since.
    async fn sent_again(&self, command: &SendMessage) -> Result<Option<Sent>, SendMessageError> {
        let content = command.checked()?;
        let Some(key) = &command.idempotency_key else { return Ok(None) };
        let query = self.db.query(sql!(select_sent_before!()));
        let before = message_queries::sent_before(query, command.session, key).await?;
        sent_again(before.as_ref(), &content, self.db.clock().now())
    }

    fn exchange(&self, origin: &Origin, sent: Sent) -> Exchange {
        let Sent { message, answer, summary: _ } = sent;
        let hearing = self.hearing(origin, &answer);
        Exchange { message: message.into(), answer: answer.into(), hearing }
    }

    fn hearing(&self, origin: &Origin, answer: &Message) -> Hearing {
        let answering = self.answering.as_ref();
        let following = answering.and_then(|of| of.answers.follow(call_id(answer.id)));
        let place = (answer.session_id, answer.id);
        Hearing::of(self.clone(), origin.clone(), place, following)
    }

    /// Begins the answer among the tasks of the host: what was said before is gathered there, too.
    fn begin(
        &self,
        answering: &Answering,
        origin: &Origin,
        permit: Permit,
        sent: &Sent,
        (summary, agent, around): (CallId, Option<AgentView>, Material),
    ) {
        let Sent { message, answer, .. } = sent;
        let (session, id) = (message.session_id, call_id(answer.id));
        let keeper = AnswerKeeper::new(self.uow.clone(), origin, session, answer.id);
        let history = History {
            db: self.db.clone(),
            uow: self.uow.clone(),
            answers: answering.answers.clone(),
            origin: origin.clone(),
            session,
            next: message.number,
            summary,
        };
        let question = message.content.clone();
        let temperature = agent.as_ref().map(|agent| agent.temperature);
        let how = agent.and_then(|agent| agent.system_prompt);
        let messages = async move |permit: Arc<Permit>| {
            let before = history.gather(&permit).await?;
            Ok(prompt::prompt(how.as_deref(), &around, before, &question))
        };
        let asked = Question { id, temperature, longest_answer: None, messages: Vec::new() };
        // Whoever wants to hear it follows it.
        drop(answering.answers.begin_with(permit, asked, messages, Box::new(keeper)));
    }

    /// The agent that is to answer: the one that is named, or else the one that the person has selected, if it can answer.
    async fn agent(
        &self,
        answering: &Answering,
        acting: &Acting,
        session: &Session,
        command: &SendMessage,
    ) -> Result<Option<AgentView>, SendMessageError> {
        let named = command.agent;
        if !self.has_agents {
            return named.map_or(Ok(None), |_| Err(SendMessageError::AgentNotFound));
        }
        let chosen = match (named, session.workspace_id) {
            (Some(named), _) => Some(named),
            (None, Some(at)) => self.members.selected_agent(acting.user_id, at).await?,
            (None, None) => None,
        };
        let Some(chosen) = chosen else { return Ok(None) };
        let agent = answering.agents.usable(chosen, acting.user_id).await?;
        let models = answering.answers.models();
        let has_model = |agent: &AgentView| {
            model(command, Some(agent)).is_ok_and(|model| models.chosen(model.as_ref()).is_ok())
        };
        match (agent, named) {
            // Nobody has asked for this one: it is in nobody's way.
            (agent, None) => Ok(agent.filter(|agent| agent.is_enabled && has_model(agent))),
            (Some(agent), Some(_)) if agent.is_enabled => Ok(Some(agent)),
            (Some(_), Some(_)) => Err(SendMessageError::AgentDisabled),
            (None, Some(_)) => Err(SendMessageError::AgentNotFound),
        }
    }

    /// What the conversation is about: only what the person sees.
    async fn around(
        &self,
        answering: &Answering,
        acting: &Acting,
        session: &Session,
        document: Option<&NamedDocument>,
    ) -> Result<Material, SendMessageError> {
        let workspace = session.workspace_id.and_then(|id| acting.workspace(id));
        let about: Vec<_> = session.project_id.into_iter().collect();
        let project = self.projects.projects(&about).await?.into_iter().next();
        let document = match document {
            None => None,
            Some(NamedDocument { workspace: named, slug }) => {
                // What is said of a document stays as long as the session: with the workspace of both.
                let at = workspace.filter(|at| named.as_ref().is_none_or(|named| is_at(named, at)));
                let at = at.ok_or(SendMessageError::DocumentNotFound)?;
                let found = answering
                    .documents
                    .document(at.id, slug, acting.user_id, CHARACTERS_OF_A_DOCUMENT)
                    .await?;
                Some(found.ok_or(SendMessageError::DocumentNotFound)?)
            }
        };
        Ok(Material {
            workspace: workspace.map(|workspace| workspace.name.clone()),
            project: project.map(|project| project.name),
            document,
            text: None,
        })
    }
}

/// The call whose answer a message is: asked once, paid once.
fn call_id(answer: MessageId) -> CallId {
    CallId::new(answer.uuid())
}

/// Whether a workspace is the one that somebody names.
fn is_at(named: &WorkspaceRef, at: &WorkspaceView) -> bool {
    match named {
        WorkspaceRef::Id(id) => *id == at.id,
        WorkspaceRef::Slug(slug) => *slug == at.slug,
    }
}

/// The model that is to answer, if one is named.
fn model(
    command: &SendMessage,
    agent: Option<&AgentView>,
) -> Result<Option<ModelName>, SendMessageError> {
    if command.model.is_some() {
        return Ok(command.model.clone());
    }
    let of_agent = agent.and_then(|agent| agent.model.as_deref());
    let name = of_agent.map(|name| name.trim().parse());
    name.transpose().map_err(|_| SendMessageError::ModelNotAllowed)
}
