//! Commands that end by themselves.

use expect_test::expect;
use serde_json::Value;

use crate::program::Home;

#[test]
fn who_is_no_host_makes_no_database_and_migrates_none() {
    let home = Home::new();
    for line in [
        "events tail",
        "events show 1",
        "handlers list",
        "dead-letters list",
        "users confirmation-token a@b.c",
    ] {
        let error = home.run(&format!("{line} --json")).fails_with(1).error();
        assert_eq!(error["message"], "there is no database at `./data/perme8.db`", "{line}");
        assert!(error["help"].as_str().unwrap().contains("perme8 migrate"), "{line}");
    }
    assert!(!home.path().join("data").exists());
    std::fs::create_dir(home.path().join("data")).unwrap();
    std::fs::write(home.path().join("data/perme8.db"), "").unwrap();
    let error = home.run("events tail --json").fails_with(1).error();
    assert!(error["message"].as_str().unwrap().contains("lacks"), "{error}");
    assert!(error["help"].as_str().unwrap().contains("perme8 migrate"), "{error}");
    home.run("migrate").succeeds();
    assert_eq!(home.run("events tail --json").succeeds().stdout, "");
}

#[test]
fn a_damaged_file_is_refused_and_keeps_every_byte() {
    let home = Home::new();
    let file = home.path().join("notes.txt");
    std::fs::write(&file, "not a database at all, but precious to somebody").unwrap();
    for line in ["migrate", "serve --listen 127.0.0.1:0", "events tail"] {
        let ran = home.run(&format!("{line} --database sqlite:./notes.txt")).fails_with(1);
        assert!(ran.stderr.contains("is not a sound SQLite database"), "{}", ran.stderr);
    }
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "not a database at all, but precious to somebody"
    );
}

#[test]
fn migrating_twice_does_nothing_the_second_time() {
    let home = Home::new();
    assert!(!home.json("migrate")["applied"].as_array().unwrap().is_empty());
    let again = home.json("migrate");
    assert_eq!(again["applied"], Value::Array(Vec::new()));
    assert_eq!(again["engine"], "SQLite");
}

