//! What a live stream shows depends on who somebody is at that moment, and ends when that is nobody.

use std::{sync::Arc, time::Duration};

use api::{Api, ApiOptions, Check, Readiness, ReadinessReport};
use async_trait::async_trait;
use scenarios::{Scenario, on_both_engines};

const JOINED: &str = "identity.member_joined";
const CHANGED: &str = "identity.member_role_changed";
const CREATED: &str = "identity.invitation_created";
const REMOVED: &str = "identity.member_removed";

#[derive(Debug)]
struct Ready;

#[async_trait]
impl Readiness for Ready {
    async fn report(&self) -> ReadinessReport {
        ReadinessReport { database: Check::Ok, log_reader: Check::Ok, handlers: Check::Ok }
    }
}

/// Streams ask for their session twenty times a second.
pub(crate) async fn beat_fast(scenario: &Scenario) {
    let app = scenario.app();
    let options = ApiOptions {
        heartbeat: Duration::from_millis(50),
        clock: Arc::clone(app.db().clock()),
        ..ApiOptions::default()
    };
    let api = Api::new(app.facades(), app.bus().clone(), app.audit_trail(), Arc::new(Ready));
    scenario.serve(api.with_options(options)).await;
}

on_both_engines! {
    async fn only_managers_see_who_is_invited(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "guest").await;
        let carol = scenario.member(&ada, &slug, "carol", "member").await;
        let dan = scenario.member(&ada, &slug, "dan", "admin").await;
        let (mut of_ada, mut of_dan) = (ada.stream_of(&slug).await, dan.stream_of(&slug).await);
        let (mut of_ben, mut of_carol) = (ben.stream_of(&slug).await, carol.stream_of(&slug).await);

        ada.invite(&slug, "zoe@example.com", "member").await;
        ada.set_role(&slug, ben.email(), "member").await;
        for stream in [&mut of_ada, &mut of_dan] {
            let created = stream.expect(CREATED).await;
            assert_eq!(created.fact("email"), "zoe@example.com");
            stream.expect(CHANGED).await;
        }
        for stream in [&mut of_ben, &mut of_carol] {
            stream.expect(CHANGED).await;
        }

        // Rights count when an event is delivered: Carol rises, Dan falls.
        ada.set_role(&slug, carol.email(), "admin").await;
        ada.set_role(&slug, dan.email(), "member").await;
        for stream in [&mut of_carol, &mut of_dan] {
            stream.expect(CHANGED).await;
            stream.expect(CHANGED).await;
        }
        ada.invite(&slug, "yan@example.com", "member").await;
        ada.set_role(&slug, ben.email(), "guest").await;
        of_carol.expect(CREATED).await;
        of_carol.expect(CHANGED).await;
        of_dan.expect(CHANGED).await;
    }

    async fn a_stream_of_a_workspace_ends_with_the_membership(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let carol = scenario.member(&ada, &slug, "carol", "member").await;
        let (mut of_slug, mut of_ben) = (ben.stream_of(&slug).await, ben.stream().await);
        let mut of_carol = carol.stream_of(&slug).await;

        ada.remove(&slug, ben.id()).await;
        ada.set_role(&slug, carol.email(), "admin").await;
        let removed = of_slug.expect(REMOVED).await;
        assert_eq!(of_slug.end("access_lost").await, "membership_ended");
        of_carol.expect(REMOVED).await;
        of_carol.expect(CHANGED).await;
        let path = format!("/api/workspaces/{slug}/events/stream");
        ben.get(&path).await.is_refused(404, "workspace_not_found");
        let place = removed.position.to_string();
        ben.get(&path).header("last-event-id", &place).await.is_refused(404, "workspace_not_found");

        of_ben.expect(REMOVED).await;
        scenario.run_until_idle().await;
        let told = of_ben.until("notifications.notification_created").await;
        assert_eq!(told.fact("notification_type"), "workspace_member_removed");

        carol.post(&format!("/api/workspaces/{slug}/leave")).await.is(204);
        of_carol.expect("identity.member_left").await;
        assert_eq!(of_carol.end("access_lost").await, "membership_ended");

        // Whoever comes back starts anew, and may then see also what happened in between.
        scenario.clock().advance(Duration::from_mins(1));
        ada.invite(&slug, ben.email(), "guest").await;
        of_ben.until("identity.member_invited").await;
        ben.join(&slug).await;
        let mut again = ben.get(&path).header("last-event-id", &place).stream().await;
        again.until(JOINED).await;
    }

    async fn a_stream_ends_soon_after_the_session(scenario: &mut Scenario) {
        beat_fast(scenario).await;
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let elsewhere = ada.again().await;
        let (mut of_ada, mut of_slug) = (ada.stream().await, ada.stream_of(&slug).await);
        let mut of_elsewhere = elsewhere.stream().await;
        assert_eq!(of_ada.next_comment().await, "heartbeat");
        ada.delete("/api/sessions").await.is(204);
        let seen = of_ada.all_until("access_lost").await;
        assert_eq!(seen.last().unwrap().data["reason"], "session_ended");
        assert_eq!(of_ada.next().await, None);
        assert_eq!(of_slug.end("access_lost").await, "session_ended");
        of_elsewhere.expect("identity.user_logged_out").await;
        assert_eq!(of_elsewhere.next_comment().await, "heartbeat");

        scenario.clock().advance(Duration::from_hours(14 * 24));
        assert_eq!(of_elsewhere.end("access_lost").await, "session_ended");
    }
}
