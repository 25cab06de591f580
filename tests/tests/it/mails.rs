//! Mails, and where their links lead.

use std::{marker::PhantomData, time::Duration};

use async_trait::async_trait;
use identity::LinkRequest;
use mail::Outgoing;
use perme8_events::{
    HandlerError, Job, JobRun, Worker,
    host::{JobDetail, JobState, Operations, Runtime},
};
use scenarios::{Scenario, eventually, on_both_engines};
use serde_json::json;

const QUARTER: Duration = Duration::from_mins(15);

/// The token in the last mail to this name.
async fn token(scenario: &mut Scenario, name: &str) -> String {
    let link = scenario.link(name).await;
    let token = link.strip_prefix("/login/").expect("it is a link to log in");
    token.split('?').next().expect("there is something before the query").to_owned()
}

async fn want_link(scenario: &Scenario, email: &str) {
    let wish = json!({ "email": email });
    scenario.stranger().post("/api/sessions/magic-link").json(wish).await.is(202);
}

/// Would show what a queue has kept of its jobs, whatever the queue says of secrets.
struct Curious<J>(PhantomData<J>);

#[async_trait]
impl<J: Job> Worker for Curious<J> {
    type Job = J;
    type Done = ();

    async fn work(&self, _: J, _: &JobRun) -> Result<(), HandlerError> {
        unreachable!("it looks, and does nothing")
    }
}

