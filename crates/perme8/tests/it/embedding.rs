//! The host in somebody else's program, with handlers beside its own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use identity::{RegisterUser, UserRegistered};
use perme8::{App, AppError, AppOptions, MIGRATIONS};
use perme8_events::{
    Envelope, EventHandler, HandlerError, Origin, Subscriber, Subscription, UserId,
    host::{Feed, Outcome, Reaction, Runtime, RuntimeBuilder, StartError, Tasks},
    on_both_engines,
    sql::{Db, Tx},
};

/// What takes longer does not happen.
const DEADLINE: Duration = Duration::from_secs(30);

/// Notes who has registered, under any name.
#[derive(Debug, Clone)]
struct GuestBook {
    name: &'static str,
    guests: Arc<Mutex<Vec<UserId>>>,
}

impl GuestBook {
    const NAME: &str = "guestbook.on_user_registered";

    fn new(name: &'static str) -> Self {
        Self { name, guests: Arc::default() }
    }

    fn guests(&self) -> Vec<UserId> {
        self.guests.lock().unwrap().clone()
    }
}

impl Subscriber for GuestBook {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<UserRegistered>()] }
    }
}

#[async_trait]
impl EventHandler<Tx> for GuestBook {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, _: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        if let Some(UserRegistered { user_id, .. }) = event.decode()? {
            self.guests.lock().unwrap().push(user_id);
        }
        Ok(())
    }
}

async fn register(app: &App, email: &str) -> UserId {
    let register = RegisterUser {
        email: email.to_owned(),
        first_name: "Ada".to_owned(),
        last_name: "Okafor".to_owned(),
        password: None,
    };
    app.identity().register_user(Origin::system("tests"), register).await.unwrap().id
}

/// How deliveries to one handler went.
fn outcomes<'a>(reactions: &'a [Reaction], handler: &str) -> Vec<&'a Outcome> {
    let of_handler = reactions.iter().filter(|reaction| reaction.handler == handler);
    of_handler.map(|reaction| &reaction.outcome).collect()
}

/// A program that runs handlers of these names, and nothing else, has been here.
async fn leave_behind(db: &Db, names: &[&'static str]) {
    let books = names.iter().copied().map(GuestBook::new);
    let builder = books.fold(Runtime::builder(db), RuntimeBuilder::handler);
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await.unwrap();
    builder.build().start(&feed, &tasks).await.unwrap();
    tasks.shutdown(DEADLINE).await.unwrap();
}

/// Whether the host starts beside what it finds, with these contexts beside its own; the names of which it misses the handlers.
async fn missed(db: &Db, contexts: &[&'static str]) -> Vec<String> {
    let owning = |runtime| contexts.iter().copied().fold(runtime, RuntimeBuilder::owning);
    let builder = App::builder(db.clone(), AppOptions::default()).running(owning);
    let app = builder.assemble().await.unwrap();
    let started = app.start().await;
    app.tasks().shutdown(DEADLINE).await.unwrap();
    match started {
        Ok(()) => Vec::new(),
        Err(AppError::Handlers(StartError::UnknownHandlers { names })) => names,
        Err(error) => panic!("{error}"),
    }
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn a_handler_of_somebody_else_hears_what_the_contexts_tell(test: TestDb) {
        let book = GuestBook::new(GuestBook::NAME);
        let builder = App::builder(test.db.clone(), AppOptions::default()).handler(book.clone());
        let app = builder.assemble().await.unwrap();
        let mut driver = app.runtime().driver(Some(test.clock.clone())).await;
        let ada = register(&app, "ada@example.com").await;
        let reactions = driver.run_until_idle().await;
        assert_eq!(outcomes(&reactions, GuestBook::NAME), [&Outcome::Handled]);
        assert_eq!(outcomes(&reactions, "identity.mailer"), [&Outcome::Handled], "so do those of the host");
        assert_eq!(book.guests(), [ada]);
        let ben = register(&app, "ben@example.com").await;
        driver.run_until_idle().await;
        assert_eq!(book.guests(), [ada, ben]);
        // Operators find it among the others.
        let status = app.operations().status(GuestBook::NAME).await.unwrap();
        assert_eq!((status.retrying, status.parked, status.aside, status.dead), (0, 0, 0, 0));
        app.tasks().shutdown(DEADLINE).await.unwrap();
    }

    async fn a_host_without_it_does_not_call_it(test: TestDb) {
        let app = App::assemble(test.db.clone(), AppOptions::default()).await.unwrap();
        let mut driver = app.runtime().driver(Some(test.clock.clone())).await;
        register(&app, "ada@example.com").await;
        let reactions = driver.run_until_idle().await;
        assert_eq!(outcomes(&reactions, GuestBook::NAME), Vec::<&Outcome>::new());
        assert_eq!(outcomes(&reactions, "identity.mailer"), [&Outcome::Handled]);
        app.tasks().shutdown(DEADLINE).await.unwrap();
    }
    async fn handlers_of_another_program_are_left_to_it(test: TestDb) {
        leave_behind(&test.db, &[GuestBook::NAME, "chats.on_gone"]).await;
        assert_eq!(missed(&test.db, &[]).await, [""; 0]);
        // Unless the program says that it has them.
        assert_eq!(missed(&test.db, &["guestbook"]).await, [GuestBook::NAME]);
    }

    async fn what_a_context_has_forgotten_is_noticed_beside_them(test: TestDb) {
        leave_behind(&test.db, &[GuestBook::NAME, "chat.on_forgotten", "perme8.forgotten"]).await;
        assert_eq!(missed(&test.db, &[]).await, ["chat.on_forgotten", "perme8.forgotten"]);
    }
}
