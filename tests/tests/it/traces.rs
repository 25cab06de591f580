//! A trace, from a request over the events that it leads to.

use perme8_events::{Envelope, EventFilter, EventStore as _, TraceContext};
use scenarios::on_both_engines;
use serde_json::json;

/// The trace of a client, which is none of ours.
const THEIRS: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

on_both_engines! {
    async fn what_a_request_leads_to_is_one_trace(scenario: &mut Scenario) {
        scenario.trace_everything().await;
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        scenario.run_until_idle().await;
        let before = scenario.head().await;
        let invite = json!({ "email": ben.email(), "role": "member" });
        let request = ada.post(&format!("/api/workspaces/{slug}/invitations"));
        request.header("traceparent", THEIRS).json(invite).await.is(201);
        scenario.run_until_idle().await;
        let events = scenario.app().db().read(&EventFilter::All, before, 100).await.unwrap();
        let invited = events.first().expect("something happened");
        let trace = invited.trace().expect("it is traced");
        let theirs: TraceContext = THEIRS.parse().unwrap();
        assert!(!trace.is_of_the_trace_of(theirs), "a client does not write into our traces");
        let of_this_request = |event: &&Envelope| event.correlation_id == invited.correlation_id;
        let led_to: Vec<_> = events.iter().filter(of_this_request).collect();
        for event in &led_to {
            let step = event.trace().unwrap_or_else(|| panic!("{event:?} is traced"));
            assert!(step.is_of_the_trace_of(trace), "{event:?}");
            // What a handler emits is a step of its own.
            assert!(event.causation_id.is_none() || step != trace, "{event:?}");
        }
        assert!(led_to.iter().any(|event| event.causation_id.is_some()), "{led_to:?}");
    }

    async fn without_a_collector_events_say_nothing_of_traces(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        ada.found("Lumen").await;
        scenario.run_until_idle().await;
        let after = perme8_events::Position::START;
        let events = scenario.app().db().read(&EventFilter::All, after, 100).await.unwrap();
        assert!(!events.is_empty());
        assert!(events.iter().all(|event| !event.metadata.contains_key("traceparent")));
    }
}
