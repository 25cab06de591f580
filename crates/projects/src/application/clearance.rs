//! What is left to do once a workspace or an account is gone, some projects at a time.

use std::collections::BTreeSet;

use perme8_events::{Job, Save, StorageError, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::{
    application::ports::{People, Projects, Workspaces},
    domain::{project::Project, references::ProjectId},
};

/// So many projects are dealt with in one transaction: more would hold up whoever else writes.
pub(crate) const AT_ONCE: u32 = 200;

/// What is left to do once a workspace or an account is gone.
///
/// It is a chain: each job deals with some projects, and enqueues the next one in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Clearance {
    /// The projects of a workspace go with it. No event tells of them one by one: nobody is left to be told, and whoever holds
    /// something of the workspace hears that all of it goes.
    Workspace {
        /// Which is gone.
        workspace_id: WorkspaceId,
    },
    /// The projects of a person become those of whoever owns their workspaces: others work on them, too.
    Person {
        /// Whose account is gone.
        user_id: UserId,
        /// Those up to this one are dealt with.
        after: Option<ProjectId>,
    },
}

impl Job for Clearance {
    const QUEUE: &'static str = "projects.clearances";
}

/// Some projects of a person, each with whoever gets it; found out before the transaction.
#[derive(Debug)]
pub(crate) struct Estate {
    pub(crate) heirs: Vec<(ProjectId, UserId)>,
    /// Behind which the others come, if there may be others.
    pub(crate) end: Option<ProjectId>,
}

/// Forgets some projects of a workspace that is gone, and leaves the others to the next job; gives how many.
pub(crate) async fn clear(
    tx: &mut impl Workspaces,
    workspace_id: WorkspaceId,
) -> Result<u64, StorageError> {
    let cleared = tx.clear(workspace_id, AT_ONCE).await?;
    // Fewer than asked for need not be the last: somebody may have been deleting one of them.
    if cleared > 0 {
        tx.enqueue(Clearance::Workspace { workspace_id });
    }
    Ok(cleared)
}

/// Hands over some projects of a person who is gone, and leaves the others to the next job; gives how many.
///
/// A conflict when an heir is gone by now: whose the workspace is has to be asked again.
pub(crate) async fn hand_over<T: Projects + People + Save<Project>>(
    tx: &mut T,
    user_id: UserId,
    Estate { heirs, end }: Estate,
) -> Result<u64, StorageError> {
    for heir in heirs.iter().map(|(_, heir)| *heir).collect::<BTreeSet<_>>() {
        if tx.is_person_gone(heir).await? {
            return Err(StorageError::conflict());
        }
    }
    let mut handed_over = 0;
    for (id, heir) in heirs {
        // Deleted or handed over by others in the meantime.
        let Some(project) = tx.load(id).await?.filter(|found| found.owner_id == user_id) else {
            continue;
        };
        if let Some(inherited) = project.hand_over(heir) {
            tx.save(inherited).await?;
            handed_over += 1;
        }
    }
    if end.is_some() {
        tx.enqueue(Clearance::Person { user_id, after: end });
    }
    Ok(handed_over)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::testing::{COMPANY, ELSEWHERE, MEMBER, OWNER, company, id};

    #[tokio::test]
    async fn the_projects_of_a_workspace_go_without_a_word() {
        let mut tx = company();
        tx.state.projects[1].workspace_id = ELSEWHERE;
        assert_eq!(clear(&mut tx, COMPANY).await.unwrap(), 1);
        assert_eq!(tx.state.projects.len(), 1);
        // The next job finds nothing, and is the last.
        expect![[r#"
            enqueue projects.clearances {"of":"workspace","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]].assert_eq(&tx.transcript());
    }

    #[tokio::test]
    async fn what_is_too_much_for_one_transaction_is_left_to_the_next_job() {
        let mut tx = company();
        let one = tx.state.projects[0].clone();
        let many = (0..AT_ONCE).map(|number| Project { id: id(number.into()), ..one.clone() });
        tx.state.projects = many.collect();
        assert_eq!(clear(&mut tx, COMPANY).await.unwrap(), u64::from(AT_ONCE));
        expect![[r#"
            enqueue projects.clearances {"of":"workspace","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]].assert_eq(&tx.transcript());
        assert_eq!(clear(&mut tx, COMPANY).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn somebody_who_is_gone_inherits_nothing() {
        let mut tx = company();
        tx.remember_person_gone(OWNER).await.unwrap();
        let estate = Estate { heirs: vec![(tx.state.projects[0].id, OWNER)], end: None };
        assert!(hand_over(&mut tx, MEMBER, estate).await.unwrap_err().is_conflict());
        assert_eq!(tx.state.projects[0].owner_id, MEMBER);
    }

    #[tokio::test]
    async fn the_projects_of_a_person_are_handed_over() {
        let mut tx = company();
        let (roadmap, ops) = (tx.state.projects[0].id, tx.state.projects[1].id);
        // One is not theirs any more, one is gone.
        let heirs = vec![(roadmap, OWNER), (ops, OWNER), (id(99), OWNER)];
        let estate = Estate { heirs, end: Some(ops) };
        assert_eq!(hand_over(&mut tx, MEMBER, estate).await.unwrap(), 1);
        expect![[r#"
            projects.project_updated {"project_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","name":"Roadmap","changes":{"user_id":{"from":"00000000-0000-0000-0000-000000000004","to":"00000000-0000-0000-0000-000000000002"}}}
            enqueue projects.clearances {"of":"person","user_id":"00000000-0000-0000-0000-000000000004","after":"00000000-0000-0000-0000-000000000016"}
        "#]].assert_eq(&tx.transcript());
    }
}
