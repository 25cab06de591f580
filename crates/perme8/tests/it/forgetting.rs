//! Forgetting somebody from the command line.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{Home, Ran};

/// 32 bytes as base64.
const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

const CREATE: &str =
    "users create ada@example.com --first-name Adelheid --last-name Lovelace --confirmed";
const TAIL: &str = "events tail --after 0 --limit 10 --topic events:identity:user --json";

/// The first event about an account.
fn registered(home: &Home) -> Value {
    home.run(TAIL).succeeds().json_lines()[0].clone()
}

#[test]
fn somebody_is_forgotten_in_the_log_and_the_rest_of_it_stays() {
    let home = Home::migrated();
    home.run(CREATE).succeeds();
    let before = registered(&home);
    assert_eq!(before["data"]["email"], "ada@example.com");
    let unasked = home.run("events forget ada@example.com").fails_with(2);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    let unknown = home.run("events forget zoe@example.com --yes").fails_with(1);
    assert!(unknown.stderr.contains("no account has proven to own"), "{}", unknown.stderr);
    home.run("events forget ada --yes").fails_with(2);
    assert_eq!(registered(&home), before, "nothing has happened so far");

    let done = home.json("events forget ada@example.com --yes");
    let id = before["aggregate_id"].as_str().unwrap();
    let expected = json!({
        "action": "forgot",
        "user_id": id,
        // She has an account.
        "for_good": false,
        "changed": true,
        "scrubbed": true,
        "operator": done["operator"],
    });
    assert_eq!(done, expected);
    let forgotten = json!({ "$forgotten": true });
    let after = registered(&home);
    for field in ["email", "first_name", "last_name"] {
        assert_eq!(after["data"][field], forgotten);
    }
    assert_eq!((&after["event_id"], &after["data"]["user_id"]), (&before["event_id"], &json!(id)));
    assert_eq!(home.json(&format!("events forget {id} --yes"))["changed"], false);
    let told = "events tail --after 0 --limit 10 --topic events:perme8_events:person --json";
    let told = home.run(told).succeeds().json_lines();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["data"]["user_id"], &told[0]["data"]["operator"]),
        (&json!(id), &done["operator"])
    );
}

#[test]
fn whoever_lacks_the_master_key_is_told() {
    let home = Home::migrated();
    let with_key = |line: &str| -> Ran {
        let mut command = home.command(line);
        command.env("PERME8_MASTER_KEYS", KEY).stdin(Stdio::null());
        command.output().unwrap().into()
    };
    with_key(CREATE).succeeds();
    let told = with_key(TAIL).succeeds().json_lines();
    assert_eq!(told[0]["data"]["email"], "ada@example.com");
    let refused = home.run(TAIL).fails_with(1);
    let message = format!("{}{}", refused.stdout, refused.stderr);
    assert!(message.contains("are wrapped by the master key"), "{message}");
    assert!(!message.contains(KEY));
}
