//! What becomes of errors, what subscriptions cover, and how long is waited.

use super::*;
use crate::{
    domain::{
        actor::Actor,
        core_events::{PersonForgotten, TimerFired},
        id::UserId,
        upcast::UpcastError,
    },
    testing,
};

/// Of the context `perme8_events`, and of an aggregate `person`.
fn forgotten() -> Envelope {
    let user_id = UserId::new(uuid::Uuid::from_u128(1));
    let event = PersonForgotten { user_id, for_good: true, operator: None };
    testing::envelope(7, Actor::Anonymous, &event)
}

#[test]
fn delays_grow_to_the_cap_and_are_spread_over_the_whole_bound() {
    let policy =
        RetryPolicy { attempts: 9, base: Duration::from_secs(1), cap: Duration::from_mins(1) };
    let longest: Vec<u128> =
        (1..=9).map(|attempt| policy.delay(attempt, u64::MAX).as_millis()).collect();
    assert_eq!(longest, [999, 1999, 3999, 7999, 15999, 31999, 59999, 59999, 59999]);
    assert_eq!(policy.delay(3, 0), Duration::ZERO);
    assert_eq!(policy.delay(3, u64::MAX / 2).as_millis(), 1999);
    assert_eq!(policy.delay(u16::MAX, u64::MAX).as_millis(), 59999);
}

#[test]
fn errors_are_transient_unless_no_repetition_mends_them_or_nobody_is_to_blame() {
    let event_type = || "a.b".to_owned();
    let problem = "no well-formed JSON";
    let data = DecodeError::Data { event_type: event_type(), problem, column: 7 };
    let source = UpcastError::new("`name` is missing");
    let upcast = DecodeError::Upcast { event_type: event_type(), version: 1, source };
    let newer = DecodeError::Version { event_type: event_type(), found: 2, known: 1 };
    let why = || std::io::Error::other("why");
    for (error, class) in [
        (HandlerError::from(why()), ErrorClass::Transient),
        (StorageError::new(why()).into(), ErrorClass::Transient),
        (StorageError::unavailable(why()).into(), ErrorClass::Busy(UNAVAILABLE)),
        (data.into(), ErrorClass::Permanent),
        (upcast.into(), ErrorClass::Permanent),
        (newer.into(), ErrorClass::Busy(NEWER)),
        (HandlerError::transient("later"), ErrorClass::Transient),
        (HandlerError::permanent("never"), ErrorClass::Permanent),
        (HandlerError::busy(NEWER, "soon"), ErrorClass::Busy(NEWER)),
    ] {
        assert_eq!(error.class(), class, "{error:?}");
    }
}

/// A command that did not commit.
#[derive(Debug, thiserror::Error)]
#[error("the command failed")]
struct Failed(#[source] StorageError);

#[test]
fn an_error_is_told_with_its_causes_and_an_earlier_commit_is_found_among_them() {
    let conflict = HandlerError::from(Failed(StorageError::conflict()));
    assert_eq!(conflict.chain(), "the command failed: somebody else was faster");
    assert!(!conflict.is_repeated());
    let repeated = HandlerError::from(Failed(StorageError::repeated()));
    assert_eq!(
        repeated.chain(),
        "the command failed: the command was committed before: \
         a transaction with this idempotency key is committed already"
    );
    assert!(repeated.is_repeated() && format!("{repeated:?}").contains("Transient"));
}

#[test]
fn a_long_error_is_cut_and_holds_no_nul() {
    let error = HandlerError::transient("\0ä".repeat(3_000));
    assert_eq!(error.chain(), "ä".repeat(2_000));
}

#[test]
fn a_subscription_covers_what_its_text_says() {
    let aggregate = |context, aggregate_type| Subscription::Aggregate { context, aggregate_type };
    for (subscription, text, covers) in [
        (Subscription::All, "*", true),
        (Subscription::Context("perme8_events"), "perme8_events:*", true),
        (Subscription::Context("identity"), "identity:*", false),
        (aggregate("perme8_events", "person"), "perme8_events:person", true),
        (aggregate("perme8_events", "timer"), "perme8_events:timer", false),
        (aggregate("identity", "person"), "identity:person", false),
        (Subscription::to::<PersonForgotten>(), "perme8_events.person_forgotten", true),
        (Subscription::to::<TimerFired>(), "perme8_events.timer_fired", false),
    ] {
        let said = (subscription.to_string(), subscription.matches(&forgotten()));
        assert_eq!(said, (text.to_owned(), covers));
    }
}

/// A handler that leaves everything as it is unless told otherwise.
struct Reader;

impl Subscriber for Reader {
    fn name(&self) -> &'static str {
        "tests.reader"
    }

    fn subscriptions(&self) -> &[Subscription] {
        &[Subscription::All]
    }
}

#[test]
fn unless_a_handler_says_otherwise_the_events_of_an_aggregate_are_in_order() {
    let event = forgotten();
    assert_eq!(Reader.partition_key(&event), format!("person:{}", event.aggregate_id));
}
