//! Finding documents by their words: what people may see, and as soon as they may.

use std::time::Duration;

use scenarios::{Answer, Persona, on_both_engines};
use serde_json::{Value, json};

const COMMIT_TOKEN: &str = "x-commit-token";

/// What somebody finds, in order: title, and excerpt with the matches in brackets.
async fn found(person: &Persona, workspace: &str, words: &str) -> Vec<String> {
    let answer = person.get(&search(workspace, words)).await.is(200);
    answer.list().iter().map(shown).collect()
}

fn search(workspace: &str, words: &str) -> String {
    format!("/api/workspaces/{workspace}/search?q={words}")
}

fn shown(found: &Value) -> String {
    let text = found["excerpt"]["text"].as_str().expect("a text is one");
    let units: Vec<u16> = text.encode_utf16().collect();
    let part = |from: usize, to: usize| String::from_utf16_lossy(&units[from..to]);
    let (mut marked, mut at) = (String::new(), 0);
    for one in found["excerpt"]["matches"].as_array().expect("matches are a list") {
        let place =
            |n: usize| usize::try_from(one[n].as_u64().expect("a number")).expect("it is small");
        marked += &[&part(at, place(0)), "[", &part(place(0), place(1)), "]"].concat();
        at = place(1);
    }
    format!("{}: {marked}{}", found["title"].as_str().expect("it has one"), part(at, units.len()))
}

/// What means something to one engine or the other.
const HOSTILE: &[&str] = &[
    "\"",
    "foo\"",
    "\"foo\" OR \"bar\"",
    "foo*",
    "* foo",
    "^foo",
    "foo AND",
    "NOT foo",
    "NEAR(foo bar, 2)",
    "words : foo",
    "{title_words words} : foo",
    "- title_words : foo",
    "foo + bar",
    "(foo",
    "foo:*",
    "foo & !bar | baz",
    "foo <-> bar",
    "'foo' && 'bar'",
    "foo\\",
    "\\'foo",
    "'; DROP TABLE documents_documents; --",
    "$1 ?1 :a @b #c",
    "%_%",
    "foo\0bar",
    "\r\nfoo\u{2028}bar",
    "\u{202e}foo\u{200d}\u{ad}",
    "\u{301}\u{301}foo",
    "\u{fdfa}\u{130}\u{1e9e}\u{fb01}",
    "\u{10ffff}\u{fffd}foo",
];

