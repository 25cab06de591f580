//! A host in miniature: the facades and the edge.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use agents::{Agents, AskAgents, ReadingsGateway};
use api::{Api, ApiOptions, Check, Facades, Limits, Readiness, ReadinessReport};
use async_trait::async_trait;
use axum::{Router, extract::Request, response::Response};
use chat::Chat;
use documents::{Documents, SearchIndex};
use erm::Erm;
use identity::{
    AcceptInvitation, CreateWorkspace, Directory, Identity, InvitationId, InviteMember, Role,
    SessionId,
    testing::{log_in, user_with_password},
};
use llm::{
    Answers, LanguageModel as _,
    testing::{Script, ScriptedModel, TestSurroundings},
};
use mail::{Correspondent, Letter, MailKind, Mailbox, SendMail, Stationery};
use notifications::{
    DocumentsGateway, IdentityGateway, Notifications, OnInvitation, ProjectsGateway,
};
use perme8_events::{
    EventStore as _, JobRun, Origin, Standing, Standings, StorageError, UserId, Worker as _,
    WorkspaceId,
    host::{EventBus, Feed, Operations, ReadYourWrites, Runtime, Tasks},
    sql::Db,
    testing::TestDb,
};
use projects::{CreateProject, Projects};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::{
    client::{Answer, Ask, Blocks},
    kept::Kept,
    trail::Trail,
};

#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) test: TestDb,
    pub(crate) identity: Identity,
    projects: Projects,
    /// What answers for every agent and in every conversation.
    pub(crate) model: ScriptedModel,
    pub(crate) tasks: Tasks,
    pub(crate) readiness: Arc<Told>,
    pub(crate) trail: Arc<Trail>,
    feed: Feed,
    api: Api,
    router: Router,
}

/// Somebody who is logged in.
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) token: String,
}

