//! What happens to queries because time passes.

use chrono::TimeDelta;
use perme8_events::{Save, StorageError};

use crate::{application::ports::Queries, domain::query::Query};

/// For so long what was asked and answered is kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Ends the queries that nobody answers any more, because a host broke down. They are not asked again: whoever asked may.
/// The host runs it regularly.
///
/// Emits [`AgentQueryFailed`](crate::AgentQueryFailed) for each.
#[derive(Debug, Clone)]
pub struct CloseInterruptedQueries {
    /// So many at once.
    pub limit: u32,
}

/// Deletes the queries that ended 30 days ago. The host runs it regularly.
#[derive(Debug, Clone)]
pub struct PurgeAgentQueries {
    /// So many at once.
    pub limit: u32,
}

/// Why nothing was done about old queries.
#[derive(Debug, thiserror::Error)]
pub enum QueryUpkeepError {
    /// Only the system does this.
    #[error("only the system looks after old queries")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CloseInterruptedQueries {
    /// Says how many were ended; fewer than the limit means that nothing is left.
    pub(crate) async fn execute<T: Queries + Save<Query>>(
        &self,
        tx: &mut T,
    ) -> Result<u64, QueryUpkeepError> {
        if !tx.origin().actor().is_system() {
            return Err(QueryUpkeepError::Forbidden);
        }
        let now = tx.now();
        let mut ended = 0;
        for query in tx.overdue(now, self.limit).await? {
            if let Some(interrupted) = query.interrupt(now) {
                tx.save(interrupted).await?;
                ended += 1;
            }
        }
        Ok(ended)
    }
}

impl PurgeAgentQueries {
    /// Says how many were deleted; fewer than the limit means that nothing is left.
    pub(crate) async fn execute<T: Queries>(&self, tx: &mut T) -> Result<u64, QueryUpkeepError> {
        if !tx.origin().actor().is_system() {
            return Err(QueryUpkeepError::Forbidden);
        }
        let until = tx.now() - KEPT;
        Ok(tx.delete_ended_until(until, self.limit).await?)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Origin, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::testing::{Tables, query};

    fn system() -> FakeTx<Tables> {
        let state = Tables { queries: vec![query(31), query(32)], ..Tables::default() };
        FakeTx::new(state).from_origin(Origin::system("agents.upkeep"))
    }

    async fn check(mut tx: FakeTx<Tables>, limit: u32, expected: Expect) {
        let outcome = CloseInterruptedQueries { limit }.execute(&mut tx).await;
        expected.assert_eq(&tx.report(&outcome));
    }

    #[tokio::test]
    async fn what_may_still_be_answered_stays() {
        check(
            system(),
            10,
            expect![[r#"
            Ok(0)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_nobody_answers_any_more_is_ended_as_far_as_it_came() {
        let mut tx = system();
        tx.state.queries[0].answer = "Becau".to_owned();
        let later = tx.now() + TimeDelta::minutes(6);
        check(tx.at(later), 1, expect![[r#"
            Ok(1)
            agents.agent_query_failed {"query_id":"00000000-0000-0000-0000-00000000001f","agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000003","workspace_id":"00000000-0000-0000-0000-000000000001","model":null,"prompt_tokens":0,"completion_tokens":0,"latency_ms":360000,"error":"interrupted"}
        "#]]).await;
    }

    #[tokio::test]
    async fn people_look_after_nothing() {
        let mut tx = FakeTx::new(Tables::default());
        let outcomes = (
            CloseInterruptedQueries { limit: 1 }.execute(&mut tx).await.is_err(),
            PurgeAgentQueries { limit: 1 }.execute(&mut tx).await.is_err(),
        );
        assert_eq!(outcomes, (true, true));
    }
}
