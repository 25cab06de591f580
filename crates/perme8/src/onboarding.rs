//! What a new workspace is given: the process manager `perme8.onboarding`, off unless configured.
//!
//! A project to begin with and in it a document that says how, on behalf of whoever founded the workspace, and then a mail that
//! says so. What was begun is deleted again when it does not come to that, unless somebody works with it.

use std::time::Duration;

use documents::DocumentCreated;
use identity::{WorkspaceCreated, WorkspaceDeleted};
use perme8_events::{
    Actor, CorrelationId, DomainEvent as _, Envelope, HandlerError, HandlerOptions, Input, Job,
    ProcessManager, Start, Steps, Subscription, UserId, WorkspaceId,
};
use projects::ProjectCreated;
use serde::{Deserialize, Serialize};

pub(crate) mod welcomer;

pub(crate) const NAME: &str = "perme8.onboarding";
/// A workspace that is not set up by then will not be.
const PATIENCE: Duration = Duration::from_hours(24);
/// The steps, by the names under which the database keeps them.
const DEFAULT_PROJECT: &str = "default project";
const WELCOME_DOCUMENT: &str = "welcome document";
const WELCOME_MAIL: &str = "welcome mail";
const NOTHING_BEGUN: &str = "whoever founded the workspace begins nothing there any more";

/// Sets up a new workspace, a case each.
#[derive(Debug)]
pub(crate) struct Onboarding;

/// What is known of a workspace that is being set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewWorkspace {
    name: String,
    owner_id: UserId,
    /// Whether its project was begun.
    #[serde(default)]
    has_project: bool,
    /// Whether the document in it was created.
    #[serde(default)]
    has_document: bool,
}

/// What the process commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum Setup {
    /// Begins the project that everybody finds there.
    DefaultProject {
        /// Where.
        workspace_id: WorkspaceId,
    },
    /// Deletes it again, if it was begun, is as it was then and nobody has documents in it.
    UndoDefaultProject {
        /// Where.
        workspace_id: WorkspaceId,
        /// What the case goes by in the log.
        correlation_id: CorrelationId,
    },
    /// Creates the document that everybody finds in it.
    WelcomeDocument {
        /// Where.
        workspace_id: WorkspaceId,
        /// The slug of the project.
        project: String,
    },
    /// Deletes it again, if it was created and is as it was then.
    UndoWelcomeDocument {
        /// Where.
        workspace_id: WorkspaceId,
        /// What the case goes by in the log.
        correlation_id: CorrelationId,
    },
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

/// Whether it happened because of a command of this process, and not because somebody did the same.
fn is_own(event: &Envelope) -> bool {
    event.actor == Actor::System(NAME.into())
}

impl ProcessManager for Onboarding {
    type State = NewWorkspace;
    type Command = Setup;

    fn name(&self) -> &'static str {
        NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        const {
            &[
                Subscription::to::<WorkspaceCreated>(),
                Subscription::to::<ProjectCreated>(),
                Subscription::to::<DocumentCreated>(),
                Subscription::to::<WorkspaceDeleted>(),
            ]
        }
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { start: Start::Now, ..HandlerOptions::DEFAULT }
    }

    fn instance(&self, event: &Envelope) -> Option<String> {
        let is_begun =
            [ProjectCreated::TYPE, DocumentCreated::TYPE].contains(&event.event_type.as_str());
        event.workspace_id.filter(|_| !is_begun || is_own(event)).map(|id| id.to_string())
    }

    fn decide(
        &self,
        state: Option<NewWorkspace>,
        input: Input<'_>,
        steps: &mut Steps<Setup>,
    ) -> Result<Option<NewWorkspace>, HandlerError> {
        let Some(mut new) = state else {
            return match input {
                Input::Event(event) => begin(event, steps),
                Input::TimedOut(_) | Input::Done(_) | Input::Failed { .. } => Ok(None),
            };
        };
        match input {
            Input::Event(event) if event.event_type == ProjectCreated::TYPE => {
                new.has_project = true;
                welcome_in(event, steps)?;
            }
            Input::Event(event) if event.event_type == DocumentCreated::TYPE => {
                new.has_document = true;
                let welcome =
                    Setup::WelcomeMail { workspace: new.name.clone(), owner_id: new.owner_id };
                steps.command(WELCOME_MAIL, welcome);
            }
            Input::Event(event) if event.event_type == WorkspaceDeleted::TYPE => {
                steps.fail("the workspace was deleted");
            }
            Input::Done(WELCOME_MAIL) => steps.complete(),
            Input::Done(DEFAULT_PROJECT) if !new.has_project => steps.fail(NOTHING_BEGUN),
            Input::Done(WELCOME_DOCUMENT) if !new.has_document => steps.fail(NOTHING_BEGUN),
            Input::Event(_) | Input::Done(_) => {}
            Input::Failed { step, error } => steps.fail(format!("{step}: {error}")),
            Input::TimedOut(_) => steps.fail("it took longer than a day"),
        }
        Ok(Some(new))
    }
}

/// A case begins with its workspace, and with nothing else.
fn begin(event: &Envelope, steps: &mut Steps<Setup>) -> Result<Option<NewWorkspace>, HandlerError> {
    let created: Option<WorkspaceCreated> = event.decode()?;
    let Some(WorkspaceCreated { workspace_id, name, owner_id, .. }) = created else {
        return Ok(None);
    };
    let undo = Setup::UndoDefaultProject { workspace_id, correlation_id: event.correlation_id };
    steps.command(DEFAULT_PROJECT, Setup::DefaultProject { workspace_id });
    steps.compensate_with(DEFAULT_PROJECT, undo);
    steps.set_timer("patience", PATIENCE);
    Ok(Some(NewWorkspace { name, owner_id, has_project: false, has_document: false }))
}

