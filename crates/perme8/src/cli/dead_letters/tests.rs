//! What becomes of a delivery that a handler gives up.

use async_trait::async_trait;
use identity::{Identity, RegisterUser, UserRegistered};
use perme8_events::{
    Envelope, EventHandler, HandlerError, Origin, Subscriber, Subscription,
    host::Runtime,
    on_both_engines,
    sql::{Db, Tx},
};

use super::*;
use crate::{catalogue::MIGRATIONS, cli::failure::Kind};

/// Understands nothing.
struct Stubborn;

const HANDLER: &str = "tests.stubborn";

impl Subscriber for Stubborn {
    fn name(&self) -> &'static str {
        HANDLER
    }

    fn subscriptions(&self) -> &[Subscription] {
        const TO: &[Subscription] = &[Subscription::to::<UserRegistered>()];
        TO
    }
}

#[async_trait]
impl EventHandler<Tx> for Stubborn {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Err(HandlerError::permanent(
            "line one\nline two, and so much more that no table has room for it",
        ))
    }

    async fn handle(&self, _: &mut Tx, _: &Envelope, (): ()) -> Result<(), HandlerError> {
        Ok(())
    }
}

/// Where the one dead letter of a database lies.
async fn died(db: &Db) -> Position {
    let register = RegisterUser {
        email: "ada@example.com".to_owned(),
        first_name: "Ada".to_owned(),
        last_name: "Okafor".to_owned(),
        password: None,
    };
    Identity::new(db.clone()).register_user(Origin::system("tests"), register).await.unwrap();
    Runtime::builder(db).handler(Stubborn).build().driver(None).await.run_until_idle().await;
    let listed = Operations::new(db).dead_letters(None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    listed[0].position
}

fn act(position: Position, yes: bool) -> Act {
    Act { which: Which { handler: HANDLER.to_owned(), position }, yes }
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn a_dead_letter_is_shown_with_its_event(test: TestDb) {
        let position = died(&test.db).await;
        let operations = Operations::new(&test.db);
        let dead_letters = operations.dead_letters(Some(HANDLER), 10).await.unwrap();
        let table = DeadLetters { dead_letters }.text(Paint::PLAIN);
        assert!(table.contains(r"line one\u{a}line two") && table.ends_with('…'), "{table}");
        let shown = detail(&operations, &act(position, false).which).await.unwrap();
        let text = shown.text(Paint::PLAIN);
        assert!(text.starts_with("dead letter\n  handler      tests.stubborn\n"), "{text}");
        assert!(text.contains("identity.user_registered v1"), "{text}");
        let json = serde_json::to_value(&shown).unwrap();
        assert_eq!((&json["handler"], &json["event"]["position"]), (&HANDLER.into(), &json["position"]));
    }

    async fn nobody_acts_unasked(test: TestDb) {
        let position = died(&test.db).await;
        let operations = Operations::new(&test.db);
        let console = Console::standard(true);
        let failure = act(position, false).discard(&operations, &console).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Usage);
        assert!(failure.help.is_some_and(|help| help.contains("--yes")));
        assert_eq!(operations.dead_letters(None, 10).await.unwrap().len(), 1);
    }

    async fn a_retried_one_is_delivered_again_and_a_discarded_one_never(test: TestDb) {
        let position = died(&test.db).await;
        let operations = Operations::new(&test.db);
        let console = Console::standard(true);
        let done = act(position, true).retry(&operations, &console).await.unwrap();
        assert!(done.operator.starts_with("cli:"), "{done:?}");
        assert!(operations.dead_letters(None, 10).await.unwrap().is_empty());
        Runtime::builder(&test.db).handler(Stubborn).build().driver(None).await.run_until_idle().await;
        assert_eq!(operations.dead_letters(None, 10).await.unwrap()[0].position, position);
        act(position, true).discard(&operations, &console).await.unwrap();
        assert!(operations.dead_letters(None, 10).await.unwrap().is_empty());
        let gone = act(position, true).discard(&operations, &console).await.unwrap_err();
        assert!(gone.message.contains("has no dead letter"), "{}", gone.message);
    }
}
