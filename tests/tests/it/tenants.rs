//! Nobody learns anything of a workspace that is not theirs, not even that it exists.

use std::collections::BTreeSet;

use perme8_events::Position;
use scenarios::{EventStream, Persona, StreamEvent, on_both_engines};

use crate::routes::{Access, PROJECT, Route};

const NOBODY: &str = "00000000-0000-7000-8000-000000000001";

/// The last thing that a stream is fed, so that its end is known.
const SENTINEL: &str = "identity.user_logged_in";

fn types(events: &[StreamEvent]) -> BTreeSet<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

/// Everything on a stream of a person up to that person's next log-in.
async fn all_of(person: &Persona, stream: &mut EventStream) -> Vec<StreamEvent> {
    person.log_in().await.is(201);
    stream.all_until(SENTINEL).await
}

on_both_engines! {
    async fn a_foreign_workspace_looks_like_one_that_does_not_exist(scenario: &mut Scenario) {
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let invitation = ada.invite(&slug, "zoe@example.com", "member").await;
        let own = eve.found("Evil").await;
        assert_eq!(ada.begin(&slug, PROJECT).await, PROJECT);
        let head = scenario.head().await;
        for route in Route::all(Access::Members) {
            for member in [ben.id(), ben.email(), NOBODY, "nobody@example.com"] {
                for id in [invitation.as_str(), NOBODY, "no-id"] {
                    let foreign = route.request(&eve, &route.at(&slug, member, id)).await;
                    let unknown =
                        route.request(&eve, &route.at("no-such-workspace", member, id)).await;
                    assert_eq!(foreign.status(), 404, "{route:?}");
                    assert_eq!(foreign.anonymous_body(), unknown.anonymous_body(), "{route:?}");
                }
            }
        }
        let lumen = ada.graph_of(&slug).await;
        for route in Route::all(Access::Graphs) {
            for id in [NOBODY, "no-id"] {
                let foreign = route.request(&eve, &route.in_graph(&lumen, id)).await;
                let unknown = route.request(&eve, &route.in_graph(NOBODY, id)).await;
                assert_eq!(foreign.status(), 404, "{route:?}");
                assert_eq!(foreign.body()["error"], "not_found", "{route:?}");
                assert!(foreign.body()["message"].is_string(), "{route:?}");
                assert_eq!(foreign.anonymous_body(), unknown.anonymous_body(), "{route:?}");
            }
        }
        // What belongs to one workspace is not found through another, whoever manages that.
        for path in [
            format!("invitations/{invitation}"),
            format!("members/{}", ben.id()),
            format!("projects/{PROJECT}"),
        ] {
            let answer = eve.delete(&format!("/api/workspaces/{own}/{path}")).await;
            assert_eq!(answer.status(), 404, "{path}");
        }
        assert_eq!(scenario.types_after(head).await, Vec::<String>::new());
    }

    async fn what_cannot_be_a_slug_is_the_slug_of_nothing(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        ada.found("Lumen").await;
        let long = "x".repeat(5000);
        for slug in [
            "%00",
            "%FF%FE",
            "LUMEN",
            "lumen%20",
            "..%2F..",
            "%F0%9F%92%A1",
            "*",
            "lumen'--",
            long.as_str(),
        ] {
            for route in Route::all(Access::Members) {
                let answer = route.request(&ada, &route.at(slug, NOBODY, NOBODY)).await;
                assert_eq!(answer.status(), 404, "{route:?} at {slug}");
            }
        }
    }

    async fn whoever_is_invited_or_was_removed_is_a_stranger_all_the_same(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "admin").await;
        ada.begin(&slug, PROJECT).await;
        ada.remove(&slug, ben.id()).await;
        let (zoe, lumen) = (scenario.user("zoe").await, ada.graph_of(&slug).await);
        ada.invite(&slug, zoe.email(), "member").await;
        for outsider in [&ben, &zoe] {
            // An answer to an invitation is about the invitation.
            let of_members = |route: &&Route| {
                !route.path.ends_with("accept") && !route.path.ends_with("decline")
            };
            for route in Route::all(Access::Members).filter(of_members) {
                let answer = route.request(outsider, &route.at(&slug, ada.id(), NOBODY)).await;
                answer.is_refused(404, "workspace_not_found");
            }
            for route in Route::all(Access::Graphs) {
                let answer = route.request(outsider, &route.in_graph(&lumen, NOBODY)).await;
                answer.is_refused(404, "workspace_not_found");
            }
            assert!(outsider.get("/api/workspaces").await.is(200).list().is_empty());
            assert!(outsider.get("/api/me/workspaces").await.is(200).list().is_empty());
        }
    }

    async fn streams_never_carry_what_belongs_to_others(scenario: &mut Scenario) {
        scenario.go_live().await;
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let (lumen, evil) = (ada.found("Lumen").await, eve.found("Evil").await);
        let ben = scenario.member(&ada, &lumen, "ben", "guest").await;
        let dan = scenario.member(&eve, &evil, "dan", "guest").await;
        // Carol is in both.
        let carol = scenario.member(&ada, &lumen, "carol", "member").await;
        eve.invite(&evil, carol.email(), "admin").await;
        carol.join(&evil).await;
        let lumen_id = ada.get("/api/me/workspaces").await.is(200).list()[0]["id"].clone();
        let evil_id = eve.get("/api/me/workspaces").await.is(200).list()[0]["id"].clone();

        let mut of_people = Vec::new();
        for person in [&ada, &ben, &carol, &dan, &eve] {
            of_people.push((person, person.get("/api/me/events/stream?after=0").stream().await));
        }
        let mut of_workspaces = Vec::new();
        for (person, slug, id) in [
            (&ada, &lumen, &lumen_id),
            (&ben, &lumen, &lumen_id),
            (&carol, &lumen, &lumen_id),
            (&carol, &evil, &evil_id),
            (&dan, &evil, &evil_id),
            (&eve, &evil, &evil_id),
        ] {
            let path = format!("/api/workspaces/{slug}/events/stream?after=0");
            of_workspaces.push((person, id, person.get(&path).stream().await));
        }

        for (owner, slug) in [(&ada, &lumen), (&eve, &evil)] {
            let invitation = owner.invite(slug, "nobody@example.com", "member").await;
            owner.delete(&format!("/api/workspaces/{slug}/invitations/{invitation}")).await.is(204);
        }
        ada.set_role(&lumen, ben.email(), "member").await;
        eve.set_role(&evil, dan.email(), "member").await;

        for (person, workspace, stream) in &mut of_workspaces {
            let events = stream.all_until("identity.member_role_changed").await;
            for event in &events {
                assert_eq!(
                    &event.data["workspace_id"],
                    *workspace,
                    "{} saw {event:?}",
                    person.email()
                );
            }
            let expected = scenario.log().await.into_iter().filter(|event| {
                let scopes =
                    event.audience.scopes().iter().map(ToString::to_string).collect::<Vec<_>>();
                let of = workspace.as_str().unwrap();
                let manages = [ada.id(), eve.id()].contains(&person.id())
                    || (person.id() == carol.id() && of == evil_id);
                let is_own = scopes.contains(&format!("user:{}", person.id()));
                let is_theirs = scopes.contains(&format!("managers:{of}")) && (manages || is_own);
                event.position <= stream.position()
                    && (is_theirs || scopes.contains(&format!("workspace:{of}")))
            });
            let expected: Vec<Position> = expected.map(|event| event.position).collect();
            let seen: Vec<Position> = events.iter().map(|event| event.position).collect();
            assert_eq!(seen, expected, "{} in {workspace}", person.email());
        }
        for (person, stream) in &mut of_people {
            stream.all_until(SENTINEL).await;
            let events = all_of(person, stream).await;
            assert!(!types(&events).contains("identity.invitation_created"), "{events:?}");
            let scope = format!("user:{}", person.id());
            for event in &events {
                let audience = event.data["audience"].as_array().unwrap();
                assert!(
                    audience.contains(&scope.clone().into()),
                    "{} saw {event:?}",
                    person.email()
                );
            }
        }
    }
}
