//! Making an account, confirming it, logging in and out.

use std::time::Duration;

use perme8_events::Position;
use scenarios::on_both_engines;
use serde_json::json;

const DAY: Duration = Duration::from_hours(24);

on_both_engines! {
    async fn whoever_registers_confirms_the_address_before_logging_in(scenario: &mut Scenario) {
        let stranger = scenario.stranger();
        let body = json!({
            "email": "Ada@Example.com",
            "first_name": "Ada",
            "last_name": "Okafor",
            "password": "lovely weather today",
        });
        let registered = stranger.post("/api/users").json(body).await.is(201);
        assert_eq!(registered.data()["email"], "ada@example.com");
        assert!(registered.data()["confirmed_at"].is_null());

        let credentials = json!({ "email": "ada@example.com", "password": "lovely weather today" });
        let before = stranger.post("/api/sessions").json(credentials.clone()).await;
        before.is_refused(401, "invalid_credentials");

        let token = scenario.confirmation_token("ADA@example.com").await;
        let proof = json!({ "token": token, "password": "lovely weather today" });
        let begun = stranger.post("/api/sessions").json(proof.clone()).await.is(201);
        assert_eq!(begun.data()["user"]["id"], registered.data()["id"]);
        stranger.post("/api/sessions").json(proof).await.is_refused(401, "invalid_credentials");

        let ada = scenario.stranger().with_bearer(begun.body()["token"].as_str().unwrap());
        let me = ada.get("/api/me").await.is(200);
        assert_eq!(me.data(), &begun.data()["user"]);
        assert!(me.data()["confirmed_at"].is_string());

        let again = scenario.stranger().post("/api/sessions").json(credentials).await.is(201);
        assert_ne!(again.body()["token"], begun.body()["token"]);

        ada.delete("/api/sessions").await.is(204);
        ada.get("/api/me").await.is_refused(401, "unauthenticated");
        ada.delete("/api/sessions").await.is_refused(401, "unauthenticated");
        let other = scenario.stranger().with_bearer(again.body()["token"].as_str().unwrap());
        other.get("/api/me").await.is(200);
    }

    async fn a_confirmed_address_belongs_to_one_account_whatever_its_letter_case(
        scenario: &mut Scenario,
    ) {
        scenario.user("ada").await;
        let body =
            json!({ "email": " ADA@example.COM ", "first_name": "Ada", "last_name": "Again" });
        let answer = scenario.stranger().post("/api/users").json(body).await;
        answer.is_invalid(&["email"]);
        assert_eq!(answer.body()["errors"]["email"], json!(["has already been taken"]));
    }

    async fn an_account_that_nobody_confirmed_does_not_block_its_address(scenario: &mut Scenario) {
        scenario.register("ada").await;
        let old = scenario.confirmation_token("ada@example.com").await;
        let body = json!({
            "email": "ADA@example.com",
            "first_name": "Augusta",
            "last_name": "King",
            "password": "another password",
        });
        scenario.stranger().post("/api/users").json(body).await.is(201);
        let late = scenario.stranger().post("/api/sessions").json(json!({ "token": old })).await;
        late.is_refused(401, "invalid_credentials");

        let token = scenario.confirmation_token("ada@example.com").await;
        let proof = json!({ "token": token, "password": "another password" });
        let begun = scenario.stranger().post("/api/sessions").json(proof).await.is(201);
        assert_eq!(begun.data()["user"]["first_name"], "Augusta");
        let log = scenario.types_after(Position::START).await;
        assert_eq!(log.iter().filter(|kind| *kind == "identity.user_registered").count(), 1);
    }

    async fn people_who_race_for_one_address_make_one_account(scenario: &mut Scenario) {
        let register = async |name: &str| {
            let body =
                json!({ "email": "ada@example.com", "first_name": name, "last_name": "Example" });
            let answer = scenario.stranger().post("/api/users").json(body).await.is(201);
            answer.data()["id"].clone()
        };
        let (one, two, three) = tokio::join!(register("One"), register("Two"), register("Three"));
        assert_eq!((&one, &two), (&two, &three));
        // One account, and a link for each of the three.
        let mut types = scenario.types_after(Position::START).await;
        types.sort();
        let link = "identity.magic_link_requested";
        assert_eq!(types, [link, link, "identity.user_registered"]);
    }

    async fn a_password_set_before_the_confirmation_is_void_unless_it_is_known(
        scenario: &mut Scenario,
    ) {
        // Somebody registers Ada's address with a password of their own, and waits for Ada to confirm.
        let body = json!({
            "email": "ada@example.com",
            "first_name": "A",
            "last_name": "B",
            "password": "known to the thief",
        });
        scenario.stranger().post("/api/users").json(body).await.is(201);
        let token = scenario.confirmation_token("ada@example.com").await;
        scenario.stranger().post("/api/sessions").json(json!({ "token": token })).await.is(201);
        let theft = json!({ "email": "ada@example.com", "password": "known to the thief" });
        scenario
            .stranger()
            .post("/api/sessions")
            .json(theft)
            .await
            .is_refused(401, "invalid_credentials");
    }

    async fn a_confirmation_that_comes_late_is_worth_nothing(scenario: &mut Scenario) {
        scenario.register("ada").await;
        let token = scenario.confirmation_token("ada@example.com").await;
        scenario.clock().advance(8 * DAY);
        let late = scenario.stranger().post("/api/sessions").json(json!({ "token": token })).await;
        late.is_refused(401, "invalid_credentials");
        let fresh = scenario.confirmation_token("ada@example.com").await;
        scenario.stranger().post("/api/sessions").json(json!({ "token": fresh })).await.is(201);
    }

    async fn every_refused_log_in_gets_the_same_answer(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        scenario.register("zoe").await;
        let without =
            json!({ "email": "nell@example.com", "first_name": "Nell", "last_name": "Example" });
        scenario.stranger().post("/api/users").json(without).await.is(201);
        let token = scenario.confirmation_token("nell@example.com").await;
        scenario.stranger().post("/api/sessions").json(json!({ "token": token })).await.is(201);

        let mut answers = Vec::new();
        for (email, password) in [
            ("nobody@example.com", ada.password()),
            ("ada@example.com", "not the password"),
            ("ada@example.com", ""),
            ("zoe@example.com", ada.password()),
            ("nell@example.com", ada.password()),
            ("nell@example.com", ""),
            ("no address", ada.password()),
            ("", ""),
        ] {
            let answer = scenario
                .stranger()
                .post("/api/sessions")
                .json(json!({ "email": email, "password": password }))
                .await;
            answer.is_refused(401, "invalid_credentials");
            assert_eq!(answer.header("set-cookie"), None, "{email}");
            answers.push((
                answer.anonymous_body(),
                answer.header("www-authenticate").map(str::to_owned),
            ));
        }
        assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
        ada.log_in().await.is(201);
    }

    async fn a_session_ends_by_itself_after_fourteen_days(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let browser = scenario.browser("ben").await;
        scenario.clock().advance(Duration::from_secs(14 * 86_400 - 1));
        ada.get("/api/me").await.is(200);
        scenario.clock().advance(Duration::from_secs(1));
        let expired = ada.get("/api/me").await;
        expired.is_refused(401, "unauthenticated");
        browser.get("/api/me").await.is_refused(401, "unauthenticated");
        let never = scenario.stranger().with_bearer("never-one").get("/api/me").await;
        assert_eq!(expired.anonymous_body(), never.anonymous_body());
    }

    async fn a_browser_carries_its_session_in_a_cookie_until_it_logs_out(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let browser = scenario.stranger();
        let credentials = json!({ "email": ada.email(), "password": ada.password() });
        let begun = browser.post("/api/sessions").json(credentials).await.is(201);
        let cookie = begun.header("set-cookie").unwrap();
        let token = begun.body()["token"].as_str().unwrap();
        assert_eq!(
            cookie,
            format!("perme8_session={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600")
        );
        browser.get("/api/me").await.is(200);

        let ended = browser.delete("/api/sessions").await.is(204);
        assert_eq!(
            ended.header("set-cookie").unwrap(),
            "perme8_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
        );
        browser.get("/api/me").await.is_refused(401, "unauthenticated");
        scenario
            .stranger()
            .with_bearer(token)
            .get("/api/me")
            .await
            .is_refused(401, "unauthenticated");
        ada.get("/api/me").await.is(200);
    }

    async fn an_answer_holds_no_secret_but_the_token_of_a_new_session(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let me = ada.get("/api/me").await.is(200);
        let keys: Vec<&String> = me.data().as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "confirmed_at",
                "email",
                "first_name",
                "has_password",
                "id",
                "last_name",
                "registered_at"
            ]
        );
        for event in scenario.log().await {
            let text = serde_json::to_string(&event).unwrap();
            assert!(!text.contains(ada.bearer()) && !text.contains(ada.password()), "{text}");
        }
    }
}
