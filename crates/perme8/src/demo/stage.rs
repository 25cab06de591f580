//! Where people act: through the public facades, one after another.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use identity::{
    AcceptInvitation, ConfirmUser, DeclineInvitation, Identity, InvitationId, InviteMember, LogIn,
    LogOut, LoggedIn, RegisterUser, Role, Secret, WorkspaceRef,
};
use notifications::Notifications;
use perme8_events::{Origin, Position, UserId, WorkspaceId};
use projects::Projects;
use tokio::sync::mpsc;

use crate::{
    app::App,
    cli::{Failure, passwords},
    demo::clock::StoryClock,
};

/// What the stage tells the timeline.
#[derive(Debug)]
pub(crate) enum Told {
    /// A new scene begins.
    Scene { time: String, title: &'static str },
    /// The call with this request id has returned: what it committed is committed.
    Returned { request_id: String, at: Instant },
    /// Nothing more will happen.
    Over,
}

/// Somebody of the company.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) email: String,
}

/// The house where the morning takes place.
pub(crate) struct Stage {
    app: App,
    clock: Option<Arc<StoryClock>>,
    tell: mpsc::UnboundedSender<Told>,
    pause: Duration,
    /// Where the log stood: makes the addresses of a second morning on the same database different.
    begin: Position,
    /// Everybody's, and nobody's after the morning: a named database keeps the accounts.
    password: Secret,
    acts: AtomicUsize,
}

/// How long a mail may take.
const POST: Duration = Duration::from_secs(10);
/// How often people look into their mail.
const GLANCE: Duration = Duration::from_millis(10);
/// The mail that they look for is among so many.
const RECENT: u32 = 20;

/// Who acts when nobody is logged in yet.
const DOOR: &str = "perme8.demo";

impl Stage {
    pub(crate) fn new(
        app: App,
        clock: Option<Arc<StoryClock>>,
        tell: mpsc::UnboundedSender<Told>,
        pause: Duration,
        begin: Position,
    ) -> Result<Self, Failure> {
        let password = passwords::generated()?;
        Ok(Self { app, clock, tell, pause, begin, password, acts: AtomicUsize::new(0) })
    }

    pub(crate) fn identity(&self) -> &Identity {
        self.app.identity()
    }

    pub(crate) fn projects(&self) -> &Projects {
        self.app.projects()
    }

    pub(crate) fn notifications(&self) -> &Notifications {
        self.app.notifications()
    }

    /// Whether the story may skip time.
    pub(crate) fn skips_time(&self) -> bool {
        self.clock.is_some()
    }

    pub(crate) fn person(&self, first_name: &'static str, last_name: &'static str) -> Person {
        let mailbox = first_name.to_lowercase();
        let email = match self.begin {
            Position::START => format!("{mailbox}@lumen-oak.example"),
            begin => format!("{mailbox}+{begin}@lumen-oak.example"),
        };
        Person { first_name, last_name, email }
    }

    /// A new scene, at this time of the morning.
    pub(crate) async fn scene(&self, hour: u32, minute: u32, title: &'static str) {
        if let Some(clock) = &self.clock {
            clock.skip_to(hour, minute);
        }
        self.tell(Told::Scene { time: format!("{hour:02}:{minute:02}"), title });
        tokio::time::sleep(self.pause).await;
    }

    /// Somebody with an account does something.
    pub(crate) async fn act<T, E: Into<Failure>>(
        &self,
        who: UserId,
        what: impl AsyncFnOnce(Origin) -> Result<T, E>,
    ) -> Result<T, Failure> {
        self.from(Origin::user(who), what).await
    }

    pub(crate) fn over(&self) {
        self.tell(Told::Over);
    }

    async fn from<T, E: Into<Failure>>(
        &self,
        origin: Origin,
        what: impl AsyncFnOnce(Origin) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let act = self.acts.fetch_add(1, Ordering::Relaxed) + 1;
        let request_id = format!("morning-{act:02}");
        let done = what(origin.with_request_id(&request_id)).await.map_err(Into::into)?;
        self.tell(Told::Returned { request_id, at: Instant::now() });
        tokio::time::sleep(self.pause).await;
        Ok(done)
    }

    fn tell(&self, told: Told) {
        // The timeline only goes away when it has failed, and then its failure is what is reported.
        drop(self.tell.send(told));
    }

    /// Somebody makes an account and proves the address with the link of the mail.
    pub(crate) async fn joins_the_platform(&self, person: &Person) -> Result<UserId, Failure> {
        let Person { first_name, last_name, email } = person;
        let register = RegisterUser {
            email: email.clone(),
            first_name: (*first_name).to_owned(),
            last_name: (*last_name).to_owned(),
            password: Some(self.password.clone()),
        };
        let door = Origin::system(DOOR);
        let user = self
            .from(door, async |origin| self.identity().register_user(origin, register).await)
            .await?;
        let token = self.mailed_token(email).await?;
        let confirm = ConfirmUser { token, password: Some(self.password.clone()) };
        let door = Origin::system(DOOR);
        self.from(door, async |origin| self.identity().confirm_user(origin, confirm).await).await?;
        Ok(user.id)
    }

    /// What the mail to this address proves, once it is there.
    async fn mailed_token(&self, email: &str) -> Result<Secret, Failure> {
        let mailbox = self.app.mailbox();
        let deadline = Instant::now() + POST;
        while Instant::now() < deadline {
            for summary in mailbox.list(RECENT).await? {
                if summary.to.address() == email
                    && let Some(mail) = mailbox.mail(summary.id).await?
                    && let Some(token) = token_in(&mail.text)
                {
                    return Ok(token);
                }
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err(Failure::new(format!("no mail arrives at {email}"))
            .help("`perme8 handlers list` shows whether identity.mailer runs"))
    }

    pub(crate) async fn logs_in(&self, person: &Person) -> Result<LoggedIn, Failure> {
        let log_in = LogIn { email: person.email.clone(), password: self.password.clone() };
        self.from(Origin::system(DOOR), async |origin| self.identity().log_in(origin, log_in).await)
            .await
    }

    pub(crate) async fn logs_out(&self, who: &LoggedIn) -> Result<(), Failure> {
        let log_out = LogOut { session_id: who.session_id };
        self.act(who.user.id, async |origin| self.identity().log_out(origin, log_out).await).await
    }

    pub(crate) async fn invites(
        &self,
        who: UserId,
        workspace: WorkspaceId,
        person: &Person,
        role: Role,
    ) -> Result<InvitationId, Failure> {
        let invite =
            InviteMember { workspace: workspace.into(), email: person.email.clone(), role };
        let sent = self
            .act(who, async |origin| self.identity().invite_member(origin, invite).await)
            .await?;
        Ok(sent.id)
    }

    pub(crate) async fn accepts(&self, who: UserId, workspace: WorkspaceId) -> Result<(), Failure> {
        let accept = AcceptInvitation { invitation: WorkspaceRef::from(workspace).into() };
        self.act(who, async |origin| self.identity().accept_invitation(origin, accept).await)
            .await?;
        Ok(())
    }

    pub(crate) async fn declines(
        &self,
        who: UserId,
        workspace: WorkspaceId,
    ) -> Result<(), Failure> {
        let decline = DeclineInvitation { invitation: WorkspaceRef::from(workspace).into() };
        self.act(who, async |origin| self.identity().decline_invitation(origin, decline).await)
            .await
    }
}

/// The token in the link of a mail.
fn token_in(text: &str) -> Option<Secret> {
    let link = text.lines().find(|line| line.starts_with("http"))?;
    let (_, token) = link.split_once("/login/")?;
    Some(token.split('?').next()?.into())
}
