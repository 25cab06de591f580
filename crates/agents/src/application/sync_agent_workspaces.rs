//! Saying in which workspaces an agent is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use identity::AgentId;
use perme8_events::{Save, StorageError, UserId, WorkspaceId};

use crate::{
    application::{
        acting::own,
        add_agent_to_workspace::MOST_IN_A_WORKSPACE,
        ports::{Agents, Membership},
    },
    domain::{
        agent::Agent,
        policy::{self, Denied},
    },
};

/// So many workspaces are named at most.
const MOST_NAMED: usize = 200;

/// Says in which workspaces an own agent is, and so in which it is not. What cannot be done is refused one by one, and told; the
/// rest is done at once.
///
/// Emits [`AgentAddedToWorkspace`](crate::AgentAddedToWorkspace) for each workspace that it comes to, and
/// [`AgentRemovedFromWorkspace`](crate::AgentRemovedFromWorkspace) for each that it leaves.
#[derive(Clone)]
pub struct SyncAgentWorkspaces {
    /// Which.
    pub agent_id: AgentId,
    /// The slugs of the workspaces; at most 200.
    pub workspaces: Vec<String>,
    /// The slugs of those that this is about, if not about all: in the others it stays, unseen, and comes to none of them.
    pub among: Option<BTreeSet<String>>,
}

/// What is no slug is free text of whoever asks, and is not shown.
impl fmt::Debug for SyncAgentWorkspaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncAgentWorkspaces")
            .field("agent_id", &self.agent_id)
            .finish_non_exhaustive()
    }
}

/// What was done, by the slugs of workspaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncedWorkspaces {
    /// Where the agent is by now.
    pub workspaces: Vec<String>,
    /// Where it was not before.
    pub added: Vec<String>,
    /// Where it is no longer.
    pub removed: Vec<String>,
    /// Where it did not come to.
    pub refused: Vec<RefusedWorkspace>,
}

/// A workspace that an agent did not come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedWorkspace {
    /// Its slug, as it was named.
    pub workspace: String,
    /// Why.
    pub reason: WorkspaceRefusal,
}

/// Why an agent did not come to a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkspaceRefusal {
    /// There is no such workspace, or the person who acts is a stranger there.
    NotFound,
    /// The person who acts is a guest there.
    Forbidden,
    /// It is put away.
    Archived,
    /// It has as many agents as any may have.
    Full,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum SyncAgentWorkspacesError {
    /// No person acts.
    #[error("only people have agents")]
    Forbidden,
    /// There is no such agent, or it is another's.
    #[error("there is no such agent")]
    AgentNotFound,
    /// More workspaces than can be named at once.
    #[error("name at most {MOST_NAMED} workspaces")]
    TooMany,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<Denied> for WorkspaceRefusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::ByRole => Self::Forbidden,
            Denied::ByArchive => Self::Archived,
        }
    }
}

