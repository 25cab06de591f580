//! Limits of the built program, also when it is killed.
#![cfg(unix)]

use perme8_events::on_both_engines;
use serde_json::json;

use crate::serve_story::{Host, Site};

fn guess(host: &Host) -> u16 {
    let body = json!({ "email": "nobody@example.com", "password": "wrong" });
    host.ask("POST", "/api/sessions", "", &body).0
}

on_both_engines! {
    migrations: [
        &perme8_events::sql::MIGRATIONS,
        &mail::MIGRATIONS,
        &identity::MIGRATIONS,
        &notifications::MIGRATIONS,
    ];

    async fn whoever_guesses_is_locked_out_although_the_host_is_killed(test: TestDb) {
        let site = Site::of(&test);
        // Killed after each guess, before anything else is written down.
        for (guessed, expected) in [401, 401, 401, 401, 401, 429, 429].into_iter().enumerate() {
            let host = Host::limited(&site);
            assert_eq!(guess(&host), expected, "after {guessed} guesses");
            host.signal("-KILL");
            assert_eq!(host.ended(), None);
        }
        let host = Host::start(&site);
        assert_eq!(guess(&host), 401, "the limits are off");
        host.signal("-TERM");
        assert_eq!(host.ended(), Some(0));
    }
}
