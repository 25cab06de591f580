//! R18: what identified somebody is found in nothing that a host has written down of what happened, byte by byte, once they are
//! forgotten: not in the log, in its archive, in dead letters, nor in a read model that listens.

use std::{collections::BTreeSet, fs, io::Read as _, time::Duration};

use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use perme8_events::{
    Clock as _, Origin, Position, UserId,
    host::{ArchiveBefore, ArchiveWish, Archives, Forgotten, Operator},
    sql::Forgetting,
    testing::{Scan, figure},
};
use scenarios::{Scenario, on_both_engines};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    form::chance,
    notebook::{self, CLERK, NOTES},
    people::{Person, email, word},
};

const PEOPLE: usize = 5;
const WORDS: usize = 50;
/// So long clients may come back to what happened, and so long it stays in the log.
const A_WHILE: Duration = Duration::from_hours(48);
/// Longer nobody reads from a database in a test.
const SOON: Duration = Duration::from_secs(20);

/// Where words of people stand although they are forgotten, and what takes them away: these are the tables of contexts, which
/// hold what is so and not what has happened, and forgetting does not reach them (ADR 0026).
const KEPT: [(&str, &str); 5] = [
    ("identity_users", "the account, until its owner gives it up"),
    (
        "identity_api_keys",
        "the keys of an account, as long as it is there, and 90 days after they ended",
    ),
    (
        "identity_invitations",
        "the address that was invited, as long as the workspace and the account of the inviter are there",
    ),
    (
        "notifications_notifications",
        "what others were told, until 90 days after they read it, or for a year",
    ),
    ("mail_mailbox", "the mails of a host without a mail server, for a week"),
];

fn operator() -> Operator {
    Operator::new("ada", Origin::system("proof")).unwrap()
}

/// A host, the people who use it, and its archive.
struct House {
    people: Vec<(Person, UserId)>,
    /// What identifies nobody: what a workspace is called.
    workspace: String,
    /// The address of somebody without an account, who was invited.
    stranger: String,
    /// Where the dead letters of the clerk are, one about each person.
    letters: Vec<String>,
    /// What happened before is in the archive.
    since: DateTime<Utc>,
    folder: TempDir,
}

impl House {
    /// People come and do things, of which the first go into the archive; the last of them gives up the account.
    async fn lived_in(scenario: &mut Scenario, proof: &str) -> Self {
        let mut chance = chance(proof);
        let people: Vec<Person> = (0..PEOPLE).map(|_| Person::drawn(&mut chance)).collect();
        let (workspace, stranger) = (word(&mut chance), word(&mut chance));
        let mut there = Vec::new();
        for person in &people {
            there.push(person.arrive(scenario).await);
        }
        let slug = there[0].found(&workspace).await;
        there[0].invite(&slug, there[1].email(), "member").await;
        there[1].join(&slug).await;
        there[0].invite(&slug, &email(&stranger), "guest").await;
        scenario.run_until_idle().await;

        scenario.clock().advance(A_WHILE);
        let since = scenario.clock().now();
        let mut last = None;
        for person in &people {
            last = Some(person.change(scenario).await);
        }
        last.unwrap().delete("/api/me").await.is(204);
        scenario.run_until_idle().await;
        let ids = there.iter().map(|persona| persona.id().parse::<UserId>().unwrap());
        let people: Vec<(Person, UserId)> = people.into_iter().zip(ids).collect();
        let letters = edited(scenario, &people).await;
        let folder = tempfile::tempdir().unwrap();
        let house = Self { people, workspace, stranger, letters, since, folder };
        assert_eq!(house.words().collect::<BTreeSet<_>>().len(), WORDS);
        house.archive(scenario).await;
        house
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.people.iter().flat_map(|(person, _)| person.words())
    }

    fn archives(&self, scenario: &Scenario) -> Archives {
        Archives::new(scenario.app().db(), self.folder.path())
    }

    /// As `perme8 events archive`.
    async fn archive(&self, scenario: &mut Scenario) {
        scenario.run_until_stored().await;
        let wish = ArchiveWish::before(ArchiveBefore::Time(self.since));
        let gone = self.archives(scenario).archive(&operator(), &wish, |_| ()).await.unwrap();
        assert_eq!(gone.map(|gone| gone.first), Some(Position::new(1)));
    }

    /// As `perme8 events restore`.
    async fn restore(&self, scenario: &Scenario) {
        let all = (Position::new(1), Position::new(i64::MAX));
        let back = self.archives(scenario).restore(&operator(), all, |_| ()).await.unwrap();
        assert!(back.events > 0 && !back.files.is_empty(), "{back:?}");
    }

    /// As `perme8 events forget`, which leaves an account as it is.
    async fn forget(&self, scenario: &mut Scenario) {
        let (operations, accounts) =
            (scenario.app().operations(), scenario.app().identity().directory());
        for (_, user) in &self.people {
            let has_account = accounts.user(*user).await.unwrap().is_some();
            let how = if has_account { Forgetting::UntilNow } else { Forgetting::ForGood };
            let forgotten = operations.forget(&operator(), *user, how).await.unwrap();
            assert_eq!(forgotten, Forgotten { changed: true, scrubbed: true });
        }
        // Whoever keeps something of them elsewhere hears of it.
        scenario.run_until_idle().await;
    }

