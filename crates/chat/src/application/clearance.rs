//! What is left to do once somebody is gone, or what sessions are in or about, some sessions at a time.

use chrono::{DateTime, Utc};
use perme8_events::{Job, Save, StorageError, UserId, WorkspaceId};
use projects::ProjectId;
use serde::{Deserialize, Serialize};

use crate::{application::ports::Sessions, domain::session::Session};

/// So many sessions are dealt with in one transaction: more would hold up whoever else writes.
const AT_ONCE: u32 = 100;

/// Once so many messages go in one transaction, no further session does.
const MESSAGES_AT_ONCE: i64 = 5_000;

/// What is left to do once somebody is gone, or what sessions are in or about.
///
/// It is a chain: each job deals with some sessions, and enqueues the next one in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Clearance {
    /// The sessions of a person in a workspace to which that person does not belong any more.
    Member {
        /// Whose.
        user_id: UserId,
        /// Where.
        workspace_id: WorkspaceId,
        /// When the workspace was lost: whoever came back begins anew, and keeps that.
        until: DateTime<Utc>,
    },
    /// Everybody's sessions in a workspace.
    Workspace {
        /// Which is gone.
        workspace_id: WorkspaceId,
    },
    /// The sessions of a person, wherever they are.
    Person {
        /// Whose account is gone.
        user_id: UserId,
    },
    /// The sessions about a project stay, and are about none from then on.
    Project {
        /// Which is gone.
        project_id: ProjectId,
    },
}

impl Job for Clearance {
    const QUEUE: &'static str = "chat.clearances";
}

impl Clearance {
    /// The word for what is gone.
    pub(crate) const fn of(self) -> &'static str {
        match self {
            Self::Member { .. } => "member",
            Self::Workspace { .. } => "workspace",
            Self::Person { .. } => "person",
            Self::Project { .. } => "project",
        }
    }

    /// Deals with some sessions, and leaves the others to the next job; gives how many.
    pub(crate) async fn execute<T: Sessions + Save<Session>>(
        self,
        tx: &mut T,
    ) -> Result<u64, StorageError> {
        let (mut sessions, mut messages) = (0, 0);
        for session in tx.left_by(self, AT_ONCE).await? {
            messages += session.message_count;
            let settled = match self {
                Self::Project { .. } => session.leave_project(),
                Self::Member { .. } | Self::Workspace { .. } | Self::Person { .. } => {
                    session.delete()
                }
            };
            tx.save(settled).await?;
            sessions += 1;
            if messages >= MESSAGES_AT_ONCE {
                break;
            }
        }
        if sessions > 0 {
            tx.enqueue(self);
        }
        Ok(sessions)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::testing::FakeTx;

    use super::*;
    use crate::testing::{ADA, COMPANY, ELSEWHERE, MILL, STRANGER, Tables, id, of_ada};

    async fn check(clearance: Clearance, expected: Expect) {
        let mut tx = of_ada(Some(COMPANY));
        let done = clearance.execute(&mut tx).await.unwrap();
        assert_eq!(tx.state.sessions.len() as u64, 1 - done);
        assert_eq!(tx.state.messages.is_empty(), done == 1);
        expected.assert_eq(&tx.transcript());
    }

    fn many(count: u128, messages: i64) -> FakeTx<Tables> {
        let mut tx = of_ada(None);
        let one = tx.state.sessions[0].clone();
        let numbered =
            |number| Session { id: id(1_000 + number), message_count: messages, ..one.clone() };
        tx.state.sessions = (0..count).map(numbered).collect();
        tx
    }

    #[tokio::test]
    async fn what_was_said_by_somebody_goes_with_the_membership_the_workspace_or_the_account() {
        let until = of_ada(None).state.sessions[0].created_at;
        let (user_id, workspace_id) = (ADA, COMPANY);
        check(Clearance::Member { user_id, workspace_id, until }, expect![[r#"
            chat.chat_session_deleted {"session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001"}
            enqueue chat.clearances {"of":"member","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","until":"2026-01-05T09:00:00Z"}
        "#]]).await;
        check(Clearance::Workspace { workspace_id }, expect![[r#"
            chat.chat_session_deleted {"session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001"}
            enqueue chat.clearances {"of":"workspace","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]]).await;
        check(Clearance::Person { user_id }, expect![[r#"
            chat.chat_session_deleted {"session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001"}
            enqueue chat.clearances {"of":"person","user_id":"00000000-0000-0000-0000-000000000002"}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_others_said_what_was_said_elsewhere_and_after_coming_back_stays() {
        let until = of_ada(None).state.sessions[0].created_at;
        let earlier = until - chrono::TimeDelta::seconds(1);
        for clearance in [
            Clearance::Member { user_id: ADA, workspace_id: COMPANY, until: earlier },
            Clearance::Member { user_id: ADA, workspace_id: ELSEWHERE, until },
            Clearance::Member { user_id: STRANGER, workspace_id: COMPANY, until },
            Clearance::Workspace { workspace_id: ELSEWHERE },
            Clearance::Person { user_id: STRANGER },
        ] {
            check(clearance, expect![""]).await;
        }
    }

    #[tokio::test]
    async fn sessions_about_a_project_stay_without_it() {
        let mut tx = of_ada(Some(COMPANY));
        tx.state.sessions[0].project_id = Some(MILL);
        let clearance = Clearance::Project { project_id: MILL };
        assert_eq!(clearance.execute(&mut tx).await.unwrap(), 1);
        let [session] = &tx.state.sessions[..] else { panic!("it stays") };
        assert_eq!((session.project_id, session.version), (None, 2));
        expect![[r#"
            enqueue chat.clearances {"of":"project","project_id":"00000000-0000-0000-0000-000000000008"}
        "#]].assert_eq(&tx.transcript());
        assert_eq!(clearance.execute(&mut tx).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn many_sessions_go_in_steps_and_so_do_long_ones() {
        for (count, messages, left) in [(250, 1, [150, 50, 0]), (5, 3_000, [3, 1, 0])] {
            let mut tx = many(count, messages);
            for left in left {
                Clearance::Person { user_id: ADA }.execute(&mut tx).await.unwrap();
                assert_eq!(tx.state.sessions.len(), left);
            }
        }
    }
}