impl Host {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// Streams of this host show that they live, often enough for a test.
    pub(crate) async fn lively() -> Self {
        Self::with(|options| options.heartbeat = Duration::from_millis(20)).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut ApiOptions)) -> Self {
        let migrations = [
            &perme8_events::sql::MIGRATIONS,
            &mail::MIGRATIONS,
            &identity::MIGRATIONS,
            &projects::MIGRATIONS,
            &documents::MIGRATIONS,
            &agents::MIGRATIONS,
            &notifications::MIGRATIONS,
            &chat::MIGRATIONS,
            &erm::MIGRATIONS,
        ];
        Self::on(TestDb::sqlite(&migrations).await, change).await
    }

    /// A host that holds the limits of the manual.
    pub(crate) async fn limited(change: impl FnOnce(&mut ApiOptions)) -> Self {
        Self::with(change).await.at_most(Limits::default())
    }

    /// The same host, with these limits.
    pub(crate) fn at_most(self, limits: Limits) -> Self {
        let api = self.api.with_limits(limits, Arc::new(Kept::default()));
        Self { router: api::router(api.clone()), api, ..self }
    }

    /// The same host, with other options.
    pub(crate) fn changed(self, change: impl FnOnce(&mut ApiOptions)) -> Self {
        let mut options =
            ApiOptions { clock: Arc::new(self.test.clock.clone()), ..ApiOptions::default() };
        change(&mut options);
        let api = self.api.with_options(options);
        Self { router: api::router(api.clone()), api, ..self }
    }

    /// A host that somebody develops with.
    pub(crate) async fn developing() -> Self {
        let migrations = [&perme8_events::sql::MIGRATIONS, &mail::MIGRATIONS];
        let test = TestDb::sqlite(&migrations).await;
        let mailbox = Mailbox::new(test.db.clone());
        Self::on(test, |options| options.mailbox = Some(mailbox)).await
    }

    async fn on(test: TestDb, change: impl FnOnce(&mut ApiOptions)) -> Self {
        let tasks = Tasks::new();
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let members = Arc::new(projects::IdentityGateway::new(identity.directory()));
        let projects = Projects::new(test.db.clone(), members);
        let members = Arc::new(documents::IdentityGateway::new(identity.directory()));
        let directory = Arc::new(documents::ProjectsGateway::new(projects.directory()));
        let documents = Documents::new(test.db.clone(), members, directory);
        let members = Arc::new(agents::IdentityGateway::new(identity.directory()));
        let (work, writing) = (projects.directory(), documents.directory());
        let readings = Arc::new(ReadingsGateway::new(identity.directory(), work, writing));
        let model = ScriptedModel::that(Script::new().says("Be").says("cause."));
        let agents = Agents::new(test.db.clone(), members, model.models().clone());
        let answers = Answers::new(Arc::new(model.clone()), Arc::new(TestSurroundings::new()));
        let ask_agents = AskAgents::new(agents.clone(), readings, answers.clone());
        let gateway = Arc::new(IdentityGateway::new(identity.directory()));
        let names = Arc::new(ProjectsGateway::new(projects.directory()));
        let titles = Arc::new(DocumentsGateway::new(documents.directory()));
        let notifications = Notifications::new(test.db.clone(), gateway, names, titles);
        let members = Arc::new(chat::IdentityGateway::new(identity.directory()));
        let directory = Arc::new(chat::ProjectsGateway::new(projects.directory()));
        let texts = Arc::new(chat::DocumentsGateway::new(documents.directory()));
        let helpers = Arc::new(chat::AgentsGateway::new(agents.directory()));
        let chat = Chat::new(test.db.clone(), members, directory);
        let chat = chat.with_answers(answers, texts, helpers);
        let members = Arc::new(erm::IdentityGateway::new(identity.directory()));
        let erm = Erm::new(test.db.clone(), members);
        let feed = Feed::start(&test.db, &tasks).await.expect("a fresh log is readable");
        let bus = EventBus::new(feed.clone(), Arc::new(Members(identity.directory())), &[]);
        let readiness = Arc::new(Told::default());
        let mut options =
            ApiOptions { clock: Arc::new(test.clock.clone()), ..ApiOptions::default() };
        change(&mut options);
        let told = Arc::clone(&readiness) as Arc<dyn Readiness>;
        let trail = Arc::new(Trail::default());
        let trail_port = Arc::clone(&trail) as _;
        let facades = Facades {
            identity: identity.clone(),
            projects: projects.clone(),
            documents,
            agents,
            chat,
            erm,
            ask_agents,
            notifications,
        };
        let api = Api::new(facades, bus, trail_port, told)
            .with_options(options)
            .with_operations(Operations::new(&test.db))
            .with_reads(ReadYourWrites::of(&following(&test.db)));
        let router = api::router(api.clone());
        Self { test, identity, projects, model, tasks, readiness, trail, feed, api, router }
    }

    /// Listens until the tasks are stopped.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it listens");
        let (api, stopped) = (self.api.clone(), self.tasks.token().cancelled_owned());
        self.tasks.spawn("http", async move {
            api::serve(listener, api, stopped).await.expect("the listener works");
        });
        address
    }

    pub(crate) async fn respond(&self, ask: Ask) -> Response {
        self.respond_to(ask.into_request()).await
    }

    pub(crate) async fn respond_to(&self, request: Request) -> Response {
        let Ok(response) = self.router.clone().oneshot(request).await;
        response
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Answer {
        Answer::read(self.respond(ask).await).await
    }

    /// An open stream, on which nothing arrives that happened before.
    pub(crate) async fn stream(&self, ask: Ask) -> Blocks {
        let head = self.test.db.head().await.expect("the log is readable");
        while self.feed.settled() < head {
            tokio::task::yield_now().await;
        }
        let response = self.respond(ask).await;
        assert_eq!(response.status(), 200);
        Blocks::of(response)
    }

    /// Somebody with a confirmed account, logged in. The first name is the local part of the address.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let email = format!("{name}@example.com");
        let id = user_with_password(&self.identity, &email, name, "Example").await;
        let login = log_in(&self.identity, &email).await;
        let token = login.token.expose().to_owned();
        Person { id, session_id: login.session_id, token }
    }

    /// Another session of somebody, by its token.
    pub(crate) async fn log_in(&self, name: &str) -> String {
        let login = log_in(&self.identity, &format!("{name}@example.com")).await;
        login.token.expose().to_owned()
    }

    /// A workspace of this person, by its slug.
    pub(crate) async fn workspace(&self, owner: &Person, name: &str) -> String {
        let command = CreateWorkspace { name: name.to_owned(), description: None, color: None };
        let origin = Origin::user(owner.id);
        self.identity.create_workspace(origin, command).await.expect("the name is proper").slug
    }

    pub(crate) async fn invite(
        &self,
        by: &Person,
        slug: &str,
        name: &str,
        role: Role,
    ) -> InvitationId {
        let email = format!("{name}@example.com");
        let command = InviteMember { workspace: slug.into(), email, role };
        let invitation = self.identity.invite_member(Origin::user(by.id), command).await;
        invitation.expect("the invitation is proper").id
    }

    /// Somebody new who was invited into a workspace and joined.
    pub(crate) async fn member(
        &self,
        owner: &Person,
        slug: &str,
        name: &str,
        role: Role,
    ) -> Person {
        let person = self.person(name).await;
        let invitation = self.invite(owner, slug, name, role).await.into();
        let accept = AcceptInvitation { invitation };
        let joined = self.identity.accept_invitation(Origin::user(person.id), accept).await;
        joined.expect("the invitation waits");
        person
    }

    /// A project in a workspace, by its slug.
    pub(crate) async fn begin(&self, owner: &Person, workspace: &str, name: &str) -> String {
        let (workspace, name) = (workspace.into(), name.to_owned());
        let command = CreateProject { workspace, name, description: None, color: None };
        let begun = self.projects.create_project(Origin::user(owner.id), command).await;
        begun.expect("the name is proper").slug
    }

    /// A mail of this subject arrives in the mailbox.
    pub(crate) async fn send(&self, subject: &str) {
        let on = Stationery::new("Perme8", "https://perme8.example".parse().expect("it is a host"));
        let person = Correspondent::new("ada@example.com", "Ada").expect("it is an address");
        let letter = Letter::new(subject).action("Look", on.link(&["things"]));
        let mail = on.mail(MailKind::new("tests.greeting"), person.clone(), &letter, None);
        let worker = SendMail::into_mailbox(person, &self.test.db);
        worker.work(mail, &JobRun::fake("1")).await.expect("the mailbox is writable");
    }

    /// Lets read models follow what happened.
    pub(crate) async fn follow(&self) {
        let mut driver = following(&self.test.db).driver(Some(self.test.clock.clone())).await;
        driver.run_until_idle().await;
    }

    /// Lets the notifications of invitations happen.
    pub(crate) async fn react(&self) {
        let directory = Arc::new(IdentityGateway::new(self.identity.directory()));
        let runtime = Runtime::builder(&self.test.db).handler(OnInvitation::new(directory)).build();
        runtime.driver(Some(self.test.clock.clone())).await.run_until_idle().await;
    }
}

