//! Intervening from the command line, in handlers that run elsewhere or not at all.

use serde_json::Value;

use crate::program::Home;

const HANDLER: &str = "notifications.on_invitation";

/// A home in which a company has had its morning.
fn after_a_morning() -> Home {
    let home = Home::new();
    home.run("demo --fast --database sqlite:./data/perme8.db").succeeds();
    home
}

fn status(home: &Home) -> Value {
    let handlers = home.json("handlers list");
    let found = handlers.as_array().unwrap().iter().find(|handler| handler["handler"] == HANDLER);
    found.unwrap().clone()
}

/// What operators did, oldest first.
fn acts(home: &Home) -> Vec<Value> {
    let line = "events tail --after 0 --limit 1000 --topic events:perme8_events:* --json";
    home.run(line).succeeds().json_lines()
}

#[test]
fn a_handler_is_paused_and_resumed_in_the_name_of_the_operator() {
    let home = after_a_morning();
    assert_eq!(status(&home)["state"], "stopped");
    let paused = home.json(&format!("handlers pause {HANDLER} --yes"));
    assert_eq!((&paused["action"], &paused["changed"]), (&"paused".into(), &true.into()));
    assert_eq!(status(&home)["state"], "paused");
    assert_eq!(home.json(&format!("handlers pause {HANDLER} --yes"))["changed"], false);
    home.run(&format!("handlers resume {HANDLER} --yes")).succeeds();
    assert_eq!(status(&home)["state"], "stopped");
    let acts = acts(&home);
    let did: Vec<_> = acts.iter().map(|event| event["data"]["action"].as_str().unwrap()).collect();
    assert_eq!(did, ["pause", "resume"]);
    assert_eq!(acts[0]["data"]["operator"], paused["operator"]);
    assert_eq!(acts[0]["audience"], serde_json::json!(["operators"]));
}

#[test]
fn a_handler_is_taken_back_in_the_log() {
    let home = after_a_morning();
    let rewound = home.json(&format!("handlers rewind {HANDLER} --to-position 0 --yes"));
    assert_eq!((&rewound["action"], &rewound["position"]), (&"rewound".into(), &0.into()));
    assert_eq!(status(&home)["position"], 0);
    let said = home.run(&format!("handlers rewind {HANDLER} --to-time 2020-01-01T00:00:00Z --yes"));
    assert!(said.fails_with(1).stderr.contains("is not beyond position 0 yet"));
}

#[test]
fn the_events_of_one_aggregate_are_given_again() {
    let home = after_a_morning();
    let line = "events tail --after 0 --limit 1 --topic events:identity:workspace_member --json";
    let invited = &home.run(line).succeeds().json_lines()[0];
    let of = format!("workspace_member {}", invited["aggregate_id"].as_str().unwrap());
    let replayed = home.json(&format!("handlers replay {HANDLER} {of} --yes"));
    assert!(replayed["events"].as_u64().unwrap() > 0, "{replayed}");
    assert_eq!(status(&home)["parked"], replayed["events"]);
}

#[test]
fn a_read_model_is_built_anew_and_that_is_called_off() {
    let home = after_a_morning();
    let begun = home.json("handlers rebuild perme8.audit_log --yes");
    assert_eq!((&begun["action"], &begun["generation"]), (&"begun".into(), &2.into()));
    assert_eq!(begun["builder"], "perme8.audit_log@next");
    let again = home.run("handlers rebuild perme8.audit_log --yes").fails_with(1);
    assert!(again.stderr.contains("is being rebuilt already"), "{}", again.stderr);
    let off = home.json("handlers rebuild perme8.audit_log --cancel --yes");
    assert_eq!((&off["action"], &off["generation"]), (&"cancelled".into(), &2.into()));
    let off = home.run("handlers rebuild perme8.audit_log --cancel --yes").fails_with(1);
    assert!(off.stderr.contains("is not being rebuilt"), "{}", off.stderr);
    let acts = acts(&home);
    let did: Vec<_> = acts.iter().map(|event| event["data"]["action"].as_str().unwrap()).collect();
    assert_eq!(did, ["rebuild", "cancel"]);
}

#[test]
fn nobody_intervenes_unasked_and_nothing_changes_when_it_cannot_be_done() {
    let home = after_a_morning();
    let before = (status(&home)["position"].clone(), acts(&home).len());
    for line in ["pause", "resume", "rewind --to-position 0", "replay user 1", "rebuild"] {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let asked = home.run(&format!("handlers {verb} {HANDLER} {rest}")).fails_with(2);
        assert!(asked.stderr.contains("--yes"), "{line}: {}", asked.stderr);
    }
    for (line, says) in [
        (
            "handlers pause notifications.on_invitatoin",
            "did you mean `notifications.on_invitation`?",
        ),
        ("handlers rewind notifications.on_nothing --to-position 0", "did you mean"),
        (
            "handlers rewind notifications.on_invitation --to-position 100000",
            "there is no position 100000 yet",
        ),
        ("handlers rewind notifications.on_invitation --to-position -1", "they begin with 1"),
        (
            "handlers rewind notifications.on_invitation --to-time 2999-01-01T00:00:00Z",
            "nothing has happened since",
        ),
        ("handlers rebuild notifications.on_invitation", "is no projection"),
        ("handlers rewind perme8.audit_log --to-position 0", "rebuild it instead"),
        ("handlers replay notifications.on_invitation user 1", "has handled no event of user 1"),
        ("dead-letters retry notifications.on_invitation 7", "has no dead letter at position 7"),
        ("dead-letters retry notifications.on_invitation --all", "has no dead letters"),
        (
            "dead-letters edit notifications.on_invitation 7 --data {}",
            "has no dead letter at position 7",
        ),
    ] {
        let ran = home.run(&format!("{line} --yes")).fails_with(1);
        assert!(ran.stderr.contains(says), "{line}: {}", ran.stderr);
    }
    assert_eq!((status(&home)["position"].clone(), acts(&home).len()), before);
}
