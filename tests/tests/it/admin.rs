//! What operators see and do over HTTP.

use perme8_events::Position;
use scenarios::{Persona, Scenario, on_both_engines};
use serde_json::{Value, json};

use crate::routes::{Access, Route};

const HANDLER: &str = "notifications.on_invitation";

fn at(rest: &str) -> String {
    format!("/admin/handlers/{HANDLER}{rest}")
}

/// Ada, who has invited Ben, and what came of it is done.
async fn invited(scenario: &mut Scenario) -> Persona {
    let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
    let slug = ada.found("Lumen").await;
    let invite = json!({ "email": ben.email(), "role": "member" });
    ada.post(&format!("/api/workspaces/{slug}/invitations")).json(invite).await.is(201);
    scenario.run_until_idle().await;
    ben
}

/// What operators did, oldest first.
async fn acts(scenario: &Scenario) -> Vec<Value> {
    let log = scenario.log().await;
    let acts = log.iter().filter(|event| event.event_type == "perme8_events.operator_acted");
    acts.map(|event| serde_json::to_value(event).unwrap()).collect()
}

on_both_engines! {
    async fn whoever_shows_no_operator_token_sees_and_does_nothing(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let browser = scenario.browser("ben").await;
        let almost = scenario.stranger().with_bearer("operators-of-scenario");
        for route in Route::all(Access::Operators) {
            for person in [&scenario.stranger(), &ada, &browser, &almost] {
                let mut request = route.request(person, &route.at("", "", "x"));
                // What a browser would not get past the check of origins for.
                request = request.header("sec-fetch-site", "same-origin");
                request.await.is_refused(401, "unauthenticated");
            }
        }
        assert!(acts(scenario).await.is_empty());
        scenario.operator().get("/api/me").await.is_refused(401, "unauthenticated");
    }

    async fn a_handler_is_paused_in_the_name_of_an_operator(scenario: &mut Scenario) {
        invited(scenario).await;
        let operator = scenario.operator();
        let paused = operator.post(&at("/pause")).header("x-operator", "ada").await.is(200);
        assert_eq!(paused.data(), &json!({ "changed": true }));
        assert_eq!(operator.post(&at("/pause")).await.data(), &json!({ "changed": false }));
        let status = operator.get(&at("")).await.is(200);
        assert_eq!(status.data()["state"], "paused");
        assert_eq!(status.data()["pause"]["operator"], "http:ada");
        let all = operator.get("/admin/handlers").await.is(200);
        assert!(all.list().iter().any(|handler| handler == status.data()));
        operator.post(&at("/resume")).await.is(200);
        let acts = acts(scenario).await;
        let [pause, resume] = &acts[..] else { panic!("{acts:?}") };
        assert_eq!((&pause["data"]["operator"], &resume["data"]["operator"]), (&json!("http:ada"), &json!("http")));
        assert_eq!(pause["metadata"]["request_id"], paused.request_id());
        operator.post(&at("/pause")).header("x-operator", "").await.is(200);
        operator.post(&at("/pause")).header("x-operator", &"x".repeat(99)).await.is_refused(400, "malformed_operator");
        operator.post(&at("/resume")).await.is(200);
    }

    async fn what_is_delivered_again_has_its_effect_once(scenario: &mut Scenario) {
        let ben = invited(scenario).await;
        let before = ben.get("/api/notifications").await.is(200);
        assert_eq!(before.list().len(), 1);
        let operator = scenario.operator();
        let rewound = operator.post(&at("/rewind")).json(json!({ "to_position": 0 })).await.is(200);
        assert_eq!((&rewound.data()["position"], &rewound.data()["set_aside"]), (&json!(0), &json!(0)));
        scenario.run_until_idle().await;
        let log = scenario.log().await;
        let sent = log.iter().find(|event| event.event_type == "identity.member_invited").unwrap();
        let again = json!({ "aggregate_type": sent.aggregate_type, "aggregate_id": sent.aggregate_id });
        let replayed = operator.post(&at("/replay")).json(again).await.is(200);
        assert!(replayed.data()["events"].as_u64().unwrap() > 0);
        scenario.run_until_idle().await;
        assert_eq!(ben.get("/api/notifications").await.list(), before.list());
    }

    async fn what_cannot_be_done_is_refused_and_changes_nothing(scenario: &mut Scenario) {
        invited(scenario).await;
        let operator = scenario.operator();
        let head = scenario.head().await;
        let before = operator.get("/admin/handlers").await.body().clone();
        let nobody = "/admin/handlers/notifications.on_nothing";
        operator.get(nobody).await.is_refused(404, "handler_not_found");
        for act in ["pause", "resume", "dead-letters/retry"] {
            operator.post(&format!("{nobody}/{act}")).await.is_refused(404, "handler_not_found");
        }
        let rewind = async |body: Value| operator.post(&at("/rewind")).json(body).await;
        rewind(json!({ "to_position": head.number() + 1000 })).await.is_invalid(&["to_position"]);
        rewind(json!({ "to_position": -1 })).await.is_invalid(&["to_position"]);
        rewind(json!({ "to_position": "x" })).await.is_invalid(&["to_position"]);
        rewind(json!({})).await.is_invalid(&["to_position"]);
        rewind(json!({ "to_time": "2999-01-01T00:00:00Z" })).await.is_invalid(&["to_time"]);
        rewind(json!({ "to_time": "today" })).await.is_invalid(&["to_time"]);
        rewind(json!({ "to_position": 0, "to_time": "2020-01-01T00:00:00Z" })).await.is_invalid(&["to_time"]);
        rewind(json!({ "to_position": 0, "with_effects": 1 })).await.is_invalid(&["with_effects"]);
        rewind(json!({ "to_position": head.number() })).await.is_refused(409, "not_beyond");
        let nothing = json!({ "aggregate_type": "user", "aggregate_id": "1" });
        operator.post(&at("/replay")).json(nothing).await.is_refused(409, "nothing_to_replay");
        operator.post(&at("/replay")).json(json!({})).await.is_invalid(&["aggregate_id", "aggregate_type"]);
        operator.post(&at("/dead-letters/retry")).await.is_refused(409, "no_dead_letters");
        let letter = |rest: &str| format!("/admin/dead-letters/{HANDLER}/{}{rest}", Position::new(1));
        operator.get(&letter("")).await.is_refused(404, "dead_letter_not_found");
        operator.post(&letter("/retry")).await.is_refused(404, "dead_letter_not_found");
        operator.post(&letter("/edit")).json(json!({ "data": {} })).await.is_refused(404, "dead_letter_not_found");
        operator.post(&letter("/edit")).json(json!({})).await.is_invalid(&["data"]);
        operator.post(&letter("/discard")).json(json!({})).await.is_refused(404, "dead_letter_not_found");
        operator.get("/admin/dead-letters/x/first").await.is_refused(404, "dead_letter_not_found");
        assert!(operator.get("/admin/dead-letters").await.is(200).list().is_empty());
        operator.get("/admin/dead-letters?limit=0").await.is_invalid(&["limit"]);
        assert_eq!(operator.get("/admin/handlers").await.body(), &before);
        assert_eq!(scenario.head().await, head, "nothing was recorded, because nothing was done");
    }

    async fn a_read_model_is_built_anew_beside_the_one_that_is_read(scenario: &mut Scenario) {
        invited(scenario).await;
        let operator = scenario.operator();
        let rebuild = "/admin/handlers/perme8.audit_log/rebuild";
        operator.get(rebuild).await.is_refused(409, "not_rebuilding");
        let begun = operator.post(rebuild).await.is(200);
        assert_eq!((&begun.data()["generation"], &begun.data()["position"]), (&json!(2), &json!(0)));
        operator.post(rebuild).await.is_refused(409, "rebuilding");
        assert_eq!(operator.get(rebuild).await.is(200).data()["generation"], 2);
        operator.delete(rebuild).await.is(200);
        operator.delete(rebuild).await.is_refused(409, "not_rebuilding");
        operator.post(rebuild).await.is(200);
        scenario.run_until_idle().await;
        operator.get(rebuild).await.is_refused(409, "not_rebuilding");
        operator.post(&at("/rebuild")).await.is_refused(409, "no_projection");
        let back = json!({ "to_position": 0 });
        let rewind = "/admin/handlers/perme8.audit_log/rewind";
        operator.post(rewind).json(back).await.is_refused(409, "projection");
        let acts = acts(scenario).await;
        let did: Vec<_> = acts.iter().map(|act| act["data"]["action"].as_str().unwrap()).collect();
        assert_eq!(did, ["rebuild", "cancel", "rebuild"]);
    }

    async fn what_is_done_later_is_looked_after_as_well(scenario: &mut Scenario) {
        scenario.run_until_idle().await;
        let operator = scenario.operator();
        for list in ["queues", "jobs", "schedules", "timers", "processes"] {
            let answer = operator.get(&format!("/admin/{list}")).await.is(200);
            assert!(answer.data().is_array(), "{list}");
        }
        operator.get("/admin/jobs?state=done&queue=tests.queue&limit=1").await.is(200);
        operator.get("/admin/jobs?state=finished").await.is_invalid(&["state"]);
        operator.get("/admin/processes?status=stuck").await.is(200);
        let head = scenario.head().await;
        let nobody = "/admin/queues/tests.nothing";
        operator.get(nobody).await.is_refused(404, "queue_not_found");
        for act in ["pause", "resume", "dead-jobs/retry"] {
            operator.post(&format!("{nobody}/{act}")).await.is_refused(404, "queue_not_found");
        }
        for act in ["pause", "resume"] {
            let schedule = format!("/admin/schedules/tests.nothing/{act}");
            operator.post(&schedule).await.is_refused(404, "schedule_not_found");
        }
        for job in ["x", "00000000-0000-7000-8000-000000000001"] {
            operator.get(&format!("/admin/jobs/{job}")).await.is_refused(404, "job_not_found");
            for act in ["retry", "cancel", "discard"] {
                let path = format!("/admin/jobs/{job}/{act}");
                operator.post(&path).await.is_refused(404, "job_not_found");
            }
        }
        assert_eq!(scenario.head().await, head, "nothing was recorded, because nothing was done");
    }
}
