//! Changing what a workspace is called and what it is for.

use perme8_events::{Save, StorageError};

use crate::{
    application::{acting::ActingMember, ports::Workspaces, read_models::WorkspaceDetails},
    domain::{
        fields::FieldErrors,
        policy::Action,
        references::WorkspaceRef,
        seen::Seen,
        workspace::{Particulars, Workspace},
    },
};

/// Changes a workspace. What is left out stays, what is blank goes; what changes nothing is no event. The slug stays.
///
/// Emits [`WorkspaceUpdated`](crate::WorkspaceUpdated).
#[derive(Debug, Clone)]
pub struct UpdateWorkspace {
    /// Which.
    pub workspace: WorkspaceRef,
    /// What it is called; 1 to 200 characters.
    pub name: Option<String>,
    /// What it is for; at most 2,000 characters.
    pub description: Option<String>,
    /// Its colour, as `#rrggbb`.
    pub color: Option<String>,
    /// What was seen of it; if it has changed since, nothing is changed.
    pub seen: Option<Seen>,
}

/// Why the workspace stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateWorkspaceError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not manage the workspace.
    #[error("only owner and admins change a workspace")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// Somebody changed it since it was seen.
    #[error("the workspace has changed since: look at it again")]
    OtherVersion,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl UpdateWorkspace {
    pub(crate) async fn execute<T: Workspaces + Save<Workspace>>(
        &self,
        tx: &mut T,
    ) -> Result<WorkspaceDetails, UpdateWorkspaceError> {
        let ActingMember { workspace, role, .. } = Self::granted(tx, &self.workspace).await?;
        if self.seen.is_some_and(|seen| !seen.is(workspace.id, workspace.version)) {
            return Err(UpdateWorkspaceError::OtherVersion);
        }
        let particulars = Particulars::check(
            self.name.as_deref().unwrap_or(&workspace.name),
            self.description.as_deref().or(workspace.description.as_deref()),
            self.color.as_deref().or(workspace.color.as_deref()),
        );
        let particulars = particulars.map_err(UpdateWorkspaceError::Invalid)?;
        let workspace = match workspace.update(particulars) {
            Some(updated) => tx.save(updated).await?,
            None => workspace,
        };
        Ok(WorkspaceDetails::of(workspace, role))
    }

    /// Who acts, if that person may change the workspace.
    pub(crate) async fn granted(
        tx: &mut impl Workspaces,
        workspace: &WorkspaceRef,
    ) -> Result<ActingMember, UpdateWorkspaceError> {
        Ok(ActingMember::who_may(Action::UpdateWorkspace, tx, workspace).await?)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{
        ADMIN, COMPANY, GUEST, INVITEE, MEMBER, Person, archived, company, report,
    };

    fn nothing() -> UpdateWorkspace {
        UpdateWorkspace {
            workspace: COMPANY.into(),
            name: None,
            description: None,
            color: None,
            seen: None,
        }
    }

    fn renamed(name: &str) -> UpdateWorkspace {
        UpdateWorkspace { name: Some(name.to_owned()), ..nothing() }
    }

    async fn check(actor: Person, command: UpdateWorkspace, expected: Expect) {
        let mut tx = company().of(Actor::User(actor.id()));
        let outcome = command.execute(&mut tx).await;
        let seen = outcome.map(|w| (w.name, w.slug, w.description, w.color, w.version));
        expected.assert_eq(&report(&seen, &tx));
    }

    #[tokio::test]
    async fn managers_change_what_they_name_and_the_slug_stays() {
        check(ADMIN, renamed(" The Firm "), expect![[r#"
            Ok(("The Firm", "the-company", None, None, 2))
            identity.workspace_updated {"workspace_id":"00000000-0000-0000-0000-000000000001","name":"The Firm","changes":{"name":{"from":"The Company","to":"The Firm"}}}
        "#]]).await;
        let more = UpdateWorkspace {
            description: Some("Makes things.".to_owned()),
            color: Some("#4F46E5".to_owned()),
            seen: Some(1.into()),
            ..nothing()
        };
        check(ADMIN, more, expect![[r##"
            Ok(("The Company", "the-company", Some("Makes things."), Some("#4f46e5"), 2))
            identity.workspace_updated {"workspace_id":"00000000-0000-0000-0000-000000000001","name":"The Company","changes":{"description":{"from":null,"to":"Makes things."},"color":{"from":null,"to":"#4f46e5"}}}
        "##]]).await;
    }

    #[tokio::test]
    async fn what_is_blank_goes() {
        let mut tx = company();
        tx.state.workspaces[0].description = Some("Makes things.".to_owned());
        let command = UpdateWorkspace { description: Some(" ".to_owned()), ..nothing() };
        let outcome = command.execute(&mut tx).await;
        expect![[r#"
            Ok(None)
            identity.workspace_updated {"workspace_id":"00000000-0000-0000-0000-000000000001","name":"The Company","changes":{"description":{"from":"Makes things.","to":null}}}
        "#]].assert_eq(&report(&outcome.map(|workspace| workspace.description), &tx));
    }

    #[tokio::test]
    async fn what_changes_nothing_is_no_event() {
        check(
            ADMIN,
            nothing(),
            expect![[r#"
            Ok(("The Company", "the-company", None, None, 1))
        "#]],
        )
        .await;
        check(
            ADMIN,
            renamed("The Company "),
            expect![[r#"
            Ok(("The Company", "the-company", None, None, 1))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_workspace_that_was_changed_since_is_not_overwritten() {
        let command = UpdateWorkspace { seen: Some(2.into()), ..renamed("The Firm") };
        check(
            ADMIN,
            command,
            expect![[r#"
            Err(the workspace has changed since: look at it again)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let color = Some("red".to_owned());
        check(
            ADMIN,
            UpdateWorkspace { color, ..renamed(" ") },
            expect![[r#"
            Err(name can't be blank; color must look like #rrggbb)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn members_guests_and_strangers_change_nothing() {
        check(
            MEMBER,
            renamed("Mine"),
            expect![[r#"
            Err(only owner and admins change a workspace)
        "#]],
        )
        .await;
        check(
            GUEST,
            renamed("Mine"),
            expect![[r#"
            Err(only owner and admins change a workspace)
        "#]],
        )
        .await;
        check(
            INVITEE,
            renamed("Mine"),
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn an_archived_workspace_stays_as_it_is() {
        let mut tx = archived(company());
        let outcome = renamed("The Firm").execute(&mut tx).await;
        expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]]
        .assert_eq(&report(&outcome.map(drop), &tx));
    }
}
