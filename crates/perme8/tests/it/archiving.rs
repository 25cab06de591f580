//! Moving the old end of the log into files from the command line, looking at them, and having them back.

use std::{fs, sync::Arc};

use identity::{Identity, RegisterUser};
use perme8_events::{
    Origin,
    sql::{DatabaseUrl, Db, DbOptions},
    testing::ManualClock,
};
use serde_json::{Value, json};

use crate::program::Home;

/// A home in which people have registered long ago, and in which no handler has ever run.
async fn long_ago() -> Home {
    let home = Home::migrated();
    let url = DatabaseUrl::Sqlite(home.path().join("data/perme8.db"));
    let clock = Arc::new(ManualClock::monday_morning());
    let db = Db::open(&url, DbOptions { clock, ..DbOptions::default() }).await.unwrap();
    let identity = Identity::new(db.clone());
    for n in 0..5 {
        let register = RegisterUser {
            email: format!("person-{n}@example.com"),
            first_name: "Ada".to_owned(),
            last_name: "Okafor".to_owned(),
            password: None,
        };
        identity.register_user(Origin::system("tests"), register).await.unwrap();
    }
    db.close().await;
    home
}

fn events(home: &Home) -> Vec<Value> {
    home.run("events tail --after 0 --limit 1000 --json").succeeds().json_lines()
}

#[tokio::test]
async fn the_old_end_of_the_log_goes_and_comes_back() {
    let home = long_ago().await;
    let was = events(&home);
    let asked = home.run("events archive --keep 30").fails_with(2);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    assert_eq!(events(&home), was);

    let archived = home.json("events archive --keep 30 --events-in-a-file 2 --yes");
    let gone = was.len() - 1;
    assert_eq!((&archived["action"], &archived["events"]), (&"archived".into(), &gone.into()));
    assert_eq!(archived["oldest_kept"], was[gone]["position"]);
    assert_eq!(archived["files"].as_array().unwrap().len(), gone.div_ceil(2));
    assert_eq!(events(&home)[0], was[gone]);

    let verified = home.json("events verify");
    let sound = |archive: &Value| archive["problems"] == json!([]) && archive["in_log"] == 0;
    assert!(verified["archives"].as_array().unwrap().iter().all(sound), "{verified}");
    let said = home.run("events verify").succeeds().stdout;
    assert!(said.contains("archives are whole and join each other"), "{said}");

    let missing = home.run("events show 1 --json").fails_with(1).error();
    assert!(missing["message"].as_str().unwrap().contains("is archived in"), "{missing}");
    assert!(
        missing["help"].as_str().unwrap().contains("events restore --from 1 --to 1"),
        "{missing}"
    );

    let last = was[gone - 1]["position"].as_i64().unwrap();
    let archived = format!("positions 1 to {last} are archived, and not looked at");
    let help = format!("`perme8 events restore --from 1 --to {last}` puts them back");
    let warning = |line: &str| {
        let stderr = home.run(&format!("{line} --json")).succeeds().stderr;
        let warning: Option<Value> =
            stderr.lines().last().map(|line| serde_json::from_str(line).unwrap());
        warning.map(|said| said["warning"].clone())
    };
    let expected = Some(json!({ "message": archived, "help": help }));
    for line in ["events tail", "events tail --after 0 --limit 1", "events tail --after 0"] {
        assert_eq!(warning(line), expected, "{line}");
    }
    let for_people = home.run("events tail --after 0").succeeds().stderr;
    assert!(for_people.contains(&format!("warning: {archived}\nhelp: {help}")), "{for_people}");
    let kept = was[gone]["position"].as_i64().unwrap();
    for line in ["events tail --limit 1".to_owned(), format!("events tail --after {}", kept - 1)] {
        assert_eq!(warning(&line), None, "{line}");
    }
    // It happened when what is archived did, so more of it may be there.
    let of_kept = was[gone]["correlation_id"].as_str().unwrap();
    assert_eq!(warning(&format!("events trace {of_kept}")), expected);
    let create = "users create ben@example.com --first-name Ben --last-name Franklin --confirmed";
    home.run(create).succeeds();
    let of_today = events(&home).pop().unwrap();
    let of_today = of_today["correlation_id"].as_str().unwrap();
    assert_eq!(warning(&format!("events trace {of_today}")), None);
    let of_gone = was[0]["correlation_id"].as_str().unwrap();
    let unknown = home.run(&format!("events trace {of_gone} --json")).fails_with(1).error();
    assert_eq!((&unknown["causes"], &unknown["help"]), (&json!([archived]), &json!(help)));

    let restored = home.json("events restore --yes");
    assert_eq!((&restored["action"], &restored["events"]), (&"restored".into(), &gone.into()));
    assert_eq!(events(&home)[..was.len()], was);
    let again = home.run("events restore --yes").succeeds().stdout;
    assert!(again.contains("nothing, for all of it stands in the log"), "{again}");
}

#[tokio::test]
async fn a_file_that_is_not_what_was_written_is_named_and_not_put_back() {
    let home = long_ago().await;
    let archived = home.json("events archive --keep 30 --folder ./old --yes");
    let name = archived["files"][0].as_str().unwrap();
    let path = home.path().join("old").join(name);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    for line in ["events verify --folder ./old", "events verify --folder ./old --offline"] {
        let ran = home.run(line);
        assert_eq!(ran.code, 1, "{line}: {}", ran.stderr);
        assert!(ran.stdout.contains(name) && ran.stdout.contains("checksum"), "{}", ran.stdout);
    }
    let refused = home.run("events restore --folder ./old --yes").fails_with(1);
    assert!(refused.stderr.contains("is not sound"), "{}", refused.stderr);
    // In the usual folder there are none.
    let refused = home.run("events restore --yes").fails_with(1);
    assert!(refused.stderr.contains("events verify"), "{}", refused.stderr);
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    home.run("events restore --folder ./old --yes").succeeds();
    home.run("events verify --folder ./old").succeeds();
}

#[tokio::test]
async fn a_host_whose_handlers_need_what_is_archived_says_how_to_have_it_back() {
    let home = long_ago().await;
    home.json("events archive --keep 30 --yes");
    let refused = home.run("serve --listen 127.0.0.1:0");
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("which are archived"), "{}", refused.stderr);
    assert!(refused.stderr.contains("`perme8 events restore --from 1 --to"), "{}", refused.stderr);
}

#[test]
fn what_happened_today_does_not_go() {
    let home = Home::new();
    home.run("demo --fast --database sqlite:./data/perme8.db").succeeds();
    let refused = home.run("events archive --before 5 --yes --json").fails_with(1).error();
    assert!(refused["causes"].as_array().unwrap().iter().any(|cause| {
        cause.as_str().unwrap().contains("a client that comes back within a day")
    }));
    assert!(refused["help"].as_str().unwrap().contains("--as-far-as-possible"), "{refused}");
    let nothing = home.json("events archive --before 5 --as-far-as-possible --yes");
    assert_eq!(nothing, json!({ "files": [] }));
    for (line, says) in [
        ("events archive", "--before"),
        ("events archive --before 5 --keep 5", "cannot be used with"),
        ("events archive --before yesterday", "expected a day"),
        ("events restore --from 7 --to 3 --yes", "--to lies before --from"),
    ] {
        let ran = home.run(line).fails_with(2);
        assert!(ran.stderr.contains(says), "{line}: {}", ran.stderr);
    }
    let ahead = home.run("events archive --before 100000 --yes").fails_with(1);
    assert!(ahead.stderr.contains("there is no position 100000 yet"), "{}", ahead.stderr);
}
