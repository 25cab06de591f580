//! A company, and a session of somebody who works there.

use std::sync::Arc;

use identity::{AgentId, WorkspaceRef};
use llm::{
    Answers, Page,
    testing::{Script, ScriptedModel, TestSurroundings},
};
use perme8_events::{
    Clock as _, Id, UserId, WorkspaceId,
    sql::Db,
    testing::{FakeTx, ManualClock},
};
use projects::ProjectId;
use uuid::Uuid;

use super::Tables;
use crate::{
    Chat, SendMessage,
    application::{
        acting::Acting,
        ports::{
            AgentDirectory, AgentView, DocumentDirectory, Members, MockAgentDirectory,
            MockDocumentDirectory, MockMembers, MockProjectDirectory, ProjectDirectory,
            ProjectView, WorkspaceView,
        },
    },
    domain::{
        message::{Message, MessageRole},
        references::{ChatSessionId, MessageId},
        session::{Beginning, Session},
    },
};

/// The workspace of most tests, called `acme` in addresses.
pub(crate) const COMPANY: WorkspaceId = id(1);
/// Another one, to which nobody belongs.
pub(crate) const ELSEWHERE: WorkspaceId = id(7);
/// A project of the company, called `mill` in addresses.
pub(crate) const MILL: ProjectId = id(8);
/// A member of the company.
pub(crate) const ADA: UserId = id(2);
/// Has nothing to do with it.
pub(crate) const STRANGER: UserId = id(10);
/// The session of Ada.
pub(crate) const SESSION: ChatSessionId = id(20);
/// What she said there.
pub(crate) const QUESTION: MessageId = id(21);
/// What was answered.
pub(crate) const ANSWER: MessageId = id(22);

/// An agent that Ada may use.
pub(crate) const SCRIBE: AgentId = id(30);
/// Another one, which is turned off.
pub(crate) const SLEEPER: AgentId = id(31);
/// And one whose model may not be asked any more.
pub(crate) const RETIRED: AgentId = id(32);

/// An id that is easy to read.
pub(crate) const fn id<A>(number: u128) -> Id<A> {
    Id::new(Uuid::from_u128(number))
}

/// A transaction over a session of Ada in this workspace, in which she asked once and was answered.
pub(crate) fn of_ada(workspace_id: Option<WorkspaceId>) -> FakeTx<Tables> {
    let now = ManualClock::monday_morning().now();
    let at = Beginning {
        id: SESSION,
        user_id: ADA,
        workspace_id,
        project_id: None,
        agent_id: None,
        now,
    };
    let begun = Session::start(at, None);
    let title = Some("How do mills work?".to_owned());
    let session =
        Session { title, last_number: 2, message_count: 2, version: 1, ..begun.peek().clone() };
    let said =
        |id, number, text: &str| Message::said(id, SESSION, ADA, number, text.to_owned(), now);
    let question = said(QUESTION, 1, "How do mills work?");
    let answer = Message {
        role: MessageRole::Assistant,
        answers: Some(QUESTION),
        ..said(ANSWER, 2, "They turn.")
    };
    FakeTx::new(Tables { sessions: vec![session], messages: vec![question, answer] })
}

/// Somebody of the company, or a stranger, who acts.
pub(crate) fn acting(user_id: UserId) -> Acting {
    Acting { user_id, workspaces: workspaces_of(user_id, false) }
}

fn workspaces_of(user: UserId, is_archived: bool) -> Vec<WorkspaceView> {
    let (name, slug) = ("The Company".to_owned(), "acme".to_owned());
    let company = WorkspaceView { id: COMPANY, name, slug, is_archived };
    if user == ADA { vec![company] } else { Vec::new() }
}

impl MockMembers {
    /// Knows the company, put away or not, and that Ada is there.
    pub(crate) fn company(is_archived: bool) -> Arc<dyn Members> {
        Self::selecting(is_archived, None)
    }

