//! A read model that is built anew by an operator, while people search and write.
#![cfg(unix)]

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use perme8::MIGRATIONS;
use perme8_events::{on_both_engines, testing::wait_until};
use serde_json::{Value, json};

use crate::serve_story::{Host, Site};

/// Much longer than it takes.
const DEADLINE: Duration = Duration::from_mins(1);

const SEARCH: &str = "/api/workspaces/lumen/search?limit=100&q=";
const REBUILD: &str = "handlers rebuild documents.search --yes --wait";

/// So many documents there are before anything is built anew, and no more than a page of a search in the end.
const FIRST: usize = 10;
const MOST: usize = 100;

/// Somebody who works at a host.
struct Writer<'a> {
    host: &'a Host,
    token: String,
}

impl Writer<'_> {
    fn write(&self, number: usize) {
        let body = json!({ "title": format!("Lamp {number}"), "content": format!("bright number{number}") });
        let (status, body) =
            self.host.ask("POST", "/api/workspaces/lumen/documents", &self.token, &body);
        assert_eq!(status, 201, "{body}");
    }

    /// How many documents are found, and the search is answered.
    fn found(&self, words: &str) -> usize {
        let path = format!("{SEARCH}{words}");
        let (status, body) = self.host.ask("GET", &path, &self.token, &Value::Null);
        assert_eq!(status, 200, "{body}");
        body["data"].as_array().unwrap().len()
    }
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn searches_are_answered_while_their_index_is_built_anew_and_documents_are_written(test: TestDb) {
        let site = Site::of(&test);
        let host = Host::start(&site);
        site.people();
        let ada = Writer { host: &host, token: host.log_in("ada@example.com") };
        assert_eq!(host.ask("POST", "/api/workspaces", &ada.token, &json!({ "name": "Lumen" })).0, 201);
        (0..FIRST).for_each(|number| ada.write(number));
        wait_until("everything is found", DEADLINE, async || ada.found("bright") == FIRST).await;

        let (is_over, written, searches) = (AtomicBool::new(false), AtomicUsize::new(FIRST), AtomicUsize::new(0));
        let rebuilt = thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) && written.load(Ordering::Relaxed) < MOST {
                    ada.write(written.fetch_add(1, Ordering::Relaxed));
                }
            });
            scope.spawn(|| {
                let mut seen = FIRST;
                while !is_over.load(Ordering::Relaxed) {
                    let found = ada.found("bright");
                    assert!(found >= seen, "{seen} documents were found, and now {found}");
                    seen = found;
                    searches.fetch_add(1, Ordering::Relaxed);
                }
            });
            let rebuild = || site.home.run(&format!("{} --json", site.line(REBUILD)));
            let rebuilt = [rebuild(), rebuild()];
            is_over.store(true, Ordering::Relaxed);
            rebuilt
        });
        assert_eq!(rebuilt.map(|ran| ran.succeeds().json()["generation"].clone()), [2, 3]);
        let (written, searches) = (written.into_inner(), searches.into_inner());
        assert!(written > FIRST && searches > 0, "{written} written, {searches} searches");
        wait_until("everything is found", DEADLINE, async || ada.found("bright") == written).await;
        assert_eq!(ada.found(&format!("number{}", written - 1)), 1);
        host.signal("-TERM");
        assert_eq!(host.ended(), Some(0));
    }
}
