//! The host in somebody else's program, with handlers beside its own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use identity::{RegisterUser, UserRegistered};
use perme8::{App, AppOptions, MIGRATIONS};
use perme8_events::{
    Envelope, EventHandler, HandlerError, Origin, Subscriber, Subscription, UserId,
    host::{Outcome, Reaction},
    on_both_engines,
    sql::Tx,
};

/// What takes longer does not happen.
const DEADLINE: Duration = Duration::from_secs(30);

/// Notes who has registered.
#[derive(Debug, Clone, Default)]
struct GuestBook {
    guests: Arc<Mutex<Vec<UserId>>>,
}

impl GuestBook {
    const NAME: &str = "guestbook.on_user_registered";

    fn guests(&self) -> Vec<UserId> {
        self.guests.lock().unwrap().clone()
    }
}

impl Subscriber for GuestBook {
    fn name(&self) -> &'static str {
        Self::NAME
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

on_both_engines! {
    migrations: MIGRATIONS;

    async fn a_handler_of_somebody_else_hears_what_the_contexts_tell(test: TestDb) {
        let book = GuestBook::default();
        let builder = App::builder(test.db.clone(), AppOptions::default()).handler(book.clone());
        let app = builder.assemble().await.unwrap();
        let ada = register(&app, "ada@example.com").await;
        let mut driver = app.runtime().driver(Some(test.clock.clone())).await;
        let reactions = driver.run_until_idle().await;
        assert_eq!(outcomes(&reactions, GuestBook::NAME), [&Outcome::Handled]);
        assert_eq!(outcomes(&reactions, "identity.mailer"), [&Outcome::Handled], "so do those of the host");
        assert_eq!(book.guests(), [ada]);
        let ben = register(&app, "ben@example.com").await;
        driver.run_until_idle().await;
        assert_eq!(book.guests(), [ada, ben]);
        // Operators find it among the others.
        let status = app.operations().status(GuestBook::NAME).await.unwrap();
        assert_eq!((status.retrying, status.parked, status.dead), (0, 0, 0));
        app.tasks().shutdown(DEADLINE).await.unwrap();
    }

    async fn a_host_without_it_does_not_call_it(test: TestDb) {
        let app = App::assemble(test.db.clone(), AppOptions::default()).await.unwrap();
        register(&app, "ada@example.com").await;
        let reactions = app.runtime().driver(Some(test.clock.clone())).await.run_until_idle().await;
        assert_eq!(outcomes(&reactions, GuestBook::NAME), Vec::<&Outcome>::new());
        assert_eq!(outcomes(&reactions, "identity.mailer"), [&Outcome::Handled]);
        app.tasks().shutdown(DEADLINE).await.unwrap();
    }
}