    /// What the log and the dead letters say to those who may read them.
    async fn read(&self, scenario: &Scenario) -> String {
        let log = scenario.log().await;
        let mut all: String = log.iter().map(|event| event.data.get()).collect();
        for letter in &self.letters {
            all += &scenario.operator().get(letter).await.is(200).body().to_string();
        }
        all
    }

    /// The bytes of the archive, as they are and unpacked.
    fn files(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            if path.extension().is_some_and(|end| end == "gz") {
                GzDecoder::new(bytes.as_slice()).read_to_end(&mut all).unwrap();
            }
            all.extend(bytes);
        }
        all
    }

    /// Every byte of the database.
    async fn scan(&self, scenario: &Scenario) -> Scan {
        // So that each page is what it is now.
        assert!(scenario.app().db().scrub_keys(SOON).await.unwrap());
        Scan::of(scenario.test_db()).await
    }

    /// The tables in which words of people stand.
    fn places<'s>(&self, scan: &'s Scan) -> BTreeSet<&'s str> {
        self.words().flat_map(|word| scan.places(word.as_bytes())).collect()
    }

    /// What identifies nobody is found, and so is the address of somebody who has no account.
    fn finds_the_rest(&self, scan: &Scan, files: &[u8]) {
        for word in [&self.workspace, &self.stranger] {
            assert!(scan.places(word.as_bytes()).contains("event_log"), "{word}");
            assert!(holds(files, word), "{word}");
        }
    }

    /// Leaves nothing undone.
    async fn clear_up(&self, scenario: &Scenario) {
        for letter in &self.letters {
            let discard = format!("{letter}/discard");
            scenario.operator().post(&discard).json(json!({})).await.is(200);
        }
    }
}

/// Gives each dead letter of the clerk other data, as operators may; says where they are. The clerk gives them up once more.
async fn edited(scenario: &mut Scenario, people: &[(Person, UserId)]) -> Vec<String> {
    let operator = scenario.operator();
    let all = operator.get(&format!("/admin/dead-letters?handler={CLERK}")).await.is(200);
    let mut letters = Vec::new();
    for letter in all.list() {
        let path = format!("/admin/dead-letters/{CLERK}/{}", letter["position"]);
        let shown = operator.get(&path).await.is(200);
        let mut data: Value = shown.data()["event"]["data"].clone();
        let about: UserId = serde_json::from_value(data["user_id"].clone()).unwrap();
        let (person, _) = people.iter().find(|(_, user)| *user == about).unwrap();
        data["changes"]["first_name"]["to"] = json!(person.edited);
        operator.post(&format!("{path}/edit")).json(json!({ "data": data })).await.is(204);
        letters.push(path);
    }
    assert_eq!(letters.len(), PEOPLE);
    scenario.run_until_idle().await;
    letters
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

fn kept() -> BTreeSet<&'static str> {
    KEPT.iter().map(|(table, _)| *table).collect()
}

on_both_engines! {
    async fn nobody_finds_what_was_forgotten_anywhere(scenario: &mut Scenario) {
        notebook::set_up(scenario.app().db()).await;
        scenario.run_beside(notebook::listening).await;
        let house = House::lived_in(scenario, "R18").await;

        // The controls: until then everything is read, also what was in the archive, and the scan finds what is in clear.
        house.restore(scenario).await;
        let read = house.read(scenario).await;
        assert!(house.words().all(|word| read.contains(word)), "something was never said: {read}");
        let scan = house.scan(scenario).await;
        for (person, _) in &house.people {
            for word in person.said() {
                assert!(scan.places(word.as_bytes()).contains(NOTES), "{word} is found");
            }
        }
        // Of what forgetting has to reach, the notebook alone has anything in clear: the rest was sealed from the start.
        let mut in_clear = kept();
        in_clear.insert(NOTES);
        assert_eq!(house.places(&scan), in_clear);
        house.finds_the_rest(&scan, &house.files());
        house.archive(scenario).await;

        house.forget(scenario).await;
        house.restore(scenario).await;
        let read = house.read(scenario).await;
        let still: Vec<&str> = house.words().filter(|word| read.contains(word)).collect();
        assert!(still.is_empty() && read.contains("$forgotten"), "{still:?} is read: {read}");
        let (scan, files) = (house.scan(scenario).await, house.files());
        let still: Vec<&str> = house.words().filter(|word| holds(&files, word)).collect();
        assert!(still.is_empty(), "{still:?} is in the archive");
        // Nor has the notebook anything, or a page that was given back. What contexts keep is in the list, and nothing else is.
        assert_eq!(house.places(&scan), kept());
        house.finds_the_rest(&scan, &files);
        let line = format!("{WORDS} words of {PEOPLE} people, none found but in {} tables of contexts", KEPT.len());
        figure("R18", scenario.app().db().engine_name(), &line);
        house.clear_up(scenario).await;
    }

    async fn control_a_read_model_that_does_not_listen(scenario: &mut Scenario) {
        notebook::set_up(scenario.app().db()).await;
        scenario.run_beside(notebook::deaf).await;
        let house = House::lived_in(scenario, "R18, control").await;
        house.forget(scenario).await;
        let scan = house.scan(scenario).await;
        let found = house.words().filter(|word| scan.places(word.as_bytes()).contains(NOTES)).count();
        let line = format!("control, a read model that does not listen: {found} of {WORDS} words found in it");
        figure("R18", scenario.app().db().engine_name(), &line);
        // An operator's word was told to the clerk alone.
        assert_eq!(found, WORDS - PEOPLE);
        house.clear_up(scenario).await;
    }
}
