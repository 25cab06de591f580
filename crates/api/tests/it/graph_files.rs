//! Files of graphs that are sent for longer than their sender may, or are longer than anybody may send.

use std::{future, io};

use axum::{
    body::{Body, Bytes},
    http::Request,
};
use futures_util::{Stream, StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{
    client::{Answer, delete, get, post},
    host::{Host, Person},
};

/// What an import takes in all.
const LIMIT: usize = 64 << 20;
const SCHEMA: &str = "{\"schema\": {\"entity_types\": [{\"name\": \"Person\"}]}}\n";

/// The address of an import into a workspace of this person.
async fn path(host: &Host, person: &Person) -> String {
    host.workspace(person, "Acme").await;
    let mine = host.ask(get("/api/me/workspaces").bearer(&person.token)).await.json();
    let id = mine["data"][0]["id"].as_str().expect("workspaces have ids");
    format!("/api/v1/workspaces/{id}/import")
}

/// A file that is sent piece by piece, and of which nobody says how long it is.
fn sent(
    path: &str,
    person: &Person,
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Request<Body> {
    let (head, _) = post(path).bearer(&person.token).into_request().into_parts();
    Request::from_parts(head, Body::from_stream(pieces))
}

/// What was taken over of a refused file.
fn counts(refused: &Answer) -> (u16, Value) {
    let report = &refused.json()["data"];
    (
        refused.status.as_u16(),
        json!([report["schema"], report["entities"]["created"], report["lines"]]),
    )
}

#[tokio::test]
async fn whoever_logs_out_sends_no_more() {
    let host = Host::lively().await;
    let ada = host.person("ada").await;
    let path = path(&host, &ada).await;
    let (sends, wants_more) = oneshot::channel();
    let never = stream::once(async move {
        sends.send(()).expect("the test waits");
        future::pending::<io::Result<Bytes>>().await
    });
    let pieces = stream::iter([Ok(Bytes::from_static(SCHEMA.as_bytes()))]).chain(never);
    let logs_out = async {
        wants_more.await.expect("the file is read");
        assert_eq!(host.ask(delete("/api/sessions").bearer(&ada.token)).await.status, 204);
    };
    let (response, ()) = tokio::join!(host.respond_to(sent(&path, &ada, pieces)), logs_out);
    let refused = Answer::read(response).await;
    assert_eq!(counts(&refused), (401, json!(["created", 0, 1])));
    assert_eq!(refused.json()["error"], "unauthorized");
}

#[tokio::test]
async fn what_is_too_long_is_refused_at_once_if_its_length_is_said() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let path = path(&host, &ada).await;
    let mut file = SCHEMA.as_bytes().to_vec();
    file.resize(LIMIT + 1, b'\n');
    let ask = || post(&path).raw("application/x-ndjson", file.clone());
    let refused = host.ask(ask().bearer(&ada.token)).await;
    assert_eq!(counts(&refused), (413, json!([null, null, null])));
    let eve = host.person("eve").await;
    assert_eq!(host.ask(ask().bearer(&eve.token)).await.status, 404);

    // A few lines of blanks, since as many lines as bytes would take half a minute.
    let mut piece = vec![b' '; 1 << 20];
    piece[(1 << 20) - 1] = b'\n';
    let piece = Bytes::from(piece);
    let piece = move |_| Ok(piece.clone());
    let schema = stream::iter([Ok(Bytes::from_static(SCHEMA.as_bytes()))]);
    let request = sent(&path, &ada, schema.chain(stream::iter(0..64).map(piece)));
    let refused = Answer::read(host.respond_to(request).await).await;
    let (status, report) = counts(&refused);
    assert_eq!(
        (status, &report[0], refused.json()["code"].as_str()),
        (413, &json!("created"), Some("body_too_large"))
    );
}

#[tokio::test]
async fn a_file_breaks_off_with_the_session_of_its_reader() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let path = path(&host, &ada).await;
    host.ask(post(&path).unsaid(SCHEMA).bearer(&ada.token)).await;
    let export = path.replace("/import", "/export");
    let response = host.respond(get(&export).bearer(&ada.token)).await;
    assert_eq!(response.status(), 200);
    let mut pieces = response.into_body().into_data_stream();
    assert!(pieces.next().await.expect("there is a schema").is_ok());
    host.ask(delete("/api/sessions").bearer(&ada.token)).await;
    assert!(pieces.next().await.expect("it does not end as if it were whole").is_err());
}
