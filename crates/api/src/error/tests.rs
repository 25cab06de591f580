//! What failures look like from the outside.

use expect_test::{Expect, expect};

use super::*;

fn check(error: impl Into<ApiError>, expected: &Expect) {
    let error = error.into();
    let body = error.body("r-1");
    let response = error.into_response();
    let header = response
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    expected.assert_eq(&format!("{}\n{}{body}\n", response.status(), header.collect::<String>()));
}

#[test]
fn a_lost_race_is_a_conflict() {
    check(
        StorageError::conflict(),
        &expect![[r#"
        409 Conflict
        {"code":"conflict","error":"Somebody else changed this at the same time: try again","request_id":"r-1"}
    "#]],
    );
}

#[test]
fn of_other_failures_nothing_is_told() {
    check(
        StorageError::new("the secret cause"),
        &expect![[r#"
        500 Internal Server Error
        {"code":"internal_error","error":"Something went wrong","request_id":"r-1"}
    "#]],
    );
}

#[test]
fn whoever_comes_too_soon_learns_when_to_come_back() {
    for again_at in ["2026-01-05T09:04:59.000001Z", "2026-01-05T09:05:00Z"] {
        let again_at = again_at.parse().unwrap();
        check(
            ::identity::ResendInvitationError::TooSoon { again_at },
            &expect![[r#"
            429 Too Many Requests
            retry-after: Mon, 05 Jan 2026 09:05:00 GMT
            {"code":"resent_too_soon","error":"The invitation was sent a moment ago","request_id":"r-1"}
        "#]],
        );
    }
}

#[test]
fn whoever_asks_too_often_learns_how_long_to_wait() {
    for micros in [179_000_001, 179_999_999, 180_000_000] {
        check(
            ApiError::rate_limited(TimeDelta::microseconds(micros)),
            &expect![[r#"
                429 Too Many Requests
                retry-after: 180
                {"code":"rate_limited","error":"Too many requests: try again later","request_id":"r-1"}
            "#]],
        );
    }
}

#[test]
fn missing_credentials_say_what_is_missing() {
    check(
        ApiError::unauthenticated(),
        &expect![[r#"
        401 Unauthorized
        www-authenticate: Bearer
        {"code":"unauthenticated","error":"Missing, invalid or expired credentials","request_id":"r-1"}
    "#]],
    );
}

#[test]
fn whoever_resumes_too_late_learns_that_what_followed_is_archived() {
    let (after, last) = (perme8_events::Position::new(3), perme8_events::Position::new(9));
    check(
        perme8_events::host::SubscribeError::Archived { after, last },
        &expect![[r#"
        410 Gone
        {"code":"position_archived","error":"What followed it is archived","request_id":"r-1"}
    "#]],
    );
}

#[test]
fn an_operator_is_told_what_stands_in_the_way_of_a_rewind() {
    check(
        perme8_events::host::OperationError::Archived {
            handler: "notifications.on_invitation".to_owned(),
            archives: Vec::new(),
        },
        &expect![[r#"
        409 Conflict
        {"code":"events_archived","error":"The handler would need events that are archived: restore them first","request_id":"r-1"}
    "#]],
    );
}
