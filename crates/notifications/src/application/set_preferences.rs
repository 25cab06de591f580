//! Choosing of what to be told.

use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{ports::WorkspaceView, preference_list::Preference},
    domain::{
        notification_type::NotificationType,
        preferences::{Deliveries, DigestHour, Preferences},
    },
};

/// Nobody chooses more than that.
const MAX_PREFERENCES: usize = 500;

/// Chooses of what the actor wants to be told, and how; what was chosen before is forgotten, and whatever is not named is told
/// at once.
///
/// It counts for what happens from then on. What waits for the mail of the day already is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetPreferences {
    /// The hour of the mail of the day, in UTC.
    pub digest_hour: u8,
    /// The defaults of types, and exceptions for single workspaces.
    pub preferences: Vec<Preference>,
}

/// Why nothing was chosen.
#[derive(Debug, thiserror::Error)]
pub enum SetPreferencesError {
    /// Nobody in particular chooses.
    #[error("only people have preferences")]
    Forbidden,
    /// A day has no such hour.
    #[error("must be an hour from 0 to 23")]
    NoSuchHour,
    /// What waits for an answer is always told.
    #[error("`{0}` cannot be off: choose on or digest")]
    CannotBeOff(NotificationType),
    /// The actor is in no workspace of this slug.
    #[error("there is no workspace `{0}` that you are a member of")]
    WorkspaceNotFound(String),
    /// The same is chosen twice.
    #[error("`{0}` is chosen twice for the same workspace, or twice for all")]
    Repeated(NotificationType),
    /// Nobody needs as many.
    #[error("must be at most {MAX_PREFERENCES} preferences")]
    TooMany,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl SetPreferences {
    /// `workspaces` are those of the actor.
    pub(crate) async fn execute(
        &self,
        tx: &mut (impl Load<Preferences> + Save<Preferences>),
        workspaces: &[WorkspaceView],
    ) -> Result<Preferences, SetPreferencesError> {
        let person = tx.origin().actor().user().ok_or(SetPreferencesError::Forbidden)?;
        let hour = DigestHour::new(self.digest_hour).ok_or(SetPreferencesError::NoSuchHour)?;
        let deliveries = self.deliveries(workspaces)?;
        let chosen = tx.load(person).await?.unwrap_or_else(|| Preferences::of(person));
        Ok(tx.save(chosen.choose(hour, deliveries)).await?)
    }

    fn deliveries(&self, workspaces: &[WorkspaceView]) -> Result<Deliveries, SetPreferencesError> {
        if self.preferences.len() > MAX_PREFERENCES {
            return Err(SetPreferencesError::TooMany);
        }
        let mut deliveries = Deliveries::new();
        for Preference { notification_type: kind, workspace, delivery } in &self.preferences {
            if !delivery.suits(*kind) {
                return Err(SetPreferencesError::CannotBeOff(*kind));
            }
            let workspace = match workspace {
                Some(slug) => Some(find(slug, workspaces)?.id),
                None => None,
            };
            if deliveries.insert((*kind, workspace), *delivery).is_some() {
                return Err(SetPreferencesError::Repeated(*kind));
            }
        }
        Ok(deliveries)
    }
}

fn find<'w>(
    slug: &str,
    workspaces: &'w [WorkspaceView],
) -> Result<&'w WorkspaceView, SetPreferencesError> {
    let shown = || slug.chars().take(100).collect();
    let found = workspaces.iter().find(|view| view.names.slug == slug);
    found.ok_or_else(|| SetPreferencesError::WorkspaceNotFound(shown()))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::{Expect, expect};
    use identity::Role;
    use perme8_events::{Actor, testing::FakeTx};

    use super::*;
    use crate::{
        domain::delivery::Delivery,
        testing::{ADA, Memory, acme_of},
    };

    fn prefer(kind: NotificationType, workspace: Option<&str>, delivery: Delivery) -> Preference {
        let workspace = workspace.map(str::to_owned);
        Preference { notification_type: kind, workspace, delivery }
    }

    const JOINED: NotificationType = NotificationType::WorkspaceMemberJoined;

    /// Ada, who is in Acme, chooses one after the other.
    async fn check(actor: Actor, hour: u8, choices: &[&[Preference]], expected: Expect) {
        let mut tx = FakeTx::new(Memory::default()).of(actor);
        let mut text = String::new();
        for preferences in choices {
            let command = SetPreferences { digest_hour: hour, preferences: preferences.to_vec() };
            match command.execute(&mut tx, &[acme_of(Role::Guest)]).await {
                Ok(Preferences { digest_hour, deliveries, .. }) => {
                    write!(text, "at {}:", digest_hour.number()).unwrap();
                    for ((kind, workspace), delivery) in deliveries {
                        let place = if workspace.is_some() { "acme" } else { "all" };
                        write!(text, " {kind} of {place} {delivery}").unwrap();
                    }
                    text.push('\n');
                }
                Err(refused) => writeln!(text, "{refused}").unwrap(),
            }
        }
        expected.assert_eq(&(text + &tx.transcript()));
    }

    #[tokio::test]
    async fn the_last_choice_stands_and_forgets_the_others() {
        check(
            Actor::User(ADA),
            7,
            &[
                &[
                    prefer(JOINED, None, Delivery::Off),
                    prefer(JOINED, Some("acme"), Delivery::Digest),
                ],
                &[prefer(NotificationType::WorkspaceInvitation, None, Delivery::Digest)],
                &[],
            ],
            expect![[r#"
                at 7: workspace_member_joined of all off workspace_member_joined of acme digest
                at 7: workspace_invitation of all digest
                at 7:
            "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused_with_the_remedy() {
        let asked = NotificationType::WorkspaceInvitation;
        let many = vec![prefer(JOINED, None, Delivery::On); MAX_PREFERENCES + 1];
        check(
            Actor::User(ADA),
            7,
            &[
                &[prefer(asked, None, Delivery::Off)],
                &[prefer(asked, Some("acme"), Delivery::Off)],
                &[prefer(JOINED, Some("elsewhere"), Delivery::On)],
                &[prefer(JOINED, None, Delivery::On), prefer(JOINED, None, Delivery::On)],
                &many,
            ],
            expect![[r#"
                `workspace_invitation` cannot be off: choose on or digest
                `workspace_invitation` cannot be off: choose on or digest
                there is no workspace `elsewhere` that you are a member of
                `workspace_member_joined` is chosen twice for the same workspace, or twice for all
                must be at most 500 preferences
            "#]],
        )
        .await;
        check(
            Actor::User(ADA),
            24,
            &[&[]],
            expect![[r#"
            must be an hour from 0 to 23
        "#]],
        )
        .await;
        check(
            Actor::System("test".into()),
            8,
            &[&[]],
            expect![[r#"
            only people have preferences
        "#]],
        )
        .await;
    }
}
