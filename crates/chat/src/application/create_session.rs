//! Beginning a session.

use identity::{AgentId, FieldErrors, WorkspaceRef};
use perme8_events::{Origin, Save, StorageError, UserId};
use projects::ProjectId;

use crate::{
    application::ports::{Members, ProjectDirectory, Sessions, WorkspaceView},
    domain::session::{Beginning, Session, title},
};

/// A person has no more sessions.
pub(crate) const MOST_SESSIONS: u64 = 10_000;

/// Begins a session of the person who acts.
///
/// Emits [`ChatSessionStarted`](crate::ChatSessionStarted).
#[derive(Clone)]
pub struct CreateSession {
    /// In which workspace, if in one.
    pub workspace: Option<WorkspaceRef>,
    /// About which project of the workspace, by its slug, if about one.
    pub project: Option<String>,
    /// What it is called; at most 255 characters. Without one it is called by what is said first.
    pub title: Option<String>,
}

/// Why no session began.
#[derive(Debug, thiserror::Error)]
pub enum CreateSessionError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such project, or no workspace is named.
    #[error("there is no such project in the workspace: name the workspace, too")]
    ProjectNotFound,
    /// No person acts.
    #[error("only people begin sessions")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The person has as many sessions as anybody may.
    #[error("nobody has more than {MOST_SESSIONS} sessions: delete one first")]
    TooMany,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is called and typed by people is shown nowhere.
impl std::fmt::Debug for CreateSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateSession").field("workspace", &self.workspace).finish_non_exhaustive()
    }
}

/// Whose session begins and where; found out before the transaction begins.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) user_id: UserId,
    pub(crate) workspace: Option<WorkspaceView>,
    pub(crate) project_id: Option<ProjectId>,
    /// Which agent the person has selected there.
    pub(crate) agent_id: Option<AgentId>,
}

impl CreateSession {
    /// The place that is named, if the person who acts belongs there.
    pub(crate) async fn place(
        &self,
        origin: &Origin,
        members: &dyn Members,
        projects: &dyn ProjectDirectory,
    ) -> Result<Place, CreateSessionError> {
        let user_id = origin.person().ok_or(CreateSessionError::Forbidden)?;
        let workspace = match &self.workspace {
            Some(named) => {
                let found = members.workspace(user_id, named).await?;
                Some(found.ok_or(CreateSessionError::WorkspaceNotFound)?)
            }
            None => None,
        };
        let project_id = match (&self.project, &workspace) {
            (None, _) => None,
            (Some(slug), Some(workspace)) => {
                let found = projects.project(workspace.id, slug).await?;
                Some(found.ok_or(CreateSessionError::ProjectNotFound)?.id)
            }
            (Some(_), None) => return Err(CreateSessionError::ProjectNotFound),
        };
        let agent_id = match &workspace {
            Some(workspace) => members.selected_agent(user_id, workspace.id).await?,
            None => None,
        };
        Ok(Place { user_id, workspace, project_id, agent_id })
    }

    pub(crate) async fn execute<T: Sessions + Save<Session>>(
        &self,
        tx: &mut T,
        Place { user_id, workspace, project_id, agent_id }: &Place,
    ) -> Result<Session, CreateSessionError> {
        if workspace.as_ref().is_some_and(|workspace| workspace.is_archived) {
            return Err(CreateSessionError::WorkspaceArchived);
        }
        let title = title(self.title.as_deref()).map_err(CreateSessionError::Invalid)?;
        if tx.sessions_of(*user_id).await? >= MOST_SESSIONS {
            return Err(CreateSessionError::TooMany);
        }
        let at = Beginning {
            id: tx.new_id(),
            user_id: *user_id,
            workspace_id: workspace.as_ref().map(|workspace| workspace.id),
            project_id: *project_id,
            agent_id: *agent_id,
            now: tx.now(),
        };
        Ok(tx.save(Session::start(at, title)).await?)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::testing::FakeTx;

    use super::*;
    use crate::{
        application::ports::{MockMembers, MockProjectDirectory},
        testing::{ADA, COMPANY, STRANGER, Tables, of_ada},
    };

    fn named(workspace: Option<&str>, project: Option<&str>, title: Option<&str>) -> CreateSession {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        CreateSession {
            workspace: workspace.map(Into::into),
            project: owned(project),
            title: owned(title),
        }
    }

    async fn outcome(
        mut tx: FakeTx<Tables>,
        who: UserId,
        command: CreateSession,
        expected: Expect,
    ) {
        let (members, projects) = (MockMembers::company(false), MockProjectDirectory::company());
        let place = command.place(&Origin::user(who), &*members, &*projects).await;
        let outcome = match place {
            Ok(place) => command.execute(&mut tx, &place).await,
            Err(error) => Err(error),
        };
        let shown = |session: Session| (session.title, session.is_title_automatic, session.version);
        expected.assert_eq(&tx.report(&outcome.map(shown)));
    }

    async fn check(who: UserId, command: CreateSession, expected: Expect) {
        outcome(FakeTx::new(Tables::default()), who, command, expected).await;
    }

    #[tokio::test]
    async fn a_session_begins_in_a_workspace_or_in_none() {
        check(ADA, named(None, None, None), expect![[r#"
            Ok((None, true, 1))
            chat.chat_session_started {"session_id":"00000000-0000-0000-0000-000000000101","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":null,"project_id":null,"agent_id":null}
        "#]]).await;
        check(ADA, named(Some("acme"), Some("mill"), Some(" Looms ")), expect![[r#"
            Ok((Some("Looms"), false, 1))
            chat.chat_session_started {"session_id":"00000000-0000-0000-0000-000000000101","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","project_id":"00000000-0000-0000-0000-000000000008","agent_id":null}
        "#]]).await;
    }

    #[tokio::test]
    async fn it_begins_nowhere_where_the_person_does_not_belong() {
        check(
            STRANGER,
            named(Some("acme"), None, None),
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
        check(
            ADA,
            named(Some("acme"), Some("loom"), None),
            expect![[r#"
            Err(there is no such project in the workspace: name the workspace, too)
        "#]],
        )
        .await;
        check(
            ADA,
            named(None, Some("mill"), None),
            expect![[r#"
            Err(there is no such project in the workspace: name the workspace, too)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_title_has_a_limit() {
        check(
            ADA,
            named(None, None, Some(&"a".repeat(256))),
            expect![[r#"
            Err(title should be at most 255 character(s))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nobody_has_more_than_so_many() {
        let mut tx = of_ada(Some(COMPANY));
        let one = tx.state.sessions[0].clone();
        tx.state.sessions = vec![one; usize::try_from(MOST_SESSIONS).unwrap()];
        outcome(
            tx,
            ADA,
            named(None, None, None),
            expect![[r#"
            Err(nobody has more than 10000 sessions: delete one first)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nothing_begins_in_a_workspace_that_is_put_away() {
        let (members, projects) = (MockMembers::company(true), MockProjectDirectory::company());
        let command = named(Some("acme"), None, None);
        let place = command.place(&Origin::user(ADA), &*members, &*projects).await.unwrap();
        let mut tx = FakeTx::new(Tables::default());
        let refused = command.execute(&mut tx, &place).await;
        assert!(matches!(refused, Err(CreateSessionError::WorkspaceArchived)));
    }
}
