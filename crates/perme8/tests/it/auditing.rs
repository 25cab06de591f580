//! Reading, exporting and cutting off the audit trail from the command line.

use serde_json::{Value, json};

use crate::program::Home;

/// A home in which a company has had its morning.
fn after_a_morning() -> Home {
    let home = Home::new();
    home.run("demo --fast --database sqlite:./data/perme8.db").succeeds();
    home
}

fn positions(entries: &[Value]) -> Vec<i64> {
    entries.iter().map(|entry| entry["position"].as_i64().unwrap()).collect()
}

#[test]
fn the_trail_is_listed_filtered_and_exported() {
    let home = after_a_morning();
    let list = home.json("audit list --limit 1000");
    let all = list.as_array().unwrap();
    assert!(all.len() > 10 && positions(all).is_sorted_by(|one, next| one > next));
    let joined = home.json("audit list --type identity.member_joined");
    assert!(!joined.as_array().unwrap().is_empty());
    let some = home.json(&format!("audit list --limit 3 --after {}", positions(all)[1]));
    assert_eq!(some.as_array().unwrap(), &all[2..5]);
    assert_eq!(home.run("audit export --json").succeeds().json_lines(), *all);
    let csv = home.run("audit export").succeeds().stdout;
    assert!(csv.starts_with("position,event_id,"));
    assert_eq!(csv.matches("\r\n").count(), all.len() + 1);
    let text = home.run("audit list --limit 1").succeeds().stdout;
    assert!(text.starts_with("position"), "{text}");
}

#[test]
fn filters_say_what_they_take() {
    let home = Home::migrated();
    for (line, says) in [
        ("audit list --type joined", "must be a type of event"),
        ("audit list --from yesterday", "must be a time like"),
        ("audit list --aggregate-id 7", "--aggregate-type"),
        ("audit purge --before now --yes", "must be a time like"),
    ] {
        let ran = home.run(line).fails_with(2);
        assert!(ran.stderr.contains(says), "{line}: {}", ran.stderr);
    }
    assert_eq!(home.json("audit list"), json!([]));
}

#[test]
fn the_old_end_is_cut_off_by_whoever_is_sure() {
    let home = after_a_morning();
    let error = home.run("audit purge --before 2100-01-01T00:00:00Z --json").fails_with(2).error();
    assert_eq!(error["message"], "nobody is here to confirm");
    let purged = home.json("audit purge --before 2000-01-01T00:00:00Z --yes");
    assert_eq!(purged, json!({ "entries": 0 }));
    let all = home.json("audit list --limit 1000").as_array().unwrap().len();
    let purged = home.json("audit purge --before 2100-01-01T00:00:00Z --yes");
    assert_eq!(purged, json!({ "entries": all }));
    assert_eq!(home.json("audit list"), json!([]));
}
