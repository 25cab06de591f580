//! What belongs to a trace: events, what handlers emit because of them, and what jobs do.

use perme8_events::{
    Envelope, EventFilter, EventStore as _, HandlerOptions, Origin, Position, StorageError,
    TraceContext, Transaction as _,
    host::Runtime,
    on_both_engines,
    sql::{Db, MIGRATIONS, UnitOfWork},
};

use crate::{
    fixtures::{PROBE, emit_as, log, noted, user},
    orders::{Clerk, Turn, order},
    probe::{Act, Probe, QUICK},
};

const ONE: HandlerOptions = HandlerOptions { partitions: 1, ..QUICK };

fn begun() -> TraceContext {
    TraceContext::begin(1.0).expect("all are traced")
}

/// The steps of what handlers emitted, in order.
async fn echoes(db: &Db) -> Vec<Option<TraceContext>> {
    let filter = EventFilter::Type("echoes.echoed".to_owned());
    let echoes = db.read(&filter, Position::START, 10).await.unwrap();
    echoes.iter().map(Envelope::trace).collect()
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn what_a_handler_emits_is_a_step_that_follows_that_of_its_event(test: TestDb) {
        let db = &test.db;
        let (first, third) = (begun(), begun());
        emit_as(db, Origin::user(user(1)).in_trace(first), [noted("a", 1)]).await;
        emit_as(db, Origin::user(user(1)), [noted("a", 2)]).await;
        emit_as(db, Origin::user(user(1)).in_trace(third), [noted("b", 3)]).await;
        let told: Vec<_> = log(db).await.iter().map(Envelope::trace).collect();
        assert_eq!(told, [Some(first), None, Some(third)]);
        // All in one transaction, where each belongs to a trace of its own.
        let probe = Probe::new("tests.probe").with(ONE).acting(|_, _| Act::Echo);
        let mut driver = Runtime::builder(db).handler(probe).build().driver(None).await;
        driver.run_until_idle().await;
        let echoes = echoes(db).await;
        let [Some(of_first), None, Some(of_third)] = echoes[..] else { panic!("{echoes:?}") };
        for (step, cause) in [(of_first, first), (of_third, third)] {
            assert!(step.is_of_the_trace_of(cause), "{step} follows {cause}");
            assert_ne!(step.span_id(), cause.span_id());
        }
    }

    async fn what_succeeds_at_last_is_a_step_of_the_trace_too(test: TestDb) {
        let db = &test.db;
        let trace = begun();
        emit_as(db, Origin::user(user(1)).in_trace(trace), [noted("a", 1)]).await;
        let probe = Probe::new("tests.probe")
            .with(ONE)
            .acting(|_, tries| if tries < 3 { Act::Fail } else { Act::Echo });
        let runtime = Runtime::builder(db).handler(probe).build();
        runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
        let echoes = echoes(db).await;
        let [Some(step)] = echoes[..] else { panic!("{echoes:?}") };
        assert!(step.is_of_the_trace_of(trace) && step != trace);
    }

    async fn what_a_job_does_follows_what_asked_for_it(test: TestDb) {
        let db = &test.db;
        let trace = begun();
        UnitOfWork::new(db.clone())
            .run(Origin::user(user(1)).in_trace(trace), async |tx| {
                tx.enqueue(order("a"));
                Ok::<_, StorageError>(())
            })
            .await
            .unwrap();
        let clerk = Clerk::new(db, |_, _| Turn::CommandThenFail);
        let runtime = Runtime::builder(db).worker(clerk).build();
        runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
        let done = log(db).await;
        let [done] = &done[..] else { panic!("the command commits once: {done:?}") };
        let step = done.trace().unwrap();
        assert!(step.is_of_the_trace_of(trace) && step != trace);
    }
}