#[test]
fn accounts_are_made_without_a_password_in_sight() {
    let home = Home::migrated();
    let create = "users create ada@example.com --first-name Ada --last-name Okafor --confirmed";
    let made = home.json(create);
    assert_eq!(made["user"]["email"], "ada@example.com");
    assert!(made["user"]["confirmed_at"].is_string());
    assert_eq!(made["password"].as_str().unwrap().len(), 20);
    let error = home.run(&format!("{create} --json")).fails_with(1).error();
    expect![[r#"{"causes":["email has already been taken"],"message":"no account was made"}"#]]
        .assert_eq(&error.to_string());
    let given = home.run_with_input(
        "users create ben@example.com --first-name Ben --last-name Lindqvist --confirmed --password-stdin --json",
        "correct horse battery\n",
    );
    assert_eq!(given.succeeds().json()["password"], Value::Null);
}

#[test]
fn an_address_is_proven_by_a_token() {
    let home = Home::migrated();
    let made = home.json("users create ada@example.com --first-name Ada --last-name Okafor");
    assert_eq!((&made["user"]["confirmed_at"], &made["password"]), (&Value::Null, &Value::Null));
    let issued = home.json("users confirmation-token ada@example.com");
    let token = issued["token"].as_str().unwrap();
    assert!(issued["redeem_with"].as_str().unwrap().contains(token));
    let error = home.run("users confirmation-token ben@example.com --json").fails_with(1).error();
    assert!(error["help"].as_str().unwrap().contains("users create"), "{error}");
}

#[test]
fn keys_are_made_for_confirmed_accounts() {
    let home = Home::migrated();
    let create = "api-keys create --email ada@example.com --name Robot";
    let error = home.run(&format!("{create} --json")).fails_with(1).error();
    assert!(error["help"].as_str().unwrap().contains("users create --confirmed"), "{error}");
    home.json("users create ada@example.com --first-name Ada --last-name Okafor --confirmed");
    let made = home.json(create);
    assert_eq!(
        (made["token"].as_str().unwrap().len(), &made["key"]["permissions"]),
        (64, &Value::Null)
    );
    let narrow = home.json(&format!(
        "{create} --scope agents:* --scope chat:read --expires-at 2126-01-05T09:00:00Z"
    ));
    assert_eq!(narrow["key"]["permissions"], serde_json::json!(["agents:*", "chat:read"]));
    let shown = home.run(create).succeeds().stdout;
    assert!(shown.contains("it may: everything that the account may"), "{shown}");
    for (wrong, message) in [
        ("--scope tea:*", "no key was made"),
        ("--workspace nowhere", "a key reaches workspaces of its owner only"),
    ] {
        let error = home.run(&format!("{create} {wrong} --json")).fails_with(1).error();
        assert_eq!(error["message"], message, "{error}");
    }
}

#[test]
fn the_log_is_read_forwards_and_by_what_followed_from_what() {
    let home = Home::new();
    home.run("demo --fast --database sqlite:./data/perme8.db").succeeds();
    let all = home.run("events tail --after 0 --limit 1000 --json").succeeds().json_lines();
    let positions: Vec<i64> = all.iter().map(|event| event["position"].as_i64().unwrap()).collect();
    assert!(positions.is_sorted());
    let last = home.run("events tail --limit 3 --json").succeeds().json_lines();
    assert_eq!(last, all[all.len() - 3..]);
    let members = home
        .run("events tail --after 0 --limit 2 --topic events:identity:workspace_member --json")
        .succeeds()
        .json_lines();
    assert_eq!(members.len(), 2);
    assert!(members.iter().all(|event| event["aggregate_type"] == "workspace_member"));

    let invited = &members[0];
    let (id, position) = (invited["event_id"].as_str().unwrap(), &invited["position"]);
    assert_eq!(home.json(&format!("events show {id}")), *invited);
    assert_eq!(home.json(&format!("events show {position}")), *invited);
    let shown = home.run(&format!("events show {id}")).succeeds().stdout;
    assert!(shown.starts_with("identity.member_invited v1\n"), "{shown}");

    let trace = home.json(&format!("events trace {id}"));
    assert_eq!(trace["correlation_id"], invited["correlation_id"]);
    let step =
        trace["events"].as_array().unwrap().iter().find(|step| step["event_id"] == *id).unwrap();
    let reaction = &step["reactions"][0];
    assert_eq!(reaction["handler"], "notifications.on_invitation");
    assert_eq!(reaction["events"][0]["event_type"], "notifications.notification_created");
    let drawn = home
        .run(&format!("events trace {}", trace["correlation_id"].as_str().unwrap()))
        .succeeds()
        .stdout;
    assert!(drawn.contains("└─ notifications.on_invitation"), "{drawn}");

    let handlers = home.json("handlers list");
    assert_eq!(handlers.as_array().unwrap().len(), 19);
    assert!(
        handlers.as_array().unwrap().iter().all(|handler| handler["lag_events"] == 0),
        "{handlers}"
    );
    assert_eq!(home.json("dead-letters list"), Value::Array(Vec::new()));
    assert!(home.run("handlers list").succeeds().stdout.starts_with("handler"));
}

#[test]
fn what_is_not_there_is_said_to_be_missing() {
    let home = Home::migrated();
    let nobody = "00000000-0000-0000-0000-000000000001";
    for line in [
        "events show 7".to_owned(),
        format!("events show {nobody}"),
        format!("events trace {nobody}"),
        "dead-letters show notifications.on_invitation 7".to_owned(),
        "dead-letters retry notifications.on_invitation 7 --yes".to_owned(),
        "dead-letters discard notifications.on_invitation 7 --yes".to_owned(),
    ] {
        let error = home.run(&format!("{line} --json")).fails_with(1).error();
        assert!(error["message"].is_string(), "{line}: {error}");
    }
    let error = home.run("events tail --after 7 --json").fails_with(2).error();
    assert_eq!(error["message"], "there is no position 7 yet: the log ends at 0");
}

#[test]
fn the_catalogue_needs_neither_a_database_nor_sound_settings() {
    let home = Home::new();
    std::fs::write(home.path().join("perme8.toml"), "databse = 'x'").unwrap();
    let catalogue = home.json("events catalog --schemas");
    let entries = catalogue.as_array().unwrap();
    let invited =
        entries.iter().find(|entry| entry["event_type"] == "identity.member_invited").unwrap();
    assert_eq!(
        (&invited["version"], &invited["aggregate_type"]),
        (&1.into(), &"workspace_member".into())
    );
    assert_eq!(invited["rust_name"], "MemberInvited");
    assert!(invited["schema"]["properties"]["invitation_id"].is_object(), "{invited}");
    assert!(home.json("events catalog")[0].get("schema").is_none());
    assert!(home.run("events catalog").succeeds().stdout.contains("identity.member_invited"));
}

#[test]
fn misuse_and_wrong_settings_exit_with_two() {
    let home = Home::new();
    let error = home.run("events shwo 1 --json").fails_with(2).error();
    assert!(error["message"].as_str().unwrap().contains("events"), "{error}");
    std::fs::write(home.path().join("perme8.toml"), "listne = '127.0.0.1:1'\nlog_format = 'xml'")
        .unwrap();
    let error = home.run("migrate --connections many --json").fails_with(2).error();
    expect![[r#"
        [
          "`listne` in perme8.toml is no setting; did you mean `listen`?",
          "`log_format` in perme8.toml is `xml`, but must be `text` or `json`",
          "--connections is `many`, but must be a number from 2 to 1000"
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&error["causes"]).unwrap());
    let unasked = Home::migrated().run("dead-letters discard notifications.on_invitation 7");
    assert_eq!(
        unasked.code, 1,
        "an unknown dead letter is said to be unknown before anybody is asked"
    );
}

#[test]
fn settings_are_shown_with_their_sources() {
    let home = Home::new();
    std::fs::write(home.path().join("perme8.toml"), "listen = '127.0.0.1:4100'").unwrap();
    let shown = home.json("config --database postgres://ada:s3cret@db.example/perme8");
    assert_eq!(shown[0]["value"], "postgres://db.example/perme8");
    assert_eq!(shown[0]["source"], "--database");
    assert_eq!(
        (&shown[1]["value"], &shown[1]["source"]),
        (&"127.0.0.1:4100".into(), &"`listen` in perme8.toml".into())
    );
}

#[test]
fn what_language_models_cost_is_summed_up_for_people_and_workspaces_that_exist() {
    let home = Home::migrated();
    assert_eq!(home.json("llm usage"), Value::Array(Vec::new()));
    assert_eq!(home.run("llm usage").succeeds().stdout, "no language model was asked\n");
    let id = "00000000-0000-0000-0000-000000000001";
    let line = format!("llm usage --user {id} --workspace {id} --since 2026-01-05T09:00:00Z");
    assert_eq!(home.json(&line), Value::Array(Vec::new()));
    for (line, message) in [
        ("llm usage --user ada@example.com", "nobody has proved the address `ada@example.com`"),
        ("llm usage --workspace lumen", "no workspace has the slug `lumen`"),
    ] {
        let error = home.run(&format!("{line} --json")).fails_with(1).error();
        assert_eq!(error["message"], message);
    }
}
