//! What is left to do once a person, a workspace or a membership is gone, some agents and queries at a time.

use chrono::{DateTime, Utc};
use perme8_events::{Job, Load, Save, StorageError, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::{
    application::ports::{Estates, Queries},
    domain::agent::Agent,
};

/// So many agents, and so many queries, are dealt with in one transaction: more would hold up whoever else writes.
pub(crate) const AT_ONCE: u32 = 100;

/// What is left to do once a person, a workspace or a membership is gone.
///
/// It is a chain: each job deals with some agents and queries, and enqueues the next one in the same transaction. Nothing else takes agents
/// away that nobody asked to take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Clearance {
    /// The agents of somebody who is in a workspace no longer go out of it, and what that person asked there is deleted.
    Membership {
        /// Whose.
        user_id: UserId,
        /// Out of which.
        workspace_id: WorkspaceId,
        /// Those that came later belong to somebody who has come back.
        until: DateTime<Utc>,
    },
    /// Every agent goes out of a workspace that is gone, and what people asked there is deleted.
    Workspace {
        /// Which is gone.
        workspace_id: WorkspaceId,
    },
    /// The agents of a person, and what that person asked agents, go with the account.
    Person {
        /// Whose account is gone.
        user_id: UserId,
    },
}

impl Job for Clearance {
    const QUEUE: &'static str = "agents.clearances";
}

impl Clearance {
    /// Deals with some agents and queries, and leaves the others to the next job; gives how many.
    pub(crate) async fn execute<T: Estates + Queries + Save<Agent>>(
        self,
        tx: &mut T,
    ) -> Result<u64, StorageError> {
        let found = match self {
            Self::Membership { user_id, workspace_id, until } => {
                tx.placed_by(user_id, workspace_id, until, AT_ONCE).await?
            }
            Self::Workspace { workspace_id } => tx.placed_in(workspace_id, AT_ONCE).await?,
            Self::Person { user_id } => tx.owned_by(user_id, AT_ONCE).await?,
        };
        // Whoever is still answering one of these finds it gone, and stops.
        let mut cleared = tx.delete_left_by(&self, AT_ONCE).await?;
        for id in found {
            // Deleted or taken out by others in the meantime.
            let agent = Load::<Agent>::load(tx, id).await?;
            let Some(agent) = agent else { continue };
            let gone = match self {
                Self::Person { .. } => Some(agent.delete()),
                Self::Membership { workspace_id, .. } | Self::Workspace { workspace_id } => {
                    agent.place(&[], &[workspace_id], tx.now())
                }
            };
            if let Some(gone) = gone {
                tx.save(gone).await?;
                cleared += 1;
            }
        }
        // Fewer than asked for need not be the last: somebody may have been dealing with one of them.
        if cleared > 0 {
            tx.enqueue(self);
        }
        Ok(cleared)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Transaction as _, testing::FakeTx};

    use super::*;
    use crate::testing::{
        ADMIN, COMPANY, ELSEWHERE, GUEST, HELPER, MEMBER, Tables, company, query,
    };

    async fn check(mut tx: FakeTx<Tables>, clearance: Clearance, cleared: u64, expected: Expect) {
        assert_eq!(clearance.clone().execute(&mut tx).await.unwrap(), cleared);
        expected.assert_eq(&tx.transcript());
        // The next job finds nothing, and is the last.
        assert_eq!(clearance.execute(&mut tx).await.unwrap(), 0);
    }

    fn membership(user_id: UserId, until: DateTime<Utc>) -> Clearance {
        Clearance::Membership { user_id, workspace_id: COMPANY, until }
    }

    #[tokio::test]
    async fn the_agents_of_a_former_member_go_out_of_the_workspace_and_stay_elsewhere() {
        let mut tx = company();
        let now = tx.now();
        tx.state.agents[0].placements.insert(ELSEWHERE, now);
        check(tx, membership(MEMBER, now), 2, expect![[r#"
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000016","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Notes","is_shared":false}
            enqueue agents.clearances {"of":"membership","user_id":"00000000-0000-0000-0000-000000000004","workspace_id":"00000000-0000-0000-0000-000000000001","until":"2026-01-05T09:00:00Z"}
        "#]]).await;
        check(company(), membership(ADMIN, now), 0, expect![[r#""#]]).await;
    }

    #[tokio::test]
    async fn what_came_with_somebody_who_is_back_stays() {
        let tx = company();
        let before = tx.now() - TimeDelta::seconds(1);
        check(tx, membership(MEMBER, before), 0, expect![[r#""#]]).await;
    }

    #[tokio::test]
    async fn every_agent_goes_out_of_a_workspace_that_is_gone() {
        check(company(), Clearance::Workspace { workspace_id: COMPANY }, 2, expect![[r#"
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000016","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Notes","is_shared":false}
            enqueue agents.clearances {"of":"workspace","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]]).await;
    }

    #[tokio::test]
    async fn agents_go_with_the_account_of_their_owner() {
        check(company(), Clearance::Person { user_id: MEMBER }, 3, expect![[r#"
            agents.agent_deleted {"agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","workspace_ids":["00000000-0000-0000-0000-000000000001"]}
            agents.agent_deleted {"agent_id":"00000000-0000-0000-0000-000000000016","user_id":"00000000-0000-0000-0000-000000000004","name":"Notes","workspace_ids":[]}
            agents.agent_deleted {"agent_id":"00000000-0000-0000-0000-000000000017","user_id":"00000000-0000-0000-0000-000000000004","name":"Loner","workspace_ids":[]}
            enqueue agents.clearances {"of":"person","user_id":"00000000-0000-0000-0000-000000000004"}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_somebody_asked_goes_with_the_membership_the_workspace_and_the_account() {
        let now = company().now();
        let before = now - TimeDelta::seconds(1);
        for (clearance, left) in [
            (Clearance::Person { user_id: ADMIN }, vec![]),
            (Clearance::Person { user_id: GUEST }, vec![31, 32, 33]),
            (Clearance::Workspace { workspace_id: COMPANY }, vec![33]),
            (membership(ADMIN, now), vec![33]),
            // Whoever has come back keeps what was asked since.
            (membership(ADMIN, before), vec![31, 32, 33]),
            (membership(GUEST, now), vec![31, 32, 33]),
        ] {
            let mut tx = company();
            tx.state.agents.clear();
            let mut elsewhere = query(33);
            elsewhere.asked.workspace_id = Some(ELSEWHERE);
            tx.state.queries = vec![query(31), query(32), elsewhere];
            let cleared = clearance.clone().execute(&mut tx).await.unwrap();
            let kept: Vec<u128> =
                tx.state.queries.iter().map(|row| row.id.uuid().as_u128()).collect();
            assert_eq!((cleared, kept), (3 - left.len() as u64, left), "{clearance:?}");
        }
    }

    #[tokio::test]
    async fn what_is_too_much_for_one_transaction_is_left_to_the_next_job() {
        let mut tx = company();
        let one = tx.state.agents.swap_remove(0);
        assert_eq!(one.id, HELPER);
        let many = (0..=AT_ONCE).map(|n| Agent { id: crate::testing::id(n.into()), ..one.clone() });
        tx.state.agents = many.collect();
        let clearance = Clearance::Workspace { workspace_id: COMPANY };
        for cleared in [AT_ONCE.into(), 1, 0] {
            assert_eq!(clearance.clone().execute(&mut tx).await.unwrap(), cleared);
        }
    }
}
