//! Noting that invitations were not answered in time.

use perme8_events::{Save, StorageError};

use crate::{application::ports::Invitations, domain::invitation::Invitation};

/// Notes which invitations were not answered in time, the most overdue first. The host runs it regularly.
///
/// Emits [`InvitationExpired`](crate::InvitationExpired) for each.
#[derive(Debug, Clone)]
pub struct ExpireInvitations {
    /// So many at once.
    pub limit: u32,
}

/// Why nothing was noted.
#[derive(Debug, thiserror::Error)]
pub enum ExpireInvitationsError {
    /// Only the system does this.
    #[error("only the system expires invitations")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ExpireInvitations {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<usize, ExpireInvitationsError>
    where
        T: Invitations + Save<Invitation>,
    {
        if !tx.origin().actor().is_system() {
            return Err(ExpireInvitationsError::Forbidden);
        }
        let overdue = tx.overdue_invitations(self.limit).await?;
        let count = overdue.len();
        for invitation in overdue {
            tx.save(invitation.expire()).await?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, testing::FakeTx};

    use super::*;
    use crate::testing::{INVITEE, OWNER, Tables, invited, report};

    async fn check(tx: &mut FakeTx<Tables>, limit: u32, expected: Expect) {
        let outcome = ExpireInvitations { limit }.execute(tx).await;
        expected.assert_eq(&report(&outcome, tx));
    }

    #[tokio::test]
    async fn what_is_overdue_expires_once() {
        let (tx, invitation) = invited(INVITEE).await;
        let mut tx = tx.of(Actor::System("identity.expiry".into()));
        check(
            &mut tx,
            10,
            expect![[r#"
            Ok(0)
        "#]],
        )
        .await;
        let mut tx = tx.at(invitation.expires_at);
        check(
            &mut tx,
            0,
            expect![[r#"
            Ok(0)
        "#]],
        )
        .await;
        check(&mut tx, 10, expect![[r#"
            Ok(1)
            identity.invitation_expired {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a"}
        "#]])
        .await;
        drop(tx.take_events());
        check(
            &mut tx,
            10,
            expect![[r#"
            Ok(0)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn people_expire_nothing() {
        for actor in [Actor::User(OWNER.id()), Actor::Anonymous] {
            let (tx, _) = invited(INVITEE).await;
            check(
                &mut tx.of(actor),
                10,
                expect![[r#"
                    Err(only the system expires invitations)
                "#]],
            )
            .await;
        }
    }
}
