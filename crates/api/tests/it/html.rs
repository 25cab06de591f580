//! The pages that links in mails lead to.

use expect_test::expect;
use identity::{IssueConfirmation, Role};
use perme8_events::Origin;
use serde_json::json;

use crate::{
    client::{Answer, Ask, get, post},
    host::Host,
};

const FORM: &str = "application/x-www-form-urlencoded";

fn submit(path: &str, form: &str) -> Ask {
    post(path).raw(FORM, form)
}

/// A registered address, and the token that was sent there.
async fn token(host: &Host, email: &str, password: Option<&str>) -> String {
    let body =
        json!({"email": email, "first_name": "Zoe", "last_name": "Lind", "password": password});
    assert_eq!(host.ask(post("/api/users").json(body)).await.status, 201);
    let issue = IssueConfirmation { email: email.to_owned() };
    let token = host.identity.issue_confirmation(Origin::system("tests"), issue).await;
    token.expect("nobody has confirmed it").expose().to_owned()
}

/// A page says what it is, and can do nothing.
fn is_page(answer: &Answer, status: u16, title: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.text.contains(&format!("<h1>{title}</h1>")), "{}", answer.text);
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
        ("referrer-policy", "strict-origin"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("x-request-id", "r-1"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert!(!answer.text.contains("<script"), "{}", answer.text);
}

#[tokio::test]
async fn looking_at_a_link_uses_nothing_up_and_the_button_does() {
    let host = Host::new().await;
    let token = token(&host, "zoe@example.com", None).await;
    for _ in 0..2 {
        let page = host.ask(get(format!("/login/{token}"))).await;
        is_page(&page, 200, "Log in");
        assert_eq!(page.header("set-cookie"), "");
        expect![[r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Log in</title><link rel="stylesheet" href="/assets/page.css"></head><body><main><h1>Log in</h1><form method="post" action="/login"><input type="hidden" name="token" value="TOKEN"><button>Log in</button></form></main></body></html>"#]].assert_eq(&page.text.replace(&token, "TOKEN"));
    }
    let answer = host.ask(submit("/login", &format!("token={token}&password="))).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/welcome"));
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("perme8_session=") && cookie.contains("HttpOnly"), "{cookie}");
    let session = cookie.split(['=', ';']).nth(1).unwrap();
    let welcome = host.ask(get("/welcome").cookie(session)).await;
    is_page(&welcome, 200, "Welcome");
    assert!(
        welcome.text.contains("<strong>Zoe Lind</strong>, zoe@example.com"),
        "{}",
        welcome.text
    );

    let again = host.ask(submit("/login", &format!("token={token}"))).await;
    is_page(&again, 401, "This link does not work any more");
    assert_eq!(again.header("set-cookie"), "");
}

#[tokio::test]
async fn a_password_is_kept_where_it_is_typed_once_more() {
    for (typed, kept) in [("correct+horse+battery", true), ("", false), ("something+else", false)] {
        let host = Host::new().await;
        let token = token(&host, "zoe@example.com", Some("correct horse battery")).await;
        let page = host.ask(get(format!("/login/{token}?password=keep"))).await;
        assert!(page.text.contains("name=\"password\""), "{}", page.text);
        host.ask(submit("/login", &format!("token={token}&password={typed}"))).await;
        let log_in = json!({"email": "zoe@example.com", "password": "correct horse battery"});
        let status = host.ask(post("/api/sessions").json(log_in)).await.status;
        assert_eq!(status == 201, kept, "{typed}");
    }
}

#[tokio::test]
async fn what_is_no_token_is_not_repeated() {
    let host = Host::new().await;
    for token in ["%3Cscript%3E", &"A".repeat(129), "%FF", "a%20b"] {
        let page = host.ask(get(format!("/login/{token}"))).await;
        is_page(&page, 401, "This link does not work any more");
        assert!(!page.text.contains("name=\"token\""), "{}", page.text);
    }
}

#[tokio::test]
async fn whoever_asks_for_a_link_gets_the_same_answer() {
    let host = Host::new().await;
    host.person("ada").await;
    is_page(&host.ask(get("/login")).await, 200, "Log in");
    let known = host.ask(submit("/login", "email=ada%40example.com")).await;
    is_page(&known, 202, "Look into your mail");
    for email in ["nobody%40example.com", "no+address", ""] {
        let unknown = host.ask(submit("/login", &format!("email={email}"))).await;
        assert_eq!((unknown.status, &unknown.text), (known.status, &known.text), "{email}");
    }
    for email in ["ada@example.com", "nobody@example.com", "no address"] {
        let answer = host.ask(post("/api/sessions/magic-link").json(json!({"email": email}))).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""), "{email}");
    }
    let answer = host.ask(post("/api/sessions/magic-link").json(json!({}))).await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn forms_of_others_and_other_bodies_are_refused() {
    let host = Host::new().await;
    let token = token(&host, "zoe@example.com", None).await;
    let form = format!("token={token}");
    for foreign in [
        submit("/login", &form).header("sec-fetch-site", "cross-site"),
        submit("/login", &form).header("origin", "https://evil.example"),
        submit("/login", &form).header("origin", "null"),
    ] {
        assert_eq!(host.ask(foreign).await.status, 403);
    }
    for body in [
        post("/login").json(json!({"token": token})),
        post("/login").raw("text/plain", form.clone()),
        post("/login").unsaid(&form),
    ] {
        assert_eq!(host.ask(body).await.status, 415);
    }
    let own = submit("/login", &form).header("origin", "http://perme8.example");
    assert_eq!(host.ask(own).await.status, 303);
}

#[tokio::test]
async fn strangers_are_led_to_the_log_in() {
    let host = Host::new().await;
    let answer = host.ask(get("/welcome")).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"));
    let css = host.ask(get("/assets/page.css")).await;
    assert_eq!((css.status.as_u16(), css.header("content-type")), (200, "text/css; charset=utf-8"));
}

#[tokio::test]
async fn an_invitee_with_an_account_logs_in_and_answers() {
    let host = Host::new().await;
    let (ada, ben) = (host.person("ada").await, host.person("ben").await);
    let slug = host.workspace(&ada, "Lumen <& Oak>").await;
    let path = format!("/invitations/{}", host.invite(&ada, &slug, "ben", Role::Admin).await);
    let page = host.ask(get(&path)).await;
    is_page(&page, 200, "You are invited");
    assert!(page.text.contains("<strong>Lumen &lt;&amp; Oak&gt;</strong>"), "{}", page.text);
    assert!(page.text.contains("value=\"link\"") && !page.text.contains("value=\"accept\""));
    is_page(&host.ask(submit(&path, "answer=link")).await, 202, "Look into your mail");
    // Whoever is not logged in answers nothing, and whoever is somebody else neither.
    assert_eq!(host.ask(submit(&path, "answer=accept")).await.status, 401);
    let other = host.ask(get(&path).cookie(&ada.token)).await;
    assert!(other.text.contains("You are logged in as ada@example.com"), "{}", other.text);
    is_page(
        &host.ask(submit(&path, "answer=accept").cookie(&ada.token)).await,
        404,
        "This invitation does not work any more",
    );

    let own = host.ask(get(&path).cookie(&ben.token)).await;
    assert!(own.text.contains("value=\"accept\""), "{}", own.text);
    let welcome = host.ask(get("/welcome").cookie(&ben.token)).await;
    assert!(welcome.text.contains(&format!("href=\"{path}\"")), "{}", welcome.text);
    let joined = host.ask(submit(&path, "answer=accept").cookie(&ben.token)).await;
    assert_eq!((joined.status.as_u16(), joined.header("location")), (303, "/welcome"));
    let workspace = get(format!("/api/workspaces/{slug}")).bearer(&ben.token);
    assert_eq!(host.ask(workspace).await.status, 200);
    is_page(&host.ask(get(&path)).await, 404, "This invitation does not work any more");
}

#[tokio::test]
async fn an_invitation_can_be_declined_on_its_page() {
    let host = Host::new().await;
    let (ada, ben) = (host.person("ada").await, host.person("ben").await);
    let slug = host.workspace(&ada, "Lumen").await;
    let path = format!("/invitations/{}", host.invite(&ada, &slug, "ben", Role::Admin).await);
    let declined = host.ask(submit(&path, "answer=decline").cookie(&ben.token)).await;
    assert_eq!(declined.status, 303);
    assert_eq!(host.ask(get(&path)).await.status, 404);
}

#[tokio::test]
async fn an_invitee_without_an_account_makes_one_for_the_invited_address() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let slug = host.workspace(&ada, "Lumen").await;
    let path = format!("/invitations/{}", host.invite(&ada, &slug, "zoe", Role::Guest).await);
    let page = host.ask(get(&path)).await;
    assert!(page.text.contains("name=\"first_name\""), "{}", page.text);
    let wrong =
        host.ask(submit(&path, "answer=register&first_name=&last_name=L&password=short")).await;
    is_page(&wrong, 422, "You are invited");
    assert!(wrong.text.contains("first name can't be blank"), "{}", wrong.text);
    assert!(wrong.text.contains("password should be at least 12 character(s)"), "{}", wrong.text);
    let made =
        host.ask(submit(&path, "answer=register&first_name=Zoe&last_name=Lind&password=")).await;
    is_page(&made, 202, "Look into your mail");
    let issue = IssueConfirmation { email: "zoe@example.com".to_owned() };
    let token = host.identity.issue_confirmation(Origin::system("tests"), issue).await.unwrap();
    let login = host.ask(submit("/login", &format!("token={}", token.expose()))).await;
    let session = login.header("set-cookie").split(['=', ';']).nth(1).unwrap().to_owned();
    let welcome = host.ask(get("/welcome").cookie(&session)).await;
    assert!(welcome.text.contains(&format!("href=\"{path}\"")), "{}", welcome.text);
}