on_both_engines! {
    async fn whoever_registers_confirms_by_the_link_of_the_mail(scenario: &mut Scenario) {
        scenario.register("ada").await;
        let [mail] = &scenario.mails("ada").await[..] else { panic!("one mail") };
        assert_eq!(mail.kind, "identity.confirmation");
        assert!(mail.html.contains("/login/") && mail.text.contains("/login/"), "{}", mail.text);
        let link = scenario.link("ada").await;
        let browser = scenario.stranger();
        // Programs that look behind links use nothing up.
        scenario.stranger().visit(&link).await.shows(200, "Log in");
        let page = browser.visit(&link).await.shows(200, "The password that you registered with");
        assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
        let fields = [("token", page.hidden("token")), ("password", browser.password())];
        let welcome = browser.submit("/login", &fields).await.shows(200, "Ada Example");
        assert_eq!(welcome.path(), "/welcome");
        let me = browser.get("/api/me").await.is(200);
        assert!(me.data()["confirmed_at"].is_string() && me.data()["has_password"] == true);
        let types = scenario.types_after(perme8_events::Position::START).await;
        assert_eq!(
            types,
            ["identity.user_registered", "identity.user_confirmed", "identity.user_logged_in"]
        );
        scenario.confirmed("ada").await;
    }

    async fn a_magic_link_logs_in_once_and_within_a_quarter_of_an_hour(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        want_link(scenario, "ADA@example.com").await;
        let good = token(scenario, "ada").await;
        let proof = json!({ "token": good });
        let stranger = scenario.stranger();
        let begun = stranger.post("/api/sessions").json(proof.clone()).await.is(201);
        assert_eq!(begun.data()["user"]["id"], ada.id());
        assert!(begun.header("set-cookie").is_some_and(|cookie| cookie.starts_with("perme8_session=")));
        let again = scenario.stranger().post("/api/sessions").json(proof).await;
        again.is_refused(401, "invalid_credentials");
        let last = scenario.log().await.pop().unwrap();
        assert_eq!(last.event_type, "identity.user_logged_in");
        let data: serde_json::Value = serde_json::from_str(last.data.get()).unwrap();
        assert_eq!(data["method"], "magic_link");

        want_link(scenario, "ada@example.com").await;
        let late = token(scenario, "ada").await;
        assert_ne!(late, good);
        scenario.clock().advance(QUARTER);
        let answer = scenario.stranger().post("/api/sessions").json(json!({ "token": late })).await;
        answer.is_refused(401, "invalid_credentials");
        let page = scenario.stranger().submit("/login", &[("token", &late)]).await;
        page.shows(401, "This link does not work any more");
    }

    async fn asking_for_a_link_tells_nobody_who_has_an_account(scenario: &mut Scenario) {
        scenario.user("ada").await;
        scenario.register("zoe").await;
        let before = scenario.mails("zoe").await.len();
        for email in ["ada@example.com", "zoe@example.com", "nobody@example.com", "no address", ""] {
            want_link(scenario, email).await;
        }
        assert!(scenario.mails("nobody").await.is_empty());
        assert_eq!(scenario.mails("ada").await.last().unwrap().kind, "identity.log_in");
        let to_zoe = scenario.mails("zoe").await;
        assert_eq!((to_zoe.len(), to_zoe.last().unwrap().kind.as_str()), (before + 1, "identity.confirmation"));
    }

    async fn somebody_unknown_is_invited_registers_and_joins(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen & Oak").await;
        ada.invite(&slug, "Zoe@Example.com", "member").await;
        let [mail] = &scenario.mails("zoe").await[..] else { panic!("one mail") };
        assert_eq!(mail.subject, "Ada Example invites you to Lumen & Oak at Perme8");
        let invitation = scenario.link("zoe").await;
        let zoe = scenario.stranger();
        zoe.visit(&invitation).await.shows(200, "<strong>Lumen &amp; Oak</strong>");
        let account = [
            ("answer", "register"),
            ("first_name", "Zoe"),
            ("last_name", "Lind"),
            ("password", "correct horse battery"),
        ];
        zoe.submit(&invitation, &account).await.shows(202, "Look into your mail");

        let login = scenario.link("zoe").await;
        let page = zoe.visit(&login).await.shows(200, "Log in");
        let welcome = zoe.submit("/login", &[("token", page.hidden("token"))]).await;
        let welcome = welcome.shows(200, "You are invited").shows(200, &invitation);
        assert_eq!(welcome.path(), "/welcome");
        zoe.visit(&invitation).await.shows(200, "value=\"accept\"");
        zoe.submit(&invitation, &[("answer", "accept")]).await.shows(200, "Zoe Lind");
        let workspaces = zoe.get("/api/workspaces").await.is(200);
        assert_eq!(workspaces.list()[0]["slug"], json!(slug));
        zoe.visit(&invitation).await.shows(404, "does not work any more");
        assert_eq!(scenario.mails("zoe").await.len(), 2, "an invitation and a confirmation");
    }

    async fn somebody_known_is_invited_logs_in_by_link_and_joins(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        ada.invite(&slug, "ben@example.com", "guest").await;
        let invitation = scenario.link("ben").await;
        let browser = scenario.stranger();
        browser.visit(&invitation).await.shows(200, "Send me a link by mail");
        browser.submit(&invitation, &[("answer", "link")]).await.shows(202, "Look into your mail");
        let login = scenario.link("ben").await;
        let page = browser.visit(&login).await.shows(200, "Log in");
        browser.submit("/login", &[("token", page.hidden("token"))]).await.shows(200, &invitation);
        browser.submit(&invitation, &[("answer", "accept")]).await.shows(200, "Welcome");
        ben.get(&format!("/api/workspaces/{slug}")).await.is(200);
    }

    async fn an_invitation_that_was_taken_back_before_its_mail_is_not_sent(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let id = ada.invite(&slug, "zoe@example.com", "member").await;
        ada.delete(&format!("/api/workspaces/{slug}/invitations/{id}")).await.is(204);
        assert!(scenario.mails("zoe").await.is_empty());
    }

    async fn every_mail_comes_once_whichever_host_writes_it(scenario: &mut Scenario) {
        scenario.go_live().await;
        let other = scenario.another_host().await;
        let names: Vec<String> = (0..12).map(|number| format!("person{number}")).collect();
        for name in &names {
            scenario.register(name).await;
        }
        // Everything that is half done is taken over by the other host.
        scenario.restart().await;
        eventually("everybody has a mail", async || {
            for name in &names {
                if scenario.mails_now(name).await.is_empty() {
                    return false;
                }
            }
            true
        })
        .await;
        other.stop().await;
        for name in &names {
            assert_eq!(scenario.mails_now(name).await.len(), 1, "{name}");
        }
    }

    async fn nothing_of_a_mail_is_left_in_its_queue(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        ada.invite(&slug, "zoe@example.com", "member").await;
        scenario.register("ben").await;
        want_link(scenario, "ada@example.com").await;
        let tokens = [token(scenario, "ada").await, token(scenario, "ben").await];
        let curious = Runtime::builder(scenario.app().db())
            .worker(Curious(PhantomData::<Outgoing>))
            .worker(Curious(PhantomData::<LinkRequest>))
            .build();
        let operations = Operations::of(&curious, &[]);
        let mut secretive = 0;
        for job in operations.jobs(None, None, 1000).await.unwrap() {
            let JobDetail { job, payload, result, .. } = operations.job(job.job_id).await.unwrap();
            assert_eq!(job.state, JobState::Done, "{}", job.queue);
            if let Some(payload) = payload {
                secretive += 1;
                assert_eq!(payload.get(), "null", "{}", job.queue);
            }
            let result = result.map(|result| result.get().to_owned());
            for text in [result, job.error, job.idempotency_key, job.ordering_key].into_iter().flatten() {
                assert!(tokens.iter().all(|token| !text.contains(token)), "{}: {text}", job.queue);
                assert!(!text.contains("@example.com"), "{}: {text}", job.queue);
            }
        }
        assert!(secretive >= 4, "three mails, and a wish for a link");
    }

    async fn no_token_of_a_mail_is_in_the_log(scenario: &mut Scenario) {
        scenario.register("ada").await;
        want_link(scenario, "ada@example.com").await;
        let token = token(scenario, "ada").await;
        for event in scenario.log().await {
            let text = serde_json::to_string(&event).unwrap();
            assert!(!text.contains(&token), "{text}");
        }
    }
}
