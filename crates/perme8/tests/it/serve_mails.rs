//! Mails of the built program, also when it is killed while it writes them.
#![cfg(unix)]

use std::{collections::BTreeMap, time::Duration};

use perme8::MIGRATIONS;
use perme8_events::{on_both_engines, testing::wait_until};
use serde_json::{Value, json};

use crate::serve_story::{Host, Site};

/// Leases of a host that was killed run out well before.
const DEADLINE: Duration = Duration::from_mins(1);

/// How often the host is killed, and how many people register with each.
const KILLS: usize = 4;
const PEOPLE: usize = 5;

impl Site {
    /// The mails in the mailbox: to whom, and how many.
    fn mails(&self) -> BTreeMap<String, usize> {
        let mut mails = BTreeMap::new();
        for mail in self.home.json(&self.line("mail list --limit 1000")).as_array().unwrap() {
            let to = mail["to"]["address"].as_str().unwrap().to_owned();
            *mails.entry(to).or_default() += 1;
        }
        mails
    }
}

fn register(host: &Host, email: &str) {
    let person = json!({ "email": email, "first_name": "Zoe", "last_name": "Lind" });
    assert_eq!(host.ask("POST", "/api/users", "", &person).0, 201);
}

/// The token in the link of a mail.
fn token(text: &str) -> Option<&str> {
    let link = text.lines().find(|line| line.starts_with("http"))?;
    Some(link.split_once("/login/")?.1)
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn every_mail_comes_once_although_the_host_is_killed(test: TestDb) {
        let site = Site::of(&test);
        for kill in 0..KILLS {
            let host = Host::start(&site);
            for person in 0..PEOPLE {
                register(&host, &format!("person{person}@of{kill}.example"));
            }
            host.signal("-KILL");
            assert_eq!(host.ended(), None);
        }
        let host = Host::start(&site);
        wait_until("everybody has a mail", DEADLINE, async || {
            site.mails().len() == KILLS * PEOPLE
        })
        .await;
        register(&host, "last@example.com");
        wait_until("the last one has a mail", DEADLINE, async || {
            site.mails().contains_key("last@example.com")
        })
        .await;
        let mails = site.mails();
        assert!(mails.values().all(|count| *count == 1), "{mails:?}");
        host.signal("-TERM");
        assert_eq!(host.ended(), Some(0));
    }

    async fn whoever_registers_reads_the_mail_and_follows_its_link(test: TestDb) {
        let site = Site::of(&test);
        let host = Host::start(&site);
        register(&host, "zoe@example.com");
        wait_until("the mail is there", DEADLINE, async || !site.mails().is_empty()).await;
        let shown = site.home.run(&site.line("mail show latest")).succeeds().stdout;
        let proof = json!({ "token": token(&shown).unwrap() });
        assert_eq!(host.ask("POST", "/api/sessions", "", &proof).0, 201);
        assert_eq!(host.ask("POST", "/api/sessions", "", &proof).0, 401);

        let mail = site.home.json(&site.line("mail show latest"));
        assert_eq!(mail["kind"], "identity.confirmation");
        let id = mail["id"].as_str().unwrap();
        let raw = site.home.run(&site.line(&format!("mail show {id} --raw"))).succeeds().stdout;
        assert!(raw.starts_with("From: Perme8 <noreply@perme8.invalid>\n"), "{raw}");
        assert!(raw.contains("\nMessage-ID: <"), "{raw}");
        let html = site.home.run(&site.line(&format!("mail show {id} --html"))).succeeds().stdout;
        assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
        let nothing = "mail show 00000000-0000-7000-8000-000000000001";
        let refused = site.home.run(&site.line(nothing));
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.stderr.contains("no mail has the id"), "{refused:?}");
        assert_eq!(site.home.run(&site.line("mail show nonsense")).code, 2);
        // Without --dev nobody reads the mails over HTTP.
        assert_eq!(host.ask("GET", "/dev/mailbox", "", &Value::Null).0, 404);
        host.signal("-TERM");
        assert_eq!(host.ended(), Some(0));
    }
}
