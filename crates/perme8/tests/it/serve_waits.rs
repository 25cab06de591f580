//! Commands that wait until the work is done that they have caused.
#![cfg(unix)]

use std::time::Duration;

use perme8::MIGRATIONS;
use perme8_events::{on_both_engines, testing::wait_until};
use serde_json::{Value, json};

use crate::serve_story::{Host, Site};

/// Much longer than it takes.
const DEADLINE: Duration = Duration::from_mins(1);

const HANDLER: &str = "identity.mailer";
const TRAIL: &str = "perme8.audit_log";

impl Site {
    fn handler(&self) -> Value {
        let handlers = self.home.json(&self.line("handlers list"));
        let mut all = handlers.as_array().unwrap().iter();
        all.find(|handler| handler["handler"] == HANDLER).unwrap().clone()
    }
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn whoever_waits_for_a_handler_comes_back_when_it_has_caught_up(test: TestDb) {
        let site = Site::of(&test);
        let host = Host::start(&site);
        for number in 0..5 {
            let person = json!({ "email": format!("zoe{number}@example.com"), "first_name": "Zoe", "last_name": "Lind" });
            assert_eq!(host.ask("POST", "/api/users", "", &person).0, 201);
        }
        let head = site.handler()["head"].clone();
        wait_until("it has caught up", DEADLINE, async || site.handler()["lag_events"] == 0).await;
        let rewind = format!("handlers rewind {HANDLER} --to-position 0 --with-effects --yes --wait");
        let rewind = site.line(&rewind);
        let waited = site.home.run(&rewind).succeeds();
        assert!(!waited.stderr.contains("behind"), "progress is for terminals: {}", waited.stderr);
        let after = site.handler();
        assert!(after["position"].as_i64() >= head.as_i64(), "{after}");
        site.home.run(&site.line(&format!("handlers pause {HANDLER} --yes"))).succeeds();
        let paused = site.home.run(&rewind);
        assert_eq!(paused.code, 1, "{paused:?}");
        assert!(paused.stderr.contains("is paused"), "{paused:?}");
        site.home.run(&site.line(&format!("handlers resume {HANDLER} --yes"))).succeeds();
        wait_until("it has caught up", DEADLINE, async || site.handler()["lag_events"] == 0).await;
        let trail = site.home.json(&site.line("audit list --limit 1000"));
        let rebuild = site.line(&format!("handlers rebuild {TRAIL} --yes --wait"));
        let rebuilt = site.home.run(&rebuild).succeeds();
        assert!(!rebuilt.stderr.contains('#'), "bars are for terminals: {}", rebuilt.stderr);
        let anew = site.home.json(&site.line("audit list --limit 1000"));
        let older = &anew.as_array().unwrap()[1..];
        assert_eq!(older, trail.as_array().unwrap(), "the same, but for the act of the operator");
        host.signal("-TERM");
        assert_eq!(host.ended(), Some(0));
        let stopped = site.home.run(&rewind);
        assert_eq!(stopped.code, 1, "{stopped:?}");
        assert!(stopped.stderr.contains("no node runs"), "{stopped:?}");
        let stopped = site.home.run(&rebuild);
        assert_eq!(stopped.code, 1, "{stopped:?}");
        assert!(stopped.stderr.contains("no node runs"), "{stopped:?}");
    }
}
