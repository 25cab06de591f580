//! Creating a workspace.

use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{
        acting::acting_confirmed_user, ports::Workspaces, read_models::WorkspaceDetails,
    },
    domain::{
        fields::FieldErrors,
        member::{Member, MemberId},
        slug::Slug,
        user::User,
        workspace::{Particulars, Workspace},
    },
};

/// Creates a workspace, which the person who acts owns from then on.
///
/// Emits [`WorkspaceCreated`](crate::WorkspaceCreated).
#[derive(Debug, Clone)]
pub struct CreateWorkspace {
    /// What it is called; 1 to 200 characters. Its slug is made of it, and never changes with it.
    pub name: String,
    /// What it is for; at most 2,000 characters.
    pub description: Option<String>,
    /// Its colour, as `#rrggbb`.
    pub color: Option<String>,
}

/// Why there is no new workspace.
#[derive(Debug, thiserror::Error)]
pub enum CreateWorkspaceError {
    /// Only people with a confirmed account create workspaces.
    #[error("only people with a confirmed account create workspaces")]
    Forbidden,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CreateWorkspace {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
    ) -> Result<WorkspaceDetails, CreateWorkspaceError>
    where
        T: Workspaces + Load<User> + Save<Workspace> + Save<Member>,
    {
        let owner = acting_confirmed_user(tx).await?.ok_or(CreateWorkspaceError::Forbidden)?;
        let Self { name, description, color } = self;
        let new = Particulars::check(name, description.as_deref(), color.as_deref())
            .map_err(CreateWorkspaceError::Invalid)?;
        let slug = free_slug(tx, &new.name).await?;
        let (id, now) = (tx.new_id(), tx.now());
        let workspace =
            Save::<Workspace>::save(tx, Workspace::create(id, new, slug, owner.id, now)).await?;
        let member_id = MemberId { workspace_id: workspace.id, user_id: owner.id };
        let member = Save::<Member>::save(tx, Member::found(member_id, now)).await?;
        Ok(WorkspaceDetails::of(workspace, member.role))
    }
}

const SLUG_OF: &str = "workspace";

/// A slug that nobody has. Whoever takes it before the commit makes the commit a conflict, and the command is repeated.
async fn free_slug(tx: &mut impl Workspaces, name: &str) -> Result<Slug, StorageError> {
    let base = Slug::from_name(name);
    let mut slug = base.clone().unwrap_or_else(|| Slug::random(SLUG_OF, tx.new_uuid()));
    while slug.is_reserved() || tx.workspace_by_slug(&slug).await?.is_some() {
        let random = tx.new_uuid();
        slug = base
            .as_ref()
            .map_or_else(|| Slug::random(SLUG_OF, random), |base| base.with_suffix(random));
    }
    Ok(slug)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{GUEST, NEWCOMER, company, report};

    fn named(name: &str) -> CreateWorkspace {
        CreateWorkspace { name: name.to_owned(), description: None, color: None }
    }

    async fn check(actor: Actor, command: CreateWorkspace, expected: Expect) {
        let mut tx = company().of(actor);
        let outcome = command.execute(&mut tx).await;
        expected.assert_eq(&report(
            &outcome.map(|created| (created.slug, created.color, created.role)),
            &tx,
        ));
    }

    #[tokio::test]
    async fn whoever_creates_a_workspace_owns_it() {
        let command =
            CreateWorkspace { color: Some(" #4F46E5 ".to_owned()), ..named(" Café résumé ") };
        check(Actor::User(GUEST.id()), command, expect![[r##"
            Ok(("cafe-resume", Some("#4f46e5"), Owner))
            identity.workspace_created {"workspace_id":"00000000-0000-0000-0000-000000000101","name":"Café résumé","slug":"cafe-resume","owner_id":"00000000-0000-0000-0000-000000000005"}
        "##]])
        .await;
    }

    #[tokio::test]
    async fn taken_reserved_and_empty_slugs_get_random_digits() {
        check(Actor::User(GUEST.id()), named("The Company"), expect![[r#"
            Ok(("the-company-000101", None, Owner))
            identity.workspace_created {"workspace_id":"00000000-0000-0000-0000-000000000102","name":"The Company","slug":"the-company-000101","owner_id":"00000000-0000-0000-0000-000000000005"}
        "#]])
        .await;
        check(Actor::User(GUEST.id()), named("Settings"), expect![[r#"
            Ok(("settings-000101", None, Owner))
            identity.workspace_created {"workspace_id":"00000000-0000-0000-0000-000000000102","name":"Settings","slug":"settings-000101","owner_id":"00000000-0000-0000-0000-000000000005"}
        "#]])
        .await;
        check(Actor::User(GUEST.id()), named("🎉"), expect![[r#"
            Ok(("workspace-000101", None, Owner))
            identity.workspace_created {"workspace_id":"00000000-0000-0000-0000-000000000102","name":"🎉","slug":"workspace-000101","owner_id":"00000000-0000-0000-0000-000000000005"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn only_confirmed_people_create_workspaces() {
        let forbidden = || {
            expect![[r#"
            Err(only people with a confirmed account create workspaces)
        "#]]
        };
        check(Actor::User(NEWCOMER.id()), named("Mine"), forbidden()).await;
        check(Actor::System("perme8.onboarding".into()), named("Mine"), forbidden()).await;
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let command = CreateWorkspace {
            name: " ".to_owned(),
            description: Some("x".repeat(2001)),
            color: Some("red".to_owned()),
        };
        check(Actor::User(GUEST.id()), command, expect![[r#"
            Err(name can't be blank; description should be at most 2000 character(s); color must look like #rrggbb)
        "#]])
        .await;
    }
}
