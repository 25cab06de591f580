//! A company with people, and the handlers that tell them things.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use identity::{
    AcceptInvitation, ChangeMemberRole, CreateWorkspace, DeclineInvitation, Identity, InvitationId,
    InviteMember, LeaveWorkspace, RemoveMember, Role, WorkspaceRef, testing::confirmed_user,
};
use mail::{Correspondent, Mailbox, SendMail, Stationery};
use notifications::{
    Announcer, Clearer, DeleteNotification, Delivery, Directory, DocumentDirectory,
    DocumentsGateway, IdentityGateway, Link, ListNotifications, NotificationId, NotificationPage,
    NotificationType, Notifications, OnAccessLost, OnDigestDue, OnInvitation, OnWorkspaceActivity,
    Preference, ProjectsGateway, PurgeNotifications, SetPreferences,
};
use perme8_events::{
    Envelope, EventFilter, EventStore as _, Origin, Position, UserId,
    host::{Outcome, Runtime},
    testing::{Driver, TestDb},
};

/// A company whose owner is Ada.
pub(crate) struct Company {
    pub(crate) identity: Identity,
    pub(crate) notifications: Notifications,
    pub(crate) ada: UserId,
    driver: Driver,
    test: TestDb,
}

/// The workspace of the company.
pub(crate) fn acme() -> WorkspaceRef {
    "acme".into()
}

impl Company {
    pub(crate) async fn of_ada(test: TestDb) -> Self {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let directory: Arc<dyn Directory> = Arc::new(IdentityGateway::new(identity.directory()));
        let documents = documents::Directory::new(test.db.clone());
        let documents: Arc<dyn DocumentDirectory> = Arc::new(DocumentsGateway::new(documents));
        let runtime = Runtime::builder(&test.db)
            .handler(identity::OnUserConfirmed)
            .handler(OnInvitation::new(Arc::clone(&directory)))
            .handler(OnWorkspaceActivity::new(Arc::clone(&directory), Arc::clone(&documents)))
            .handler(OnAccessLost::new())
            .handler(OnDigestDue::new(Arc::clone(&directory), stationery()))
            .worker(Announcer::new(test.db.clone(), Arc::clone(&directory), Arc::clone(&documents)))
            .worker(Clearer::new(test.db.clone()))
            .worker(SendMail::into_mailbox(sender(), &test.db))
            .build();
        let driver = runtime.driver(Some(test.clock.clone())).await;
        let ada = confirmed_user(&identity, "ada@acme.example", "Ada", "Lovelace").await;
        let create = CreateWorkspace { name: "Acme".to_owned(), description: None, color: None };
        identity.create_workspace(Origin::user(ada), create).await.unwrap();
        let names = Arc::new(ProjectsGateway::new(projects::Directory::new(test.db.clone())));
        let notifications = Notifications::new(test.db.clone(), directory, names, documents);
        Self { identity, notifications, ada, driver, test }
    }

    /// Registers and confirms somebody.
    pub(crate) async fn person(&self, first_name: &str) -> UserId {
        confirmed_user(&self.identity, &address(first_name), first_name, "Example").await
    }

    /// Registers somebody, who joins as this.
    pub(crate) async fn member(&mut self, first_name: &str, role: Role) -> UserId {
        let user = self.person(first_name).await;
        self.invite(self.ada, first_name, role).await;
        self.accept(user).await;
        user
    }

    pub(crate) async fn invite(
        &mut self,
        by: UserId,
        first_name: &str,
        role: Role,
    ) -> InvitationId {
        let invite = InviteMember { workspace: acme(), email: address(first_name), role };
        let invitation = self.identity.invite_member(Origin::user(by), invite).await.unwrap().id;
        self.settle().await;
        invitation
    }

    pub(crate) async fn accept(&mut self, by: UserId) {
        let accept = AcceptInvitation { invitation: acme().into() };
        self.identity.accept_invitation(Origin::user(by), accept).await.unwrap();
        self.settle().await;
    }

    pub(crate) async fn decline(&mut self, by: UserId) {
        let decline = DeclineInvitation { invitation: acme().into() };
        self.identity.decline_invitation(Origin::user(by), decline).await.unwrap();
        self.settle().await;
    }