/// As it stands in an address.
fn encoded(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

on_both_engines! {
    async fn nobody_finds_what_somebody_else_keeps_private(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "admin").await;
        let diary = json!({"title": "Diary", "content": "A *secret* lamp.", "visibility": "private"});
        let at = ada.write(&slug, diary).await;
        scenario.run_until_idle().await;
        assert_eq!(found(&ada, &slug, "secr").await, ["Diary: A [secret] lamp."]);
        assert!(found(&ben, &slug, "secr").await.is_empty());
        // What was removed before it was shared is nobody else's, not even as long as the index has not followed.
        let hash = ada.get(&at).await.is(200).data()["content_hash"].clone();
        let harmless = json!({"content": "A lamp.", "content_hash": hash});
        ada.patch(&at).json(harmless).await.is(200);
        ada.patch(&at).json(json!({"visibility": "public"})).await.is(200);
        assert!(found(&ben, &slug, "secr").await.is_empty());
        scenario.run_until_idle().await;
        assert!(found(&ben, &slug, "secr").await.is_empty());
        assert_eq!(found(&ben, &slug, "lamp").await, ["Diary: A [lamp]."]);
        // And what is private again is gone at once.
        ada.patch(&at).json(json!({"visibility": "private"})).await.is(200);
        assert!(found(&ben, &slug, "lamp").await.is_empty());
        assert_eq!(found(&ada, &slug, "lamp").await.len(), 1);
        ada.delete(&at).await.is(204);
        assert!(found(&ada, &slug, "lamp").await.is_empty());
    }

    async fn nobody_finds_anything_elsewhere(scenario: &mut Scenario) {
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let (lumen, oak) = (ada.found("Lumen").await, eve.found("Oak").await);
        let lamps = || json!({"title": "Lamps", "content": "bright", "visibility": "public"});
        ada.write(&lumen, lamps()).await;
        eve.write(&oak, lamps()).await;
        scenario.run_until_idle().await;
        for (person, slug) in [(&ada, &lumen), (&eve, &oak)] {
            assert_eq!(found(person, slug, "bright").await.len(), 1);
        }
        eve.get(&search(&lumen, "bright")).await.is_refused(404, "workspace_not_found");
        let ben = scenario.member(&ada, &lumen, "ben", "guest").await;
        assert_eq!(found(&ben, &lumen, "lamp").await.len(), 1);
        ada.remove(&lumen, ben.email()).await;
        ben.get(&search(&lumen, "bright")).await.is_refused(404, "workspace_not_found");
        eve.delete(&format!("/api/workspaces/{oak}")).await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(found(&ada, &lumen, "bright").await.len(), 1);
    }

    async fn whoever_has_written_something_finds_it(scenario: &mut Scenario) {
        scenario.go_live().await;
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let finds = async |answer: &Answer, words: &str| {
            let token = answer.header(COMMIT_TOKEN).expect("a command has a token");
            let found = ada.get(&search(&slug, words)).header(COMMIT_TOKEN, token).await;
            found.is(200).list().len()
        };
        let documents = format!("/api/workspaces/{slug}/documents");
        for n in 0..5 {
            let body = json!({"title": format!("Lamp {n}"), "content": format!("number{n}")});
            let created = ada.post(&documents).json(body).await.is(201);
            assert_eq!(finds(&created, &format!("number{n}")).await, 1);
        }
        let at = format!("{documents}/lamp-0");
        let hash = ada.get(&at).await.is(200).data()["content_hash"].clone();
        let written = ada.patch(&at).json(json!({"content": "bright", "content_hash": hash})).await.is(200);
        assert_eq!((finds(&written, "bright").await, finds(&written, "number0").await), (1, 0));
        let named = ada.patch(&at).json(json!({"title": "Lantern"})).await.is(200);
        assert_eq!((finds(&named, "lantern").await, finds(&named, "lamp").await), (1, 4));
        let restored = ada.post(&format!("{at}/versions/1/restore")).await.is(200);
        assert_eq!((finds(&restored, "bright").await, finds(&restored, "number0").await), (0, 1));
        let deleted = ada.delete(&at).await.is(204);
        assert_eq!(finds(&deleted, "lantern").await, 0);
        let back = ada.post(&format!("{at}/restore")).await.is(200);
        assert_eq!(finds(&back, "lantern").await, 1);
    }

    async fn what_is_not_there_yet_is_no_empty_answer(scenario: &mut Scenario) {
        // Nobody runs the handlers here, so waiting is no use.
        scenario.wait_at_most(Duration::ZERO).await;
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let documents = format!("/api/workspaces/{slug}/documents");
        let created = ada.post(&documents).json(json!({"title": "Lamp"})).await.is(201);
        let token = created.header(COMMIT_TOKEN).expect("a command has a token").to_owned();
        let ask = || ada.get(&search(&slug, "lamp")).header(COMMIT_TOKEN, &token);
        ask().await.is_refused(503, "stale");
        let operator = scenario.operator();
        operator.post("/admin/handlers/documents.search/pause").await.is(200);
        scenario.run_until_idle().await;
        ask().await.is_refused(503, "stale");
        operator.post("/admin/handlers/documents.search/resume").await.is(200);
        scenario.run_until_idle().await;
        assert_eq!(ask().await.is(200).list().len(), 1);
    }

    async fn whatever_is_asked_is_answered(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        ada.write(&slug, json!({"title": "Lamps", "content": "foo_bar \u{1f642} don't \u{6771}\u{4eac}"})).await;
        scenario.run_until_idle().await;
        for words in HOSTILE {
            let answer = ada.get(&search(&slug, &encoded(words))).await;
            assert!(matches!(answer.status(), 200 | 422), "{words:?}: {answer:?}");
        }
        for words in ["a".repeat(5_000), "\u{6771}\u{4eac}".repeat(2_000), "a ".repeat(2_500)] {
            ada.get(&search(&slug, &encoded(&words))).await.is_invalid(&["q"]);
        }
        for words in ["", " \t", "\"*'", "\u{1f642}", "\0"] {
            ada.get(&search(&slug, &encoded(words))).await.is_invalid(&["q"]);
        }
        // As many words as there may be of a script that puts nothing between them: all but the last letter begin one of two.
        let letters: String = ('\u{4e00}'..).take(200).collect();
        ada.write(&slug, json!({"title": "Letters", "content": letters})).await;
        scenario.run_until_idle().await;
        assert_eq!(ada.get(&search(&slug, &encoded(&letters))).await.is(200).list().len(), 1);
        ada.get(&search(&slug, "%FF%FE")).await.is_invalid(&["q"]);
    }
}
