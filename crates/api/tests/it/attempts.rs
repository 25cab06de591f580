//! How often somebody may try to log in, ask for mails, or guess.

use std::time::Duration;

use api::Limits;
use expect_test::expect;
use identity::{Role, testing::PASSWORD};
use serde_json::{Value, json};

use crate::{
    client::{Ask, get, post, put},
    host::{Host, Person},
};

const HERE: &str = "192.0.2.1";

fn log_in(email: &str, password: &str) -> Ask {
    post("/api/sessions").json(json!({"email": email, "password": password}))
}

fn form(path: &str, fields: &str) -> Ask {
    post(path).raw("application/x-www-form-urlencoded", fields)
}

/// How many of these are answered before one is refused because there were too many.
async fn until_refused(host: &Host, ask: impl Fn(usize) -> Ask) -> usize {
    for number in 0..30 {
        if host.ask(ask(number)).await.status == 429 {
            return number;
        }
    }
    panic!("as often as one likes")
}

#[tokio::test]
async fn the_sixth_guess_at_an_account_is_refused_whether_or_not_there_is_one() {
    let host = Host::limited(|_| ()).await;
    host.person("ada").await;
    host.person("ben").await;
    for email in ["ada@example.com", "nobody@example.com"] {
        assert_eq!(until_refused(&host, |_| log_in(email, "wrong")).await, 5, "{email}");
        // However it is written, and also with the right password.
        for ask in [log_in(&email.to_uppercase(), "wrong"), log_in(email, PASSWORD)] {
            let refused = host.ask(ask).await;
            assert_eq!(refused.header("retry-after"), "180");
            expect![[r#"429 {"code":"rate_limited","error":"Too many requests: try again later","request_id":"r-1"}"#]].assert_eq(&refused.to_string());
        }
    }
    assert_eq!(host.ask(log_in("ben@example.com", PASSWORD)).await.status, 201);
    host.test.clock.advance(Duration::from_secs(179));
    assert_eq!(host.ask(log_in("ada@example.com", PASSWORD)).await.header("retry-after"), "1");
    host.test.clock.advance(Duration::from_secs(1));
    assert_eq!(host.ask(log_in("ada@example.com", PASSWORD)).await.status, 201);
}

#[tokio::test]
async fn whoever_knows_the_password_logs_in_as_often_as_they_like() {
    let host = Host::limited(|_| ()).await;
    host.person("ada").await;
    for _ in 0..12 {
        assert_eq!(host.ask(log_in("ada@example.com", PASSWORD)).await.status, 201);
    }
    assert_eq!(until_refused(&host, |_| log_in("ada@example.com", "wrong")).await, 5);
}

#[tokio::test]
async fn an_address_has_ten_attempts_a_minute_at_whatever_account() {
    let host = Host::limited(|_| ()).await;
    let guess = |number| log_in(&format!("somebody-{number}@example.com"), "wrong");
    assert_eq!(until_refused(&host, |number| guess(number).from(HERE)).await, 10);
    let refused = host.ask(guess(99).from(HERE)).await;
    assert_eq!(refused.header("retry-after"), "6");
    // The account was not charged for it.
    assert_eq!(host.ask(guess(99).from("192.0.2.2")).await.status, 401);
    // What is no address of an account counts as well, and so does the token of a mail.
    let nonsense = |_| log_in("no address", "wrong").from("192.0.2.3");
    assert_eq!(until_refused(&host, nonsense).await, 10);
    let token = |_| post("/api/sessions").json(json!({"token": "nonsense"})).from("192.0.2.4");
    assert_eq!(until_refused(&host, token).await, 10);
    // Neighbours are taken for one.
    let neighbour = |number| guess(number).from(&format!("2001:db8:0:1::{number}"));
    assert_eq!(until_refused(&host, neighbour).await, 10);
    assert_eq!(host.ask(guess(0).from("2001:db8:0:2::1")).await.status, 401);
}

#[tokio::test]
async fn mails_and_guesses_are_limited_each_by_themselves() {
    let host = Host::limited(|_| ()).await;
    let ada = host.person("ada").await;
    let email = json!({"email": "ada@example.com"});
    let person = json!({"email": "new@example.com", "first_name": "N", "last_name": "E"});
    let change = json!({"password": "x", "current_password": "wrong"});
    let by_ada = |ask: Ask, body: &Value| ask.bearer(&ada.token).json(body.clone());
    let limited: [&dyn Fn(usize) -> Ask; 5] = [
        &|_| post("/api/sessions/magic-link").json(email.clone()),
        &|_| post("/api/users/password-reset").json(email.clone()),
        &|_| post("/api/users").json(person.clone()),
        &|number| {
            // Both guess at the password of the account.
            if number % 2 == 0 {
                by_ada(post("/api/me/reauthenticate"), &json!({"password": "wrong"}))
            } else {
                by_ada(put("/api/me/password"), &change)
            }
        },
        &|number| by_ada(post("/api/me/email"), &json!({"email": format!("{number}@example.com")})),
    ];
    for (index, ask) in limited.iter().enumerate() {
        assert_eq!(until_refused(&host, ask).await, 5, "{index}");
    }
    // Pages share the attempts of their routes.
    for page in ["/login", "/password-reset"] {
        assert_eq!(host.ask(form(page, "email=ada@example.com")).await.status, 429, "{page}");
        assert_eq!(host.ask(form(page, "email=ben@example.com")).await.status, 202, "{page}");
    }
    assert_eq!(host.ask(log_in("ada@example.com", PASSWORD)).await.status, 201);
}

#[tokio::test]
async fn tokens_are_guessed_ten_times_a_minute() {
    let host = Host::limited(|_| ()).await;
    let reset = format!("/api/users/password-reset/{}", "A".repeat(43));
    let asks: [&dyn Fn(usize) -> Ask; 3] = [
        &|_| put(reset.as_str()).json(json!({"password": "x"})).from("192.0.2.1"),
        &|_| form("/password-reset", "token=x&password=x").from("192.0.2.2"),
        &|_| form("/login", "token=x").from("192.0.2.3"),
    ];
    for (index, ask) in asks.iter().enumerate() {
        assert_eq!(until_refused(&host, ask).await, 10, "{index}");
    }
}

#[tokio::test]
async fn whoever_only_has_to_find_a_better_password_has_not_guessed() {
    let host = Host::limited(|_| ()).await;
    let ada = host.person("ada").await;
    let person = |password: &str| {
        let person = json!({"email": "new@example.com", "first_name": "N", "last_name": "E", "password": password});
        post("/api/users").json(person)
    };
    let change = |current: &str| {
        let change = json!({"password": "short", "current_password": current});
        put("/api/me/password").bearer(&ada.token).json(change)
    };
    for _ in 0..7 {
        assert_eq!(host.ask(person("short")).await.status, 422);
        assert_eq!(host.ask(change(PASSWORD)).await.status, 422);
    }
    assert_eq!(host.ask(person("a heron stands in the shallows")).await.status, 201);
    assert_eq!(until_refused(&host, |_| change("wrong")).await, 5);
    // Who learns that an address is taken has used an attempt.
    let taken = json!({"email": "ada@example.com", "first_name": "N", "last_name": "E"});
    assert_eq!(until_refused(&host, |_| post("/api/users").json(taken.clone())).await, 5);
}

#[tokio::test]
async fn whoever_finds_the_host_busy_has_attempted_nothing() {
    let host = Host::limited(|options| options.log_ins = 0).await;
    for _ in 0..12 {
        let ask = log_in("ada@example.com", "wrong").from(HERE);
        assert_eq!(host.ask(ask).await.status, 503);
    }
}

#[tokio::test]
async fn whoever_has_no_attempt_left_takes_no_turn_of_others() {
    let host = Host::limited(|_| ()).await;
    assert_eq!(until_refused(&host, |_| log_in("ada@example.com", "wrong")).await, 5);
    let host = host.changed(|options| options.log_ins = 0);
    assert_eq!(host.ask(log_in("ada@example.com", "wrong")).await.status, 429);
    assert_eq!(host.ask(log_in("ben@example.com", "wrong")).await.status, 503);
}

#[tokio::test]
async fn an_address_gets_ten_invitations_an_hour_whoever_invites_it_to_whatever() {
    let host = Host::limited(|_| ()).await;
    let (ada, ben) = (host.person("ada").await, host.person("ben").await);
    for number in 0..6 {
        host.workspace(&ada, &format!("Acme {number}")).await;
        host.workspace(&ben, &format!("Benco {number}")).await;
    }
    let zoe = json!({"email": "zoe@example.com", "role": "guest"});
    let invite = |by: &Person, slug: String| {
        post(format!("/api/workspaces/{slug}/invitations")).bearer(&by.token).json(zoe.clone())
    };
    // What sends no mail costs nothing.
    for _ in 0..12 {
        assert_eq!(host.ask(invite(&ben, "acme-0".to_owned())).await.status, 404);
    }
    for number in 0..5 {
        assert_eq!(host.ask(invite(&ada, format!("acme-{number}"))).await.status, 201);
        assert_eq!(host.ask(invite(&ben, format!("benco-{number}"))).await.status, 201);
    }
    for (by, slug) in [(&ada, "acme-5"), (&ben, "benco-5")] {
        let refused = host.ask(invite(by, slug.to_owned())).await;
        assert_eq!(refused.status, 429);
        assert_eq!(refused.header("retry-after"), "360");
    }
    // A list goes on without her.
    let list = json!({"csv": "zoe@example.com\nyan@example.com\nno address\nZOE@example.com"});
    let list = post("/api/workspaces/acme-5/invitations/bulk").bearer(&ada.token).json(list);
    let results = host.ask(list).await.json()["data"].clone();
    let results: Vec<_> = results.as_array().unwrap().iter().map(|row| &row["result"]).collect();
    assert_eq!(results, ["rate_limited", "invited", "invalid", "rate_limited"]);
    // She is not sent the old ones once more, either.
    let open = host.ask(get("/api/workspaces/acme-0/invitations").bearer(&ada.token)).await;
    let id = open.json()["data"][0]["id"].as_str().unwrap().to_owned();
    let resend = post(format!("/api/workspaces/acme-0/invitations/{id}/resend")).bearer(&ada.token);
    assert_eq!(host.ask(resend).await.header("retry-after"), "360");
}

#[tokio::test]
async fn a_person_invites_so_many_people_and_no_more() {
    let limits = Limits { inviter: "3/h".parse().unwrap(), ..Limits::default() };
    let host = Host::new().await.at_most(limits);
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let bulk = |csv: &str| {
        let list = json!({ "csv": csv });
        post("/api/workspaces/acme/invitations/bulk").bearer(&ada.token).json(list)
    };
    let two = "ben@example.com\ncyd@example.com";
    assert_eq!(host.ask(bulk(two)).await.status, 200);
    // They are invited already, so no mail went out and nothing was spent.
    for _ in 0..3 {
        assert_eq!(host.ask(bulk("ben@example.com")).await.status, 200);
    }
    assert_eq!(host.ask(bulk("dan@example.com\neve@example.com")).await.status, 429);
    assert_eq!(host.ask(bulk("dan@example.com")).await.status, 200);
    assert_eq!(host.ask(bulk("eve@example.com")).await.header("retry-after"), "1200");
    // A list that is longer than there ever are mails takes them all, and gives back those of the rows alone.
    host.test.clock.advance(Duration::from_hours(1));
    let five =
        "ben@example.com\ncyd@example.com\neve@example.com\nfay@example.com\ngus@example.com";
    assert_eq!(host.ask(bulk(five)).await.json()["meta"]["invited"], 3);
    assert_eq!(host.ask(bulk("hal@example.com")).await.status, 429);
    // Longer lists are none, whoever is on them.
    let list = "zoe@example.com\n".repeat(201);
    assert_eq!(host.ask(bulk(&list)).await.status, 422);
}

#[tokio::test]
async fn the_page_of_an_invitation_shares_the_attempts_of_the_routes() {
    let host = Host::limited(|_| ()).await;
    let ada = host.person("ada").await;
    let slug = host.workspace(&ada, "Acme").await;
    let path = format!("/invitations/{}", host.invite(&ada, &slug, "zoe", Role::Guest).await);
    for fields in ["answer=link", "answer=register&first_name=Zoe&last_name=Example"] {
        assert_eq!(until_refused(&host, |_| form(&path, fields)).await, 5, "{fields}");
    }
    let zoe = json!({"email": "zoe@example.com", "first_name": "Zoe", "last_name": "Example"});
    for route in ["/api/users", "/api/sessions/magic-link"] {
        assert_eq!(host.ask(post(route).json(zoe.clone())).await.status, 429, "{route}");
    }
}

#[tokio::test]
async fn only_trusted_proxies_say_where_a_request_comes_from() {
    let trust = "10.0.0.0/8".parse().unwrap();
    let host = Host::limited(|options| options.trusted_proxies = trust).await;
    let guess = |number: usize, peer: &str, forwarded: String| {
        let guess = log_in(&format!("somebody-{number}@example.com"), "wrong");
        guess.from(peer).header("x-forwarded-for", forwarded)
    };
    // Whoever makes addresses up has one bucket all the same, directly and through a proxy.
    let direct = |number| guess(number, HERE, format!("198.51.100.{number}"));
    assert_eq!(until_refused(&host, direct).await, 10);
    let made_up = |number| guess(number, "10.0.0.1", format!("198.51.100.{number}, 203.0.113.1"));
    assert_eq!(until_refused(&host, made_up).await, 10);
    // Those behind the proxy do not share one.
    for number in 0..20 {
        let ask = guess(number, "10.0.0.1", format!("198.51.100.{number}"));
        assert_eq!(host.ask(ask).await.status, 401);
    }
}

#[tokio::test]
async fn without_limits_everybody_asks_as_often_as_they_like() {
    let host = Host::new().await;
    for _ in 0..25 {
        assert_eq!(host.ask(log_in("ada@example.com", "wrong").from(HERE)).await.status, 401);
    }
}
