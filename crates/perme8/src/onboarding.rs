//! What a new workspace is given: the process manager `perme8.onboarding`, off unless configured.
//!
//! Its owner gets a welcome mail. A project and a document to begin with join it when their contexts exist.

use std::time::Duration;

use async_trait::async_trait;
use identity::{Directory, WorkspaceCreated};
use mail::{Correspondent, Letter, MailKind, Stationery};
use perme8_events::{
    Envelope, HandlerError, HandlerOptions, Input, Job, JobRun, NewJob, ProcessManager, Start,
    Steps, StorageError, Subscription, Transaction as _, UserId, Worker,
    sql::{Db, UnitOfWork},
};
use serde::{Deserialize, Serialize};

pub(crate) const NAME: &str = "perme8.onboarding";
/// A workspace that is not set up by then will not be.
const PATIENCE: Duration = Duration::from_hours(24);
const WELCOME_MAIL: &str = "welcome mail";
const KIND: MailKind = MailKind::new("perme8.welcome");

/// Sets up a new workspace, a case each.
#[derive(Debug)]
pub(crate) struct Onboarding;

/// What is known of a workspace that is being set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewWorkspace {
    name: String,
    owner_id: UserId,
}

/// What the process commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum Setup {
    /// Welcomes the owner.
    WelcomeMail {
        /// The name of the workspace.
        workspace: String,
        /// Who founded it.
        owner_id: UserId,
    },
}

impl Job for Setup {
    const QUEUE: &'static str = NAME;
}

impl ProcessManager for Onboarding {
    type State = NewWorkspace;
    type Command = Setup;

    fn name(&self) -> &'static str {
        NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<WorkspaceCreated>()] }
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { start: Start::Now, ..HandlerOptions::DEFAULT }
    }

    fn instance(&self, event: &Envelope) -> Option<String> {
        event.workspace_id.map(|id| id.to_string())
    }

    fn decide(
        &self,
        state: Option<NewWorkspace>,
        input: Input<'_>,
        steps: &mut Steps<Setup>,
    ) -> Result<Option<NewWorkspace>, HandlerError> {
        match input {
            Input::Event(event) if state.is_none() => {
                let created: Option<WorkspaceCreated> = event.decode()?;
                let Some(WorkspaceCreated { name, owner_id, .. }) = created else {
                    return Ok(None);
                };
                steps.command(
                    WELCOME_MAIL,
                    Setup::WelcomeMail { workspace: name.clone(), owner_id },
                );
                steps.set_timer("patience", PATIENCE);
                return Ok(Some(NewWorkspace { name, owner_id }));
            }
            Input::Event(_) => {}
            Input::Done(_) => steps.complete(),
            Input::Failed { step, error } => steps.fail(format!("{step}: {error}")),
            Input::TimedOut(_) => steps.fail("it took longer than a day"),
        }
        Ok(state)
    }
}

/// Does what the process commands.
#[derive(Debug)]
pub(crate) struct Welcomer {
    directory: Directory,
    stationery: Stationery,
    uow: UnitOfWork,
}

/// Why a welcome mail was not enqueued.
#[derive(Debug, thiserror::Error)]
enum WelcomeError {
    #[error("the owner has no address that a mail can be sent to")]
    Address,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Welcomer {
    pub(crate) fn new(db: &Db, directory: Directory, stationery: Stationery) -> Self {
        Self { directory, stationery, uow: UnitOfWork::new(db.clone()) }
    }

    async fn welcome(
        &self,
        workspace: &str,
        owner_id: UserId,
        run: &JobRun,
    ) -> Result<(), HandlerError> {
        // Whoever is gone needs no welcome.
        let Some(owner) = self.directory.user(owner_id).await? else { return Ok(()) };
        let to = Correspondent::new(&owner.email, &owner.name)
            .map_err(|_| HandlerError::permanent(WelcomeError::Address))?;
        let app = self.stationery.app_name();
        let letter = Letter::new(&format!("{workspace} is ready"))
            .paragraph(&format!("Hello {},", owner.name))
            .paragraph(&format!(
                "your workspace {workspace} on {app} is ready. Invite the people you work with, and begin."
            ))
            .action(&format!("Open {app}"), self.stationery.link(&[]));
        let mail = self.stationery.mail(KIND, to, &letter, None);
        self.uow
            .run(run.origin(), async |tx| {
                tx.enqueue(NewJob::new(mail).once(run.key()));
                Ok::<_, WelcomeError>(())
            })
            .await?;
        Ok(())
    }
}

#[async_trait]
impl Worker for Welcomer {
    type Job = Setup;
    type Done = ();

    async fn work(&self, job: Setup, run: &JobRun) -> Result<(), HandlerError> {
        match job {
            Setup::WelcomeMail { workspace, owner_id } => {
                self.welcome(&workspace, owner_id, run).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{WorkspaceId, testing::ProcessTest};
    use uuid::Uuid;

    use super::*;

    fn created() -> WorkspaceCreated {
        WorkspaceCreated {
            workspace_id: WorkspaceId::new(Uuid::from_u128(1)),
            name: "Lumen & Oak".to_owned(),
            slug: "lumen-oak".to_owned(),
            owner_id: UserId::new(Uuid::from_u128(2)),
        }
    }

    #[test]
    fn the_owner_of_a_new_workspace_is_welcomed() {
        let mut case = ProcessTest::new(Onboarding);
        expect![[r#"
            welcome mail: {"command":"welcome_mail","workspace":"Lumen & Oak","owner_id":"00000000-0000-0000-0000-000000000002"}
            timer patience in 86400s
        "#]]
        .assert_eq(&case.when(created()));
        expect![[r#"
            completed
        "#]]
        .assert_eq(&case.done(WELCOME_MAIL));
    }

    #[test]
    fn it_ends_also_when_nobody_can_be_welcomed() {
        let mut case = ProcessTest::new(Onboarding);
        case.when(created());
        expect![[r#"
            failed: welcome mail: no such host
        "#]]
        .assert_eq(&case.failed(WELCOME_MAIL, "no such host"));
        let mut case = ProcessTest::new(Onboarding);
        case.when(created());
        expect![[r#"
            patience is due
            failed: it took longer than a day
        "#]]
        .assert_eq(&case.after(Duration::from_hours(25)));
    }
}
