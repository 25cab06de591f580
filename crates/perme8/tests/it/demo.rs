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
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &lines {
        if let Some(event) = line.get("event") {
            *types.entry(event["event_type"].as_str().unwrap()).or_default() += 1;
            assert_ne!(line["words"], "", "{line}");
        }
    }
    let types: Vec<String> =
        types.iter().map(|(event_type, count)| format!("{count} {event_type}")).collect();
    expect![[r#""#]].assert_eq(&types.join("\n"));
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