    /// The same, where Ada has selected this agent.
    fn selecting(is_archived: bool, selected: Option<AgentId>) -> Arc<dyn Members> {
        let mut members = Self::new();
        members.expect_workspace().returning(move |user, named| {
            let is_named = |workspace: &WorkspaceView| match named {
                WorkspaceRef::Id(id) => *id == workspace.id,
                WorkspaceRef::Slug(slug) => *slug == workspace.slug,
            };
            Ok(workspaces_of(user, is_archived).into_iter().find(is_named))
        });
        members
            .expect_selected_agent()
            .returning(move |user, at| Ok(selected.filter(|_| (user, at) == (ADA, COMPANY))));
        members.expect_workspaces_of().returning(move |user| Ok(workspaces_of(user, is_archived)));
        members
            .expect_existing()
            .returning(|users| Ok(users.iter().copied().filter(|user| *user == ADA).collect()));
        members.expect_belonging().returning(|pairs| {
            Ok(pairs.iter().copied().filter(|pair| *pair == (ADA, COMPANY)).collect())
        });
        Arc::new(members)
    }
}

impl MockProjectDirectory {
    /// Knows the project of the company.
    pub(crate) fn company() -> Arc<dyn ProjectDirectory> {
        let mill =
            || ProjectView { id: MILL, name: "The Mill".to_owned(), slug: "mill".to_owned() };
        let mut projects = Self::new();
        projects.expect_project().returning(move |workspace, slug| {
            Ok((workspace == COMPANY && slug == "mill").then(mill))
        });
        projects
            .expect_projects()
            .returning(move |ids| Ok(ids.contains(&MILL).then(mill).into_iter().collect()));
        Arc::new(projects)
    }
}

impl MockDocumentDirectory {
    /// Knows a document of the company that Ada sees, called `gears` in addresses.
    pub(crate) fn company() -> Arc<dyn DocumentDirectory> {
        let mut documents = Self::new();
        documents.expect_document().returning(|workspace, slug, member, _| {
            let view = || Page {
                title: "Gears".to_owned(),
                text: "Gears turn.".to_owned(),
                is_whole: true,
            };
            Ok((workspace == COMPANY && slug == "gears" && member == ADA).then(view))
        });
        Arc::new(documents)
    }
}

impl MockAgentDirectory {
    /// Knows three agents that Ada may use: one answers, one is turned off, and one is of a model that may not be asked.
    pub(crate) fn company() -> Arc<dyn AgentDirectory> {
        let mut agents = Self::new();
        agents.expect_usable().returning(|id, person| {
            let agent = AgentView {
                id,
                system_prompt: Some("Be brief.".to_owned()),
                model: Some(if id == RETIRED { "delisted" } else { "scripted" }.to_owned()),
                temperature: 1.5,
                is_enabled: id != SLEEPER,
            };
            Ok(Some(agent).filter(|_| person == ADA && [SCRIBE, SLEEPER, RETIRED].contains(&id)))
        });
        Arc::new(agents)
    }
}

/// The facade over the company, put away or not, with this model.
pub(crate) fn chat(db: Db, is_archived: bool, model: &ScriptedModel) -> Chat {
    chat_on(db, is_archived, model, &TestSurroundings::new())
}

/// The same on this node.
pub(crate) fn chat_on(
    db: Db,
    is_archived: bool,
    model: &ScriptedModel,
    node: &TestSurroundings,
) -> Chat {
    chat_of(db, MockMembers::company(is_archived), model, node)
}

/// The same, where Ada has selected this agent.
pub(crate) fn chat_selecting(db: Db, selected: AgentId, model: &ScriptedModel) -> Chat {
    let members = MockMembers::selecting(false, Some(selected));
    chat_of(db, members, model, &TestSurroundings::new())
}

fn chat_of(
    db: Db,
    members: Arc<dyn Members>,
    model: &ScriptedModel,
    node: &TestSurroundings,
) -> Chat {
    let answers = Answers::new(Arc::new(model.clone()), Arc::new(node.clone()));
    let (documents, agents) = (MockDocumentDirectory::company(), MockAgentDirectory::company());
    let chat = Chat::new(db, members, MockProjectDirectory::company());
    chat.with_answers(answers, documents, agents)
}

/// This, and nothing about how to answer it.
pub(crate) fn says(session: ChatSessionId, content: &str) -> SendMessage {
    SendMessage {
        session,
        content: content.to_owned(),
        agent: None,
        model: None,
        document: None,
        idempotency_key: None,
    }
}

/// A model that says this.
pub(crate) fn model(says: &str) -> ScriptedModel {
    ScriptedModel::that(Script::new().says(says))
}
