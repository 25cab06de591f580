//! Choosing what one prefers in a workspace.

use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{acting::ActingMember, ports::Workspaces, read_models::WorkspacePreferences},
    domain::{
        member::MemberId,
        policy::Action,
        preferences::Preferences,
        references::{AgentId, WorkspaceRef},
    },
};

/// Chooses anew what the person who acts prefers in a workspace. What changes nothing is no event.
///
/// Whether there is such an agent, and whether it may be asked there, this context does not know: whoever asks it finds out.
///
/// Emits [`PreferencesChanged`](crate::PreferencesChanged).
#[derive(Debug, Clone)]
pub struct ChoosePreferences {
    /// Where.
    pub workspace: WorkspaceRef,
    /// The agent that answers where the person names none.
    pub selected_agent_id: Option<AgentId>,
}

/// Why the preferences stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum ChoosePreferencesError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts.
    #[error("only people have preferences")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ChoosePreferences {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
    ) -> Result<WorkspacePreferences, ChoosePreferencesError>
    where
        T: Workspaces + Load<Preferences> + Save<Preferences>,
    {
        let acting = ActingMember::who_may(Action::ChoosePreferences, tx, &self.workspace).await?;
        let id = MemberId { workspace_id: acting.workspace.id, user_id: acting.user_id };
        let present = Load::<Preferences>::load(tx, id).await?;
        let present = present.unwrap_or_else(|| Preferences::none(id));
        if let Some(chosen) = present.select_agent(self.selected_agent_id) {
            Save::<Preferences>::save(tx, chosen).await?;
        }
        Ok(WorkspacePreferences { selected_agent_id: self.selected_agent_id })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Id, testing::FakeTx};
    use uuid::Uuid;

    use super::*;
    use crate::testing::{COMPANY, GUEST, INVITEE, OWNER, Tables, archived, company, report};

    const HELPER: AgentId = Id::new(Uuid::from_u128(0xa1));

    fn choice(selected_agent_id: Option<AgentId>) -> ChoosePreferences {
        ChoosePreferences { workspace: COMPANY.into(), selected_agent_id }
    }

    async fn check(tx: FakeTx<Tables>, actor: Actor, expected: Expect) {
        let mut tx = tx.of(actor);
        let outcome = choice(Some(HELPER)).execute(&mut tx).await;
        expected.assert_eq(&report(&outcome.map(|chosen| chosen.selected_agent_id), &tx));
    }

    #[tokio::test]
    async fn members_select_an_agent_each_for_themselves() {
        check(company(), Actor::User(GUEST.id()), expect![[r#"
            Ok(Some(00000000-0000-0000-0000-0000000000a1))
            identity.preferences_changed {"user_id":"00000000-0000-0000-0000-000000000005","workspace_id":"00000000-0000-0000-0000-000000000001","changes":{"selected_agent_id":{"from":null,"to":"00000000-0000-0000-0000-0000000000a1"}}}
        "#]]).await;
        let mut tx = company().of(Actor::User(GUEST.id()));
        choice(Some(HELPER)).execute(&mut tx).await.unwrap();
        let mut tx = tx.of(Actor::User(OWNER.id()));
        choice(Some(Id::new(Uuid::from_u128(0xa2)))).execute(&mut tx).await.unwrap();
        let [of_guest, of_owner] = &tx.state.preferences[..] else { panic!("two have chosen") };
        assert_eq!((of_guest.id.user_id, of_guest.selected_agent), (GUEST.id(), Some(HELPER)));
        assert_ne!(of_owner.selected_agent, Some(HELPER));
    }

    #[tokio::test]
    async fn what_changes_nothing_is_no_event() {
        let mut tx = company();
        for selected in [None, Some(HELPER), Some(HELPER), None, None] {
            choice(selected).execute(&mut tx).await.unwrap();
        }
        expect![[r#"
            identity.preferences_changed {"user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","changes":{"selected_agent_id":{"from":null,"to":"00000000-0000-0000-0000-0000000000a1"}}}
            identity.preferences_changed {"user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","changes":{"selected_agent_id":{"from":"00000000-0000-0000-0000-0000000000a1","to":null}}}
        "#]]
        .assert_eq(&tx.transcript());
    }

    #[tokio::test]
    async fn only_members_prefer_something_where_something_happens() {
        check(
            company(),
            Actor::User(INVITEE.id()),
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
        check(
            company(),
            Actor::System("cleaner".into()),
            expect![[r#"
            Err(only people have preferences)
        "#]],
        )
        .await;
        check(
            archived(company()),
            Actor::User(GUEST.id()),
            expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
        )
        .await;
    }
}
