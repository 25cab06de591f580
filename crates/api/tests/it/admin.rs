//! Whether there is anything for operators at all.

use api::OperatorToken;
use expect_test::expect;

use crate::{
    client::{get, post},
    host::Host,
};

const TOKEN: &str = "operators-of-tests";

#[tokio::test]
async fn without_a_token_there_is_nothing_below_admin() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    for ask in [
        get("/admin/handlers"),
        post("/admin/handlers/x/pause"),
        get("/admin/handlers").bearer(TOKEN),
        get("/admin/handlers").bearer(&ada.token),
        post("/admin/dead-letters/x/1/retry").bearer(""),
    ] {
        expect![[r#"404 {"code":"not_found","error":"Not found","request_id":"r-1"}"#]]
            .assert_eq(&host.ask(ask).await.to_string());
    }
}

#[tokio::test]
async fn with_a_token_there_is_something_for_whoever_shows_it() {
    let token = OperatorToken::new(TOKEN).unwrap();
    let host = Host::with(|options| options.operator_token = Some(token)).await;
    let ada = host.person("ada").await;
    for ask in [
        get("/admin/handlers"),
        get("/admin/handlers").bearer(&ada.token),
        get("/admin/handlers").cookie(TOKEN),
        get("/admin/handlers").bearer(&format!("{TOKEN}-")),
        get("/admin/handlers").bearer(&TOKEN[1..]),
        get("/admin/handlers").bearer(TOKEN).bearer(TOKEN),
    ] {
        let answer = host.ask(ask).await;
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (401.try_into().unwrap(), "Bearer")
        );
    }
    expect![[r#"200 {"data":[]}"#]]
        .assert_eq(&host.ask(get("/admin/handlers").bearer(TOKEN)).await.to_string());
}
