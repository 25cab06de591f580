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
    deliver(db).await;
    let listed = Operations::new(db).dead_letters(None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    listed[0].position
}

fn which(position: Position) -> Which {
    Which { handler: HANDLER.to_owned(), position }
}

fn retry(position: Option<Position>) -> RetryArgs {
    let all = position.is_none();
    RetryArgs {
        handler: HANDLER.to_owned(),
        position,
        all,
        sure: Sure { yes: true },
        wait: Wait::default(),
    }
}

fn discard(position: Position, yes: bool) -> DiscardArgs {
    DiscardArgs { which: which(position), with_waiting: false, sure: Sure { yes } }
}

fn edit(position: Position, data: &str) -> EditArgs {
    EditArgs {
        which: which(position),
        data: Some(data.to_owned()),
        file: None,
        sure: Sure { yes: true },
        wait: Wait::default(),
    }
}

async fn deliver(db: &Db) {
    Runtime::builder(db).handler(Stubborn).build().driver(None).await.run_until_idle().await;
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn a_dead_letter_is_shown_with_its_event(test: TestDb) {
        let position = died(&test.db).await;
        let operations = Operations::new(&test.db);
        let dead_letters = operations.dead_letters(Some(HANDLER), 10).await.unwrap();
        let table = DeadLetters { dead_letters }.text(Paint::PLAIN);
        assert!(table.contains(r"line one\u{a}line two") && table.ends_with('…'), "{table}");
        let shown = detail(&operations, &which(position)).await.unwrap();
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
        let failure = discard(position, false).discard(&operations, &console).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Usage);
        assert!(failure.help.is_some_and(|help| help.contains("--yes")));
        assert_eq!(operations.dead_letters(None, 10).await.unwrap().len(), 1);
    }

    async fn a_retried_one_is_delivered_again_and_a_discarded_one_never(test: TestDb) {
        let position = died(&test.db).await;
        let operations = Operations::new(&test.db);
        let console = Console::standard(true);
        let done = retry(Some(position)).retry(&operations, position, &console).await.unwrap();
        assert!(done.operator.starts_with("cli:"), "{done:?}");
        assert!(operations.dead_letters(None, 10).await.unwrap().is_empty());
        deliver(&test.db).await;
        assert_eq!(operations.dead_letters(None, 10).await.unwrap()[0].position, position);
        discard(position, true).discard(&operations, &console).await.unwrap();
        assert!(operations.dead_letters(None, 10).await.unwrap().is_empty());
        let gone = discard(position, true).discard(&operations, &console).await.unwrap_err();
        assert!(gone.message.contains("has no dead letter"), "{}", gone.message);
    }

    async fn all_of_a_handler_are_retried(test: TestDb) {
        let position = died(&test.db).await;
        let operations = Operations::new(&test.db);
        let console = Console::standard(true);
        let done = retry(None).retry_all(&operations, &console).await.unwrap();
        assert_eq!(serde_json::to_value(&done).unwrap()["retried"], 1);
        assert!(operations.dead_letters(None, 10).await.unwrap().is_empty());
        deliver(&test.db).await;
        assert_eq!(operations.dead_letters(None, 10).await.unwrap()[0].position, position);
    }

    async fn edited_data_must_be_those_of_the_event(test: TestDb) {
        let position = died(&test.db).await;
        let operations = app::operations(&test.db);
        let console = Console::standard(true);
        let no_json = edit(position, "{").edit(&operations, &console).await.unwrap_err();
        assert_eq!((no_json.kind, no_json.message.as_str()), (Kind::Usage, "the data are no JSON"));
        let wrong = edit(position, "{}").edit(&operations, &console).await.unwrap_err();
        assert!(wrong.causes[0].contains("a field is missing"), "{wrong:?}");
        let event = operations.dead_letter(HANDLER, position).await.unwrap().event.unwrap();
        edit(position, event.data.get()).edit(&operations, &console).await.unwrap();
        deliver(&test.db).await;
        let shown = detail(&operations, &which(position)).await.unwrap().text(Paint::PLAIN);
        assert!(shown.contains("its data were edited"), "{shown}");
    }
}