/// The document follows its project.
fn welcome_in(event: &Envelope, steps: &mut Steps<Setup>) -> Result<(), HandlerError> {
    let begun: Option<ProjectCreated> = event.decode()?;
    if let Some(ProjectCreated { workspace_id, slug: project, .. }) = begun {
        let correlation_id = event.correlation_id;
        steps.command(WELCOME_DOCUMENT, Setup::WelcomeDocument { workspace_id, project });
        steps.compensate_with(
            WELCOME_DOCUMENT,
            Setup::UndoWelcomeDocument { workspace_id, correlation_id },
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::testing::ProcessTest;
    use uuid::Uuid;

    use super::*;

    const ACME: WorkspaceId = WorkspaceId::new(Uuid::from_u128(1));
    const ADA: UserId = UserId::new(Uuid::from_u128(2));

    fn project() -> ProjectCreated {
        ProjectCreated {
            project_id: projects::ProjectId::new(Uuid::from_u128(3)),
            workspace_id: ACME,
            user_id: ADA,
            name: "Getting started".to_owned(),
            slug: "getting-started".to_owned(),
        }
    }

    fn document() -> DocumentCreated {
        DocumentCreated {
            document_id: documents::DocumentId::new(Uuid::from_u128(4)),
            workspace_id: ACME,
            project_id: Some(project().project_id),
            user_id: ADA,
            title: "Welcome".to_owned(),
            slug: "welcome".to_owned(),
            is_public: true,
        }
    }

    /// A case that has just begun.
    fn begun() -> ProcessTest<Onboarding> {
        let mut case = ProcessTest::new(Onboarding);
        let (name, slug) = ("Lumen & Oak".to_owned(), "lumen-oak".to_owned());
        let created = WorkspaceCreated { workspace_id: ACME, name, slug, owner_id: ADA };
        expect![[r#"
            default project: {"command":"default_project","workspace_id":"00000000-0000-0000-0000-000000000001"}
            timer patience in 86400s
        "#]]
        .assert_eq(&case.when(created));
        case
    }

    /// A case whose project was begun, and its document created.
    fn with_document() -> ProcessTest<Onboarding> {
        let mut case = begun();
        expect![[r#"
            welcome document: {"command":"welcome_document","workspace_id":"00000000-0000-0000-0000-000000000001","project":"getting-started"}
        "#]].assert_eq(&case.led_to(project()));
        assert_eq!(case.done(DEFAULT_PROJECT), "");
        expect![[r#"
            welcome mail: {"command":"welcome_mail","workspace":"Lumen & Oak","owner_id":"00000000-0000-0000-0000-000000000002"}
        "#]]
        .assert_eq(&case.led_to(document()));
        assert_eq!(case.done(WELCOME_DOCUMENT), "");
        case
    }

    #[test]
    fn a_new_workspace_gets_a_project_with_a_document_and_its_owner_a_welcome() {
        expect![[r#"
            completed
        "#]]
        .assert_eq(&with_document().done(WELCOME_MAIL));
    }

    #[test]
    fn what_people_begin_is_not_waited_for() {
        let mut case = begun();
        assert_eq!(case.when(project()), "not of this process\n");
        assert_eq!(case.when(document()), "not of this process\n");
    }

    #[test]
    fn what_was_begun_is_undone_when_nobody_can_be_welcomed() {
        expect![[r#"
            failed: welcome mail: no such host
            undo welcome document: {"command":"undo_welcome_document","workspace_id":"00000000-0000-0000-0000-000000000001","correlation_id":"00000000-0000-0000-0000-000000000003"}
            undo default project: {"command":"undo_default_project","workspace_id":"00000000-0000-0000-0000-000000000001","correlation_id":"00000000-0000-0000-0000-000000000003"}
        "#]]
        .assert_eq(&with_document().failed(WELCOME_MAIL, "no such host"));
    }

    #[test]
    fn it_ends_when_it_takes_too_long_and_when_there_is_nothing_to_set_up() {
        expect![[r#"
            patience is due
            failed: it took longer than a day
            undo default project: {"command":"undo_default_project","workspace_id":"00000000-0000-0000-0000-000000000001","correlation_id":"00000000-0000-0000-0000-000000000003"}
        "#]]
        .assert_eq(&begun().after(Duration::from_hours(25)));
        expect![[r#"
            failed: whoever founded the workspace begins nothing there any more
            undo default project: {"command":"undo_default_project","workspace_id":"00000000-0000-0000-0000-000000000001","correlation_id":"00000000-0000-0000-0000-000000000003"}
        "#]].assert_eq(&begun().done(DEFAULT_PROJECT));
        let deleted = WorkspaceDeleted {
            workspace_id: ACME,
            name: "Lumen & Oak".to_owned(),
            slug: "lumen-oak".to_owned(),
            manager_ids: vec![ADA],
        };
        expect![[r#"
            failed: the workspace was deleted
            undo default project: {"command":"undo_default_project","workspace_id":"00000000-0000-0000-0000-000000000001","correlation_id":"00000000-0000-0000-0000-000000000003"}
        "#]].assert_eq(&begun().when(deleted));
    }
}