/// What keeps read models.
fn following(db: &Db) -> Runtime {
    Runtime::builder(db).projection(SearchIndex).build()
}

/// Who is what, as identity knows it.
#[derive(Debug)]
struct Members(Directory);

#[async_trait]
impl Standings for Members {
    async fn standing(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Standing>, StorageError> {
        let role = self.0.role_of(user, workspace).await?;
        Ok(role.map(|role| if role.is_manager() { Standing::Manager } else { Standing::Member }))
    }
}

/// Says what it was told to say.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) report: Mutex<ReadinessReport>,
    /// How often the whole report was asked for.
    pub(crate) reports: AtomicUsize,
}

impl Default for Told {
    fn default() -> Self {
        let report =
            ReadinessReport { database: Check::Ok, log_reader: Check::Ok, handlers: Check::Ok };
        Self { report: Mutex::new(report), reports: AtomicUsize::new(0) }
    }
}

impl Told {
    fn now(&self) -> ReadinessReport {
        self.report.lock().expect("nobody panics while holding it").clone()
    }
}

#[async_trait]
impl Readiness for Told {
    async fn report(&self) -> ReadinessReport {
        self.reports.fetch_add(1, Ordering::Relaxed);
        self.now()
    }

    async fn database(&self) -> Check {
        self.now().database
    }
}
