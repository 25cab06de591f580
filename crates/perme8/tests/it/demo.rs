//! The morning of a small company, without the pauses.

use std::collections::BTreeSet;

use expect_test::expect;

use crate::program::Home;

#[test]
fn every_event_of_the_morning_is_handled() {
    let ran = Home::new().run("demo --fast --json").succeeds();
    let lines = ran.json_lines();
    let summary = &lines.last().unwrap()["summary"];
    assert_eq!(
        (&summary["dead_letters"], &summary["undelivered"]),
        (&0.into(), &0.into()),
        "{summary}"
    );
    assert_eq!(summary["events"], summary["events_in_the_log"], "{summary}");
    assert_eq!(summary["failed_deliveries"], 0, "{summary}");
    assert!(summary["commit_to_effect"]["p50"].as_f64().unwrap() >= 0.0, "{summary}");
    let events = lines.iter().filter_map(|line| line.get("event"));
    let types: BTreeSet<&str> = events.map(|event| event["event_type"].as_str().unwrap()).collect();
    expect![[r#"
        identity.invitation_created
        identity.invitation_declined
        identity.invitation_resent
        identity.invitation_revoked
        identity.member_invited
        identity.member_joined
        identity.member_left
        identity.member_removed
        identity.member_role_changed
        identity.user_confirmed
        identity.user_logged_in
        identity.user_logged_out
        identity.user_registered
        identity.workspace_created
        notifications.notification_action_taken
        notifications.notification_created
        notifications.notification_deleted
        notifications.notification_read
        notifications.notifications_read
        projects.project_archived
        projects.project_created
        projects.project_updated"#]]
    .assert_eq(&types.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_second_morning_on_the_same_database_is_as_good_as_the_first() {
    let home = Home::new();
    for _ in 0..2 {
        let ran = home.run("demo --fast --database sqlite:./demo.db").succeeds();
        assert!(ran.stdout.contains("dead letters     0"), "{}", ran.stdout);
        assert!(!ran.stdout.contains('\u{1b}'), "colours belong on a terminal");
    }
}
