//! Handlers in virtual time, without a database: given this, when that happens, then so.

use std::time::Duration;

use crate::{
    application::{
        clock::Clock as _,
        handler::{ErrorClass, EventHandler, HandlerError},
    },
    domain::{
        actor::Actor, envelope::Envelope, event::DomainEvent, origin::Origin, unsaved::NewEvent,
    },
    testing::{FakeTx, ManualClock, envelope, transcript},
};

/// A handler, what it finds in its tables, and what time it is.
///
/// ```text
/// let mut scenario = HandlerTest::given(OnInvitation, Tables::default());
/// let created: NotificationCreated = scenario.when(invited).await.expect_event();
/// scenario.after(Duration::from_hours(1));
/// scenario.when(invited).await.expect_no_events();
/// ```
pub struct HandlerTest<H, S> {
    handler: H,
    tx: FakeTx<S>,
    clock: ManualClock,
    actor: Actor,
    happened: i64,
}

impl<H, S: std::fmt::Debug> std::fmt::Debug for HandlerTest<H, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandlerTest").field("tx", &self.tx).finish_non_exhaustive()
    }
}

impl<H, S> HandlerTest<H, S>
where
    H: EventHandler<FakeTx<S>>,
    S: Clone + Send,
{
    /// A handler over these tables, on [a Monday morning](ManualClock::monday_morning).
    #[must_use]
    pub fn given(handler: H, state: S) -> Self {
        let actor = Actor::System("testing".into());
        let clock = ManualClock::monday_morning();
        Self { handler, tx: FakeTx::new(state), clock, actor, happened: 0 }
    }

    /// What happens from here on is done by somebody else.
    #[must_use]
    pub fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// Time passes, without anybody waiting for it.
    pub fn after(&mut self, passed: Duration) {
        self.clock.advance(passed);
    }

    /// What is in the tables.
    pub fn state(&mut self) -> &mut S {
        &mut self.tx.state
    }

    /// An event happens, and is delivered once.
    ///
    /// # Panics
    ///
    /// The handler does not subscribe to it.
    pub async fn when<E: DomainEvent>(&mut self, event: E) -> Then {
        self.happened += 1;
        let now = self.clock.now();
        let event =
            Envelope { occurred_at: now, ..envelope(self.happened, self.actor.clone(), &event) };
        let wanted = self.handler.subscriptions().iter().any(|one| one.matches(&event));
        assert!(wanted, "the handler does not subscribe to {}", event.event_type);
        self.tx.turn_to(Origin::reaction(self.handler.name(), &event), now);
        let outcome = match self.handler.gather(&event).await {
            Ok(facts) => {
                let handler = &self.handler;
                // As in a database, nothing stays of what failed.
                self.tx.savepoint(async |tx| handler.handle(tx, &event, facts).await).await
            }
            Err(error) => Err(error),
        };
        Then { outcome, events: self.tx.take_events() }
    }
}

/// What came of an event.
#[derive(Debug)]
#[must_use = "say what should have come of it"]
pub struct Then {
    outcome: Result<(), HandlerError>,
    events: Vec<NewEvent>,
}

impl Then {
    /// The first event of this type that the handler emitted.
    ///
    /// # Panics
    ///
    /// It failed, or emitted none.
    #[must_use]
    pub fn expect_event<E: DomainEvent>(&self) -> E {
        self.expect_handled();
        let emitted = self.events.iter().find(|event| event.any().event_type() == E::TYPE);
        let Some(event) = emitted else {
            panic!("no {} was emitted, but this:\n{}", E::TYPE, self.transcript());
        };
        let data = event.any().data().expect("events of tests serialise");
        serde_json::from_str(&data).expect("what was written can be read")
    }

    /// It was handled, and nothing follows from it.
    ///
    /// # Panics
    ///
    /// It failed, or something was emitted.
    pub fn expect_no_events(&self) {
        self.expect_handled();
        assert!(self.events.is_empty(), "this was emitted:\n{}", self.transcript());
    }

    /// It was handled.
    ///
    /// # Panics
    ///
    /// It failed.
    pub fn expect_handled(&self) {
        if let Err(error) = &self.outcome {
            panic!("it failed: {}", error.chain());
        }
    }

    /// It failed; what is done about that.
    ///
    /// # Panics
    ///
    /// It was handled.
    #[must_use]
    pub fn expect_failure(&self) -> ErrorClass {
        let failed = self.outcome.as_ref().err();
        failed.expect("it was handled, and should have failed").class()
    }

    /// What was emitted, one `type data` line each.
    ///
    /// # Panics
    ///
    /// An event does not serialise.
    #[must_use]
    pub fn transcript(&self) -> String {
        transcript(&self.events)
    }
}
