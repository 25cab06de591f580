//! Asking an agent.

use std::fmt;

use documents::{AgentWord, DocumentId};
use identity::{AgentId, FieldErrors, WorkspaceRef};
use llm::{AskFailure, Material, Purpose, Told};
use perme8_events::{Load, Save, StorageError, UserId, WorkspaceId};

use crate::{
    application::prompt::prompt,
    domain::{
        agent::Agent,
        query::{AgentQueryId, Asked, Query, call_id},
    },
};

/// The longest question, in characters.
const MAX_QUESTION: usize = 10_000;

/// The longest text that is said about a question, in characters.
const MAX_TEXT: usize = 20_000;

/// The longest name of a place in a document, in characters.
const MAX_NODE: usize = 255;

/// What agents are asked for, in the accounts.
pub(crate) const PURPOSE: Purpose = Purpose::new("agents.query");

/// Asks an agent a question.
#[derive(Clone)]
pub struct AskAgent {
    /// Whom.
    pub agent: AgentRef,
    /// What; 1 to 10,000 characters.
    pub question: String,
    /// Where.
    pub place: Place,
    /// What the person who asks adds; at most 20,000 characters.
    pub text: Option<String>,
    /// Which model shall answer, unless the agent, or the host, chooses.
    pub model: Option<String>,
}

/// An agent, as somebody names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentRef {
    /// By its id, wherever it is.
    Id(AgentId),
    /// By a word for its name, among those of the workspace where it is asked: the own ones first, then those that others
    /// share, and of those that are called the same the newest.
    Named(AgentWord),
}

/// Where somebody asks; what is named there is told to the agent as far as that person sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// In which workspace.
    pub workspace: Option<WorkspaceRef>,
    /// Its project of this slug.
    pub project: Option<String>,
    /// Its document of this slug.
    pub document: Option<String>,
    /// Where in the document the answer goes, as its editors name it; at most 255 characters.
    pub node_id: Option<String>,
}

/// What people ask is shown nowhere.
impl fmt::Debug for AskAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskAgent")
            .field("agent", &self.agent)
            .field("place", &self.place)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// Why an agent was not asked.
#[derive(Debug, thiserror::Error)]
pub enum AskAgentError {
    /// No person acts.
    #[error("only people ask agents")]
    Forbidden,
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// There is no such project in the workspace.
    #[error("there is no such project")]
    ProjectNotFound,
    /// There is no such document in the workspace, or the person who acts does not see it.
    #[error("there is no such document")]
    DocumentNotFound,
    /// There is no such agent, or the person who acts may not use it.
    #[error("there is no such agent")]
    AgentNotFound,
    /// The agent does not answer.
    #[error("the agent is turned off: its owner can turn it on")]
    AgentDisabled,
    /// Projects, documents and names of agents are those of a workspace, and none was named.
    #[error("name the workspace, too")]
    NoWorkspace,
    /// The model may not be asked here.
    #[error("this model may not be asked here: choose another one")]
    ModelNotAllowed,
    /// No model is asked now, whoever wants to know what.
    #[error(transparent)]
    Model(AskFailure),
    /// Some fields are wrong.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<AskFailure> for AskAgentError {
    fn from(failure: AskFailure) -> Self {
        if matches!(failure, AskFailure::ModelNotAllowed { .. }) {
            Self::ModelNotAllowed
        } else {
            Self::Model(failure)
        }
    }
}

/// What is asked, with texts that are checked.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) text: String,
    /// What is said about it.
    pub(crate) about: Option<String>,
    pub(crate) node_id: Option<String>,
}

/// Where it is asked, as the person who asks sees it; found out before the transaction begins.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) document_id: Option<DocumentId>,
    pub(crate) surroundings: Material,
}

impl AskAgent {
    /// The texts, if nothing is wrong with them.
    pub(crate) fn check(&self) -> Result<Question, AskAgentError> {
        let mut errors = FieldErrors::default();
        let text = errors.text("question", &self.question, MAX_QUESTION);
        let about = errors.paragraph("context", self.text.as_deref(), MAX_TEXT);
        let node_id = match &self.place.node_id {
            Some(node) => errors.line("node_id", node, MAX_NODE).map(Some),
            None => Some(None),
        };
        let Place { workspace, project, document, node_id: _ } = &self.place;
        let is_named = matches!(self.agent, AgentRef::Named(_));
        let needs_workspace = is_named || project.is_some() || document.is_some();
        match (text, about, node_id) {
            (Some(_), Some(_), Some(_)) if needs_workspace && workspace.is_none() => {
                Err(AskAgentError::NoWorkspace)
            }
            (Some(text), Some(about), Some(node_id)) => Ok(Question { text, about, node_id }),
            _ => Err(AskAgentError::Invalid(errors)),
        }
    }
}

/// Refuses to ask an agent that its owner has turned off.
pub(crate) fn turned_on(agent: &Agent) -> Result<(), AskAgentError> {
    if agent.is.is_enabled { Ok(()) } else { Err(AskAgentError::AgentDisabled) }
}

/// Records that somebody asks an agent; gives what to ask the model.
///
/// Whoever asks may use the agent, which is turned on, and the model; that was found out.
pub(crate) async fn ask<T: Save<Query>>(
    tx: &mut T,
    person: UserId,
    agent: &Agent,
    question: &Question,
    found: &Found,
) -> Result<(AgentQueryId, llm::Question), AskAgentError> {
    let Found { workspace_id, document_id, surroundings } = found;
    let asked = Asked {
        agent_id: agent.id,
        user_id: person,
        workspace_id: *workspace_id,
        document_id: *document_id,
        node_id: question.node_id.clone(),
        question: question.text.clone(),
    };
    let (id, now) = (tx.new_id(), tx.now());
    tx.save(Query::begin(id, asked, now)).await?;
    let surroundings = Material { text: question.about.clone(), ..surroundings.clone() };
    let said = llm::Question {
        id: call_id(id),
        temperature: Some(agent.is.temperature.get()),
        longest_answer: None,
        messages: prompt(agent.is.system_prompt.as_deref(), &surroundings, &question.text),
    };
    Ok((id, said))
}

/// Records what an agent told in the end; nothing if that is recorded already.
pub(crate) async fn end<T: Save<Query> + Load<Query>>(
    tx: &mut T,
    id: AgentQueryId,
    told: &Told,
) -> Result<(), StorageError> {
    let now = tx.now();
    let query = tx.load(id).await?;
    if let Some(ended) = query.and_then(|query| query.end(told, now)) {
        tx.save(ended).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