impl SyncAgentWorkspaces {
    /// As the person who acts, with what that person is in every workspace.
    pub(crate) async fn execute<T: Agents + Save<Agent>>(
        &self,
        tx: &mut T,
        person: UserId,
        memberships: &[Membership],
    ) -> Result<SyncedWorkspaces, SyncAgentWorkspacesError> {
        let Self { agent_id, workspaces, among } = self;
        let named: BTreeSet<&str> = workspaces.iter().map(String::as_str).collect();
        if named.len() > MOST_NAMED {
            return Err(SyncAgentWorkspacesError::TooMany);
        }
        let agent = own(tx, person, *agent_id).await?;
        let is_meant = |slug: &str| among.as_ref().is_none_or(|among| among.contains(slug));
        let meant = memberships.iter().filter(|found| is_meant(&found.workspace_slug));
        let by_slug: BTreeMap<&str, &Membership> =
            meant.map(|found| (found.workspace_slug.as_str(), found)).collect();
        let mut refused = Vec::new();
        let mut refuse = |workspace: &str, reason| {
            refused.push(RefusedWorkspace { workspace: workspace.to_owned(), reason });
        };
        let mut wanted = BTreeMap::new();
        for slug in named {
            match by_slug.get(slug) {
                None => refuse(slug, WorkspaceRefusal::NotFound),
                Some(found) => drop(wanted.insert(found.workspace_id, *found)),
            }
        }
        let mut into = Vec::new();
        for (id, membership) in &wanted {
            // Where it is already it stays, whatever would be said of adding it.
            if agent.placements.contains_key(id) {
                continue;
            }
            let slug = &membership.workspace_slug;
            match policy::may_add(membership.role, membership.is_archived) {
                Err(denied) => refuse(slug, denied.into()),
                Ok(()) if tx.agents_in(*id).await? >= MOST_IN_A_WORKSPACE => {
                    refuse(slug, WorkspaceRefusal::Full);
                }
                Ok(()) => into.push(*id),
            }
        }
        let is_left = |id: &&WorkspaceId| {
            let counts = || by_slug.values().any(|found| found.workspace_id == **id);
            !wanted.contains_key(*id) && (among.is_none() || counts())
        };
        let out_of: Vec<_> = agent.placements.keys().filter(is_left).copied().collect();
        let agent = match agent.place(&into, &out_of, tx.now()) {
            Some(placed) => tx.save(placed).await?,
            None => agent,
        };
        // What they are called where the person is a stranger by now is not for that person to know.
        let slugs = |ids: &mut dyn Iterator<Item = &WorkspaceId>| {
            let found = |id: &WorkspaceId| by_slug.values().find(|at| at.workspace_id == *id);
            let mut slugs: Vec<_> =
                ids.filter_map(found).map(|at| at.workspace_slug.clone()).collect();
            slugs.sort();
            slugs
        };
        Ok(SyncedWorkspaces {
            workspaces: slugs(&mut agent.placements.keys()),
            added: slugs(&mut into.iter()),
            removed: slugs(&mut out_of.iter()),
            refused,
        })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use identity::Role;
    use perme8_events::testing::FakeTx;

    use super::*;
    use crate::testing::{ADMIN, HELPER, LONER, MEMBER, Tables, company, crowded, membership};

    fn memberships() -> Vec<Membership> {
        vec![
            membership(1, Role::Member, false),
            membership(7, Role::Owner, false),
            membership(8, Role::Guest, false),
            membership(9, Role::Member, true),
        ]
    }

    async fn outcome(
        mut tx: FakeTx<Tables>,
        who: UserId,
        agent_id: AgentId,
        workspaces: &[&str],
        expected: Expect,
    ) {
        let workspaces = workspaces.iter().map(|slug| (*slug).to_owned()).collect();
        let command = SyncAgentWorkspaces { agent_id, workspaces, among: None };
        let outcome = command.execute(&mut tx, who, &memberships()).await;
        expected.assert_eq(&tx.report(&outcome));
    }

    async fn check(who: UserId, agent_id: AgentId, workspaces: &[&str], expected: Expect) {
        outcome(company(), who, agent_id, workspaces, expected).await;
    }

    #[tokio::test]
    async fn an_agent_is_where_it_is_said_to_be() {
        check(MEMBER, LONER, &["w1", "w7", "w7"], expect![[r#"
            Ok(SyncedWorkspaces { workspaces: ["w1", "w7"], added: ["w1", "w7"], removed: [], refused: [] })
            agents.agent_added_to_workspace {"agent_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Loner","is_shared":true}
            agents.agent_added_to_workspace {"agent_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000007","user_id":"00000000-0000-0000-0000-000000000004","name":"Loner","is_shared":true}
        "#]]).await;
        check(MEMBER, HELPER, &["w7"], expect![[r#"
            Ok(SyncedWorkspaces { workspaces: ["w7"], added: ["w7"], removed: ["w1"], refused: [] })
            agents.agent_added_to_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000007","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
        "#]]).await;
        check(MEMBER, HELPER, &[], expect![[r#"
            Ok(SyncedWorkspaces { workspaces: [], added: [], removed: ["w1"], refused: [] })
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
        "#]]).await;
        check(
            MEMBER,
            HELPER,
            &["w1"],
            expect![[r#"
            Ok(SyncedWorkspaces { workspaces: ["w1"], added: [], removed: [], refused: [] })
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_cannot_be_done_is_told_and_the_rest_is_done() {
        let wanted = ["w1", "w2", "w7", "w8", "w9"];
        outcome(crowded(company()), MEMBER, LONER, &wanted, expect![[r#"
            Ok(SyncedWorkspaces { workspaces: ["w7"], added: ["w7"], removed: [], refused: [RefusedWorkspace { workspace: "w2", reason: NotFound }, RefusedWorkspace { workspace: "w1", reason: Full }, RefusedWorkspace { workspace: "w8", reason: Forbidden }, RefusedWorkspace { workspace: "w9", reason: Archived }] })
            agents.agent_added_to_workspace {"agent_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000007","user_id":"00000000-0000-0000-0000-000000000004","name":"Loner","is_shared":true}
        "#]]).await;
    }

    #[tokio::test]
    async fn in_workspaces_that_it_is_not_about_an_agent_stays() {
        let command = SyncAgentWorkspaces {
            agent_id: HELPER,
            workspaces: vec!["w7".to_owned(), "w9".to_owned()],
            among: Some(["w7".to_owned()].into()),
        };
        let mut tx = company();
        let outcome = command.execute(&mut tx, MEMBER, &memberships()).await;
        expect![[r#"
            Ok(SyncedWorkspaces { workspaces: ["w7"], added: ["w7"], removed: [], refused: [RefusedWorkspace { workspace: "w9", reason: NotFound }] })
            agents.agent_added_to_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000007","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
        "#]].assert_eq(&tx.report(&outcome));
        let helper = tx.state.agents.iter().find(|agent| agent.id == HELPER).unwrap();
        assert_eq!(helper.placements.len(), 2);
    }

    #[tokio::test]
    async fn where_the_owner_is_a_stranger_by_now_it_goes_without_a_name() {
        let mut tx = company();
        let now = perme8_events::Transaction::now(&tx);
        tx.state.agents[0].placements = [(crate::testing::id(99), now)].into();
        outcome(tx, MEMBER, HELPER, &[], expect![[r#"
            Ok(SyncedWorkspaces { workspaces: [], added: [], removed: [], refused: [] })
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000063","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
        "#]]).await;
    }

    #[tokio::test]
    async fn those_of_others_stay_where_they_are_and_lists_have_an_end() {
        check(
            ADMIN,
            HELPER,
            &["w7"],
            expect![[r#"
            Err(there is no such agent)
        "#]],
        )
        .await;
        let many: Vec<String> = (0..=MOST_NAMED).map(|n| format!("w{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        check(
            MEMBER,
            HELPER,
            &many,
            expect![[r#"
            Err(name at most 200 workspaces)
        "#]],
        )
        .await;
    }
}