    pub(crate) async fn change_role(&mut self, member: UserId, role: Role) {
        let change = ChangeMemberRole { workspace: acme(), member: member.into(), role };
        self.identity.change_member_role(Origin::user(self.ada), change).await.unwrap();
        self.settle().await;
    }

    pub(crate) async fn remove(&mut self, by: UserId, member: UserId) {
        let remove = RemoveMember { workspace: acme(), member: member.into() };
        self.identity.remove_member(Origin::user(by), remove).await.unwrap();
        self.settle().await;
    }

    pub(crate) async fn leave(&mut self, member: UserId) {
        let leave = LeaveWorkspace { workspace: acme() };
        self.identity.leave_workspace(Origin::user(member), leave).await.unwrap();
        self.settle().await;
    }

    /// Lets everything be handled that happened, and a second pass.
    pub(crate) async fn settle(&mut self) {
        for reaction in self.driver.run_until_idle().await {
            assert_eq!(
                reaction.outcome,
                Outcome::Handled,
                "{} {:?}",
                reaction.handler,
                reaction.event
            );
        }
        self.pass(Duration::from_secs(1));
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.test.clock.advance(time);
    }

    pub(crate) async fn list(&self, user: UserId, wanted: ListNotifications) -> NotificationPage {
        self.notifications.list(&Origin::user(user), wanted).await.unwrap()
    }

    /// What somebody has been told, newest first, one line each.
    pub(crate) async fn inbox(&self, user: UserId) -> String {
        let page = self.list(user, ListNotifications::default()).await;
        page.notifications.into_iter().fold(String::new(), |mut text, told| {
            let seen = if told.read_at.is_some() { "read" } else { "unread" };
            let action = told.action_taken.map_or(String::new(), |action| format!(", {action}"));
            writeln!(text, "{} ({seen}{action})", told.title).unwrap();
            text
        })
    }

    /// Where that leads.
    pub(crate) async fn links(&self, user: UserId) -> Vec<Option<Link>> {
        let page = self.list(user, ListNotifications::default()).await;
        page.notifications.into_iter().map(|told| told.link).collect()
    }

    pub(crate) async fn delete(&self, user: UserId, notification_id: NotificationId) {
        let delete = DeleteNotification { notification_id };
        self.notifications.delete(Origin::user(user), delete).await.unwrap();
    }

    /// Forgets what is old, as the host does every hour; says how much.
    pub(crate) async fn purge(&self) -> u64 {
        let (origin, purge) = (Origin::system("test"), PurgeNotifications { limit: 100 });
        self.notifications.purge(origin, purge).await.unwrap()
    }

    /// Chooses of what somebody is told, and how.
    pub(crate) async fn prefer(
        &self,
        user: UserId,
        digest_hour: u8,
        chosen: &[(NotificationType, Option<&str>, Delivery)],
    ) {
        let preferences = chosen.iter().map(|(kind, workspace, delivery)| Preference {
            notification_type: *kind,
            workspace: workspace.map(str::to_owned),
            delivery: *delivery,
        });
        let set = SetPreferences { digest_hour, preferences: preferences.collect() };
        self.notifications.set_preferences(Origin::user(user), set).await.unwrap();
    }

    /// The mails that went out, oldest first: to whom, and the subject.
    pub(crate) async fn mails(&self) -> Vec<(String, String)> {
        let mails = Mailbox::new(self.test.db.clone()).list(100).await.unwrap();
        let mails = mails.into_iter().rev();
        mails.map(|mail| (mail.to.address().to_owned(), mail.subject)).collect()
    }

    /// What this context told the others.
    pub(crate) async fn events(&self) -> Vec<Envelope> {
        let mut events = self.test.db.read(&EventFilter::All, Position::START, 1000).await.unwrap();
        events.retain(|event| event.context() == "notifications");
        events
    }
}

fn stationery() -> Stationery {
    Stationery::new("Perme8", "https://perme8.example".parse().unwrap())
}

fn sender() -> Correspondent {
    Correspondent::new("noreply@perme8.example", "Perme8").unwrap()
}

fn address(first_name: &str) -> String {
    format!("{}@acme.example", first_name.to_lowercase())
}