#[tokio::test]
async fn an_invitation_that_is_none_is_over() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let nothing = "/invitations/00000000-0000-7000-8000-000000000001";
    for ask in [get(nothing), get(nothing).cookie(&ada.token), submit(nothing, "answer=accept")] {
        is_page(&host.ask(ask).await, 404, "This invitation does not work any more");
    }
    assert_eq!(host.ask(get("/invitations/nonsense")).await.status, 404);
}

#[tokio::test]
async fn the_mailbox_is_for_development() {
    let host = Host::new().await;
    for path in ["/dev/mailbox", "/dev/mailbox/00000000-0000-7000-8000-000000000001"] {
        let answer = host.ask(get(path)).await;
        expect![[r#"404 {"code":"not_found","error":"Not found","request_id":"r-1"}"#]]
            .assert_eq(&answer.to_string());
    }

    let host = Host::developing().await;
    is_page(&host.ask(get("/dev/mailbox")).await, 200, "Mailbox");
    host.send("<b>Hello</b>").await;
    let list = host.ask(get("/dev/mailbox")).await;
    let path = list.text.split("href=\"").nth(2).unwrap().split('"').next().unwrap();
    assert!(list.text.contains("&lt;b&gt;Hello&lt;/b&gt;"), "{}", list.text);
    let page = host.ask(get(path)).await;
    is_page(&page, 200, "&lt;b&gt;Hello&lt;/b&gt;");
    assert!(page.text.contains("<iframe sandbox"), "{}", page.text);
    assert!(
        page.text.contains(
            "<a href=\"https://perme8.example/things\">https://perme8.example/things</a>"
        ),
        "{}",
        page.text
    );
    let body = host.ask(get(format!("{path}/html"))).await;
    assert_eq!(body.header("x-frame-options"), "SAMEORIGIN");
    assert_eq!(
        body.header("content-security-policy"),
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    );
    for path in ["/dev/mailbox/nonsense", "/dev/mailbox/00000000-0000-7000-8000-000000000001"] {
        assert_eq!(host.ask(get(path)).await.status, 404);
    }
}
