//! From spans to what a collector is sent.

use std::time::{Duration, Instant};

use metrics_exporter_prometheus::PrometheusBuilder;
use perme8_events::{TraceContext, host::Tasks};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tracing::field::Empty;
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};

use super::{exporter::Rejections, otlp::Objection, *};

fn step(span_id: u64) -> TraceContext {
    format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{span_id:016x}-01").parse().unwrap()
}

/// What a collector would be sent of what `work` does.
fn sent_of(work: impl FnOnce()) -> Vec<Value> {
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let spans = Spans::new(sender).with_filter(Spans::filter());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(spans), work);
    let mut ended = Vec::new();
    while let Ok(span) = receiver.try_recv() {
        ended.push(span);
    }
    let mut request = otlp::request(ended, Some("left"));
    let resource = &request["resourceSpans"][0]["resource"]["attributes"];
    assert_eq!(
        resource[2],
        json!({ "key": "service.instance.id", "value": { "stringValue": "left" } })
    );
    let spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"].take();
    let Value::Array(spans) = spans else { panic!("spans are a list") };
    spans
}

#[test]
fn a_trace_is_told_as_it_happened() {
    let spans = sent_of(|| {
        let request = tracing::info_span!(
            "request",
            kind = "server",
            traceparent = %step(1),
            method = "POST",
            route = "/api/projects",
            status = Empty,
            failed = Empty
        );
        request.in_scope(|| {
            tracing::info_span!("create_project", n = 7).in_scope(|| {
                // In more detail than anybody asks for.
                tracing::debug_span!("detail").in_scope(|| {});
            });
        });
        request.record("status", 201);
        drop(request);
        let delivery = tracing::info_span!(
            parent: None,
            "deliver",
            kind = "consumer",
            traceparent = %step(2),
            follows = %step(1),
            handler = "tests.on_project",
            failed = Empty
        );
        delivery.record("failed", "no");
        drop(delivery);
        tracing::info_span!("upkeep").in_scope(|| {});
    });
    let told = |span: &Value| (span["name"].clone(), span["kind"].clone());
    let told: Vec<_> = spans.iter().map(told).collect();
    assert_eq!(
        told,
        [
            (json!("create_project"), json!(1)),
            (json!("request POST /api/projects"), json!(2)),
            (json!("deliver tests.on_project"), json!(5)),
        ]
    );
    let [part, request, delivery] = &spans[..] else { panic!("three spans: {spans:?}") };
    for span in &spans {
        assert_eq!(span["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(span["startTimeUnixNano"].as_str() <= span["endTimeUnixNano"].as_str());
    }
    assert_eq!(
        (&request["spanId"], &part["parentSpanId"]),
        (&json!("0000000000000001"), &json!("0000000000000001"))
    );
    assert!(request.get("parentSpanId").is_none() && request["links"] == json!([]));
    assert_eq!(part["attributes"], json!([{ "key": "n", "value": { "stringValue": "7" } }]));
    assert!(request["attributes"].to_string().contains("\"201\""), "{request}");
    assert_eq!(delivery["spanId"], "0000000000000002");
    assert_eq!(delivery["parentSpanId"], "0000000000000001");
    assert_eq!(delivery["links"][0]["spanId"], "0000000000000001");
    assert_eq!(delivery["status"], json!({ "code": 2, "message": "no" }));
}

#[test]
fn a_span_says_each_thing_once_and_none_at_any_length() {
    let long = format!("x{}", "ä".repeat(1000));
    let spans = sent_of(|| {
        let request =
            tracing::info_span!("request", traceparent = %step(1), said = "first", long = &*long);
        request.record("said", "last");
        // Nor is anything told of those whose messages are not logged.
        request.in_scope(|| drop(tracing::info_span!(target: "rmcp::service", "serve_inner")));
    });
    let [request] = &spans[..] else { panic!("one span: {spans:?}") };
    let [said, long] = &request["attributes"].as_array().unwrap()[..] else {
        panic!("two attributes: {request}")
    };
    assert_eq!(*said, json!({ "key": "said", "value": { "stringValue": "last" } }));
    // A letter that would be cut in two is left out.
    assert_eq!(long["value"]["stringValue"].as_str().unwrap().len(), 1023);
}

#[test]
fn what_a_client_names_is_linked_and_not_joined() {
    let theirs: TraceContext = TraceContext::begin(1.0).unwrap();
    let spans = sent_of(|| {
        drop(tracing::info_span!("request", traceparent = %step(1), follows = %theirs));
    });
    assert!(spans[0].get("parentSpanId").is_none());
    assert_eq!(spans[0]["links"][0]["traceId"], format!("{:032x}", theirs.trace_id()));
}

#[test]
fn a_collector_is_an_address_without_a_password() {
    let path = |text: &str| text.parse::<CollectorUrl>().map(|url| url.traces().to_string()).ok();
    for text in ["http://127.0.0.1:4318", "http://127.0.0.1:4318/"] {
        assert_eq!(path(text).as_deref(), Some("http://127.0.0.1:4318/v1/traces"));
    }
    assert_eq!(path("https://c.example/otlp").as_deref(), Some("https://c.example/otlp/v1/traces"));
    for text in
        ["", "127.0.0.1:4318", "grpc://c.example", "http://a:b@c.example", "http://c.example?a"]
    {
        assert_eq!(path(text), None, "{text}");
    }
}

/// Takes one request, and gives it as it came.
async fn taken(listener: TcpListener, answer: &str) -> String {
    let (mut connection, _) = listener.accept().await.unwrap();
    let (mut asked, mut buffer) = (Vec::new(), [0; 4096]);
    while !asked.ends_with(b"}]}]}]}") {
        let read = connection.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0, "the request ended early: {}", String::from_utf8_lossy(&asked));
        asked.extend_from_slice(&buffer[..read]);
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
    let answer = format!("{head}: {}\r\n\r\n{answer}", answer.len());
    connection.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8(asked).unwrap()
}

/// What a collector that answers so is asked when the host stops after two spans.
async fn asked_at_the_end(answer: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let collector: CollectorUrl = format!("http://{address}/otlp").parse().unwrap();
    let (spans, exporter) = collector.collect(None);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(spans), || {
        drop(tracing::info_span!("request", traceparent = %step(1)));
        drop(tracing::info_span!("request", traceparent = %step(2)));
    });
    let tasks = Tasks::new();
    tasks.token().cancel();
    let (asked, ()) = tokio::join!(taken(listener, answer), exporter.run(tasks));
    asked
}

#[tokio::test]
async fn what_is_left_is_sent_when_the_host_stops() {
    let asked = asked_at_the_end("{}").await;
    assert!(asked.starts_with("POST /otlp/v1/traces HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("\"name\":\"request\""), "{asked}");
}

#[tokio::test]
async fn what_a_collector_rejects_is_lost() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _recording = metrics::set_default_local_recorder(&recorder);
    for (answer, [sent, lost]) in [
        ("{}", [2, 0]),
        (r#"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}"#, [3, 1]),
        // Of no more spans than there were.
        (r#"{"partialSuccess":{"rejectedSpans":7}}"#, [3, 3]),
    ] {
        asked_at_the_end(answer).await;
        let counted = recorder.handle().render();
        for (name, count) in [(SENT, sent), (LOST, lost)] {
            let line = format!("{name} {count}");
            assert!(counted.lines().any(|counted| counted == line), "{line}: {counted}");
        }
    }
}

#[test]
fn an_answer_that_objects_says_so() {
    let objection = |answer: &str| otlp::objection(answer.as_bytes());
    for answer in [
        "",
        "{}",
        "<html>",
        r#"{"partialSuccess":null}"#,
        r#"{"partialSuccess":{"rejectedSpans":"0","errorMessage":""}}"#,
    ] {
        assert_eq!(objection(answer), None, "{answer}");
    }
    let objected = |rejected, why: &str| Some(Objection { rejected, why: why.to_owned() });
    for (answer, expected) in [
        (r#"{"partialSuccess":{"rejectedSpans":"3"}}"#, objected(3, "")),
        (
            r#"{"partialSuccess":{"rejectedSpans":3,"errorMessage":"too old"}}"#,
            objected(3, "too old"),
        ),
        (r#"{"partialSuccess":{"errorMessage":"soon too old"}}"#, objected(0, "soon too old")),
    ] {
        assert_eq!(objection(answer), expected, "{answer}");
    }
}

#[test]
fn rejections_are_told_once_in_a_while() {
    let (mut rejections, now) = (Rejections::default(), Instant::now());
    let mut told = |rejected, minutes| rejections.add(rejected, now + Duration::from_mins(minutes));
    assert_eq!(told(3, 0), Some(3), "the first ones at once");
    assert_eq!([told(2, 1), told(4, 9)], [None, None]);
    assert_eq!(told(1, 10), Some(7), "and all since then");
    assert_eq!(told(1, 11), None);
}
