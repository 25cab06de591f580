//! Looking for what no event had told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use perme8_events::{NewJob, Origin, StorageError, Transaction, UserId, WorkspaceId};
use projects::ProjectId;

use crate::{
    application::{
        clearance::Clearance,
        ports::{Members, ProjectDirectory},
    },
    domain::references::ChatSessionId,
};

/// Looks at some sessions, in the order of their ids, for those whose owner, membership or project is gone, and has them seen to
/// as if an event had told. The host goes through all of them regularly.
#[derive(Debug, Clone)]
pub struct Reconcile {
    /// Those up to this one were looked at.
    pub after: Option<ChatSessionId>,
    /// So many at once.
    pub limit: u32,
}

/// What was found among some sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconciled {
    /// How many people, memberships and projects are gone.
    pub found: u64,
    /// Up to where was looked, if there may be more behind it.
    pub next: Option<ChatSessionId>,
}

/// Why nobody looked.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Only the system does this.
    #[error("only the system looks for what is gone")]
    Forbidden,
    /// The storage failed, or nobody could tell what is gone; then everything stays as it is.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A session, as far as it can lose something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) id: ChatSessionId,
    pub(crate) user_id: UserId,
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) project_id: Option<ProjectId>,
    pub(crate) created_at: DateTime<Utc>,
}

/// What is gone, each with the first session that shows it.
pub(crate) type Losses = BTreeMap<Clearance, ChatSessionId>;

impl Reconcile {
    /// What these sessions have lost, asked after they were read: so whoever began one belonged there before.
    pub(crate) async fn losses(
        origin: &Origin,
        held: &[Held],
        members: &dyn Members,
        projects: &dyn ProjectDirectory,
        now: DateTime<Utc>,
    ) -> Result<Losses, ReconcileError> {
        if !origin.actor().is_system() {
            return Err(ReconcileError::Forbidden);
        }
        let people = distinct(held.iter().map(|held| held.user_id));
        let people = members.existing(&people).await?;
        let places = held.iter().filter_map(|held| Some((held.user_id, held.workspace_id?)));
        let places = members.belonging(&distinct(places)).await?;
        let about = distinct(held.iter().filter_map(|held| held.project_id));
        let found = projects.projects(&about).await?;
        let about: BTreeSet<ProjectId> = found.into_iter().map(|project| project.id).collect();
        // The clock of whoever began one may be ahead.
        let until = held.iter().map(|held| held.created_at).fold(now, DateTime::max);
        let loss = |held: &Held| {
            let Held { user_id, workspace_id, project_id, .. } = *held;
            if !people.contains(&user_id) {
                return Some(Clearance::Person { user_id });
            }
            match (workspace_id, project_id) {
                (Some(workspace_id), _) if !places.contains(&(user_id, workspace_id)) => {
                    Some(Clearance::Member { user_id, workspace_id, until })
                }
                (_, Some(project_id)) if !about.contains(&project_id) => {
                    Some(Clearance::Project { project_id })
                }
                _ => None,
            }
        };
        let mut losses = Losses::new();
        for held in held {
            if let Some(clearance) = loss(held) {
                losses.entry(clearance).or_insert(held.id);
            }
        }
        Ok(losses)
    }

    /// Has them seen to. As long as a session waits for that, it is not asked for again.
    pub(crate) fn execute(tx: &mut impl Transaction, losses: &Losses) {
        for (clearance, first) in losses {
            tx.enqueue(NewJob::new(*clearance).once(format!("{}:{first}", clearance.of())));
        }
    }
}

fn distinct<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<K> {
    keys.collect::<BTreeSet<K>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{Clock as _, testing::ManualClock};

    use super::*;
    use crate::{
        application::ports::{MockMembers, MockProjectDirectory},
        testing::{ADA, COMPANY, ELSEWHERE, MILL, STRANGER, id, of_ada},
    };

    fn held(
        number: u128,
        user_id: UserId,
        workspace_id: Option<WorkspaceId>,
        project_id: Option<ProjectId>,
    ) -> Held {
        let created_at = ManualClock::monday_morning().now();
        Held { id: id(number), user_id, workspace_id, project_id, created_at }
    }

    async fn losses(origin: &Origin, held: &[Held]) -> Result<Losses, ReconcileError> {
        let (members, projects) = (MockMembers::company(false), MockProjectDirectory::company());
        let now = ManualClock::monday_morning().now();
        Reconcile::losses(origin, held, &*members, &*projects, now).await
    }

    #[tokio::test]
    async fn what_nobody_told_is_found_once_for_all_that_has_lost_it() {
        let system = Origin::system("chat.reconcile");
        let held = [
            held(30, ADA, None, None),
            held(31, ADA, Some(COMPANY), Some(MILL)),
            held(32, ADA, Some(ELSEWHERE), Some(MILL)),
            held(33, ADA, Some(ELSEWHERE), Some(id(9))),
            held(34, ADA, Some(COMPANY), Some(id(9))),
            held(35, STRANGER, Some(COMPANY), None),
            held(36, STRANGER, None, None),
        ];
        let mut tx = of_ada(None);
        Reconcile::execute(&mut tx, &losses(&system, &held).await.unwrap());
        expect![[r#"
            enqueue chat.clearances {"of":"member","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000007","until":"2026-01-05T09:00:00Z"} once=member:00000000-0000-0000-0000-000000000020
            enqueue chat.clearances {"of":"person","user_id":"00000000-0000-0000-0000-00000000000a"} once=person:00000000-0000-0000-0000-000000000023
            enqueue chat.clearances {"of":"project","project_id":"00000000-0000-0000-0000-000000000009"} once=project:00000000-0000-0000-0000-000000000022
        "#]].assert_eq(&tx.transcript());
    }

    #[tokio::test]
    async fn people_do_not_ask_for_it_and_doubt_removes_nothing() {
        let refused = losses(&Origin::user(ADA), &[]).await;
        assert!(matches!(refused, Err(ReconcileError::Forbidden)));
        let mut members = MockMembers::new();
        members.expect_existing().returning(|_| Err(StorageError::conflict()));
        let (system, projects) =
            (Origin::system("chat.reconcile"), MockProjectDirectory::company());
        let (held, now) = ([held(30, ADA, None, None)], ManualClock::monday_morning().now());
        let asked = Reconcile::losses(&system, &held, &members, &*projects, now).await;
        assert!(matches!(asked, Err(ReconcileError::Storage(_))));
    }
}
