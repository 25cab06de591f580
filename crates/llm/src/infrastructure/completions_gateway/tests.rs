//! Calls over real connections, to a provider that misbehaves.

use std::{
    io,
    sync::{Arc, Mutex},
};

use perme8_events::{UserId, within_trace};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    domain::{
        call::{CallId, Purpose},
        message::Message,
        model_name::ModelName,
        told::Usage,
    },
    testing::{Asked, ProviderServer, Reply},
};

mod waits;

const DEADLINE: Duration = Duration::from_secs(10);
const TIMEOUTS: Timeouts = Timeouts {
    connect: DEADLINE,
    first_word: DEADLINE,
    idle: DEADLINE,
    total: DEADLINE,
    pause: Duration::from_millis(1),
};

fn call() -> Call {
    Call {
        id: CallId::new(Uuid::from_u128(1)),
        purpose: Purpose::new("tests.question"),
        user_id: UserId::new(Uuid::from_u128(7)),
        workspace_id: None,
        model: None,
        temperature: None,
        longest_answer: None,
        messages: vec![Message::system("Be brief."), Message::user("Why?")],
    }
}

fn model_at(url: &str, timeouts: Timeouts) -> ChatCompletions {
    let (base_url, api_key) = (url.parse().unwrap(), "sk-test".parse().ok());
    let models = Models::only("small".parse().unwrap(), Vec::new());
    ChatCompletions::new(Provider { base_url, api_key }, models, timeouts).unwrap()
}

/// What is heard of an answer, how it ends, and what it took.
#[derive(Debug)]
struct Outcome {
    text: String,
    ending: Result<bool, AskFailure>,
    usage: Usage,
}

async fn outcome(mut answer: Box<dyn Answer>) -> Outcome {
    let mut text = String::new();
    let ending = loop {
        match answer.next().await {
            Ok(Some(piece)) => text.push_str(&piece),
            Ok(None) => break Ok(answer.is_cut_short()),
            Err(failure) => break Err(failure),
        }
    };
    Outcome { text, ending, usage: answer.usage() }
}

async fn heard_within(server: &ProviderServer, timeouts: Timeouts) -> Outcome {
    outcome(model_at(&server.url(), timeouts).ask(&call()).await.unwrap()).await
}

/// Why nothing is heard at all.
async fn refusal_within(url: &str, timeouts: Timeouts) -> AskFailure {
    model_at(url, timeouts).ask(&call()).await.err().unwrap()
}

async fn reply(reply: Reply) -> Outcome {
    heard_within(&ProviderServer::that(reply).await, TIMEOUTS).await
}

fn hello() -> Reply {
    Reply::saying(["Hel", "lo, ", "wörld 🦀"])
}

#[tokio::test]
async fn the_question_is_asked_as_it_is_meant() {
    let server = ProviderServer::that(hello()).await;
    let model = model_at(&server.url(), TIMEOUTS);
    let call = Call { temperature: Some(0.3), longest_answer: Some(99), ..call() };
    let Outcome { text, ending, usage } = outcome(model.ask(&call).await.unwrap()).await;
    assert_eq!((text.as_str(), ending), ("Hello, wörld 🦀", Ok(false)));
    let counted = Usage { prompt_tokens: 11, completion_tokens: 3, is_estimated: false };
    assert_eq!(usage, counted);
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /v1/chat/completions HTTP/1.1");
    assert_eq!(asked.header("authorization"), Some("Bearer sk-test"));
    let body = json!({
        "model": "small",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "Why?" },
        ],
        "stream": true,
        "stream_options": { "include_usage": true },
        "temperature": 0.3,
        "max_tokens": 99,
    });
    assert_eq!(asked.body, body);
    outcome(model.ask(&self::call()).await.unwrap()).await;
    let body = &server.asked()[1].body;
    assert!(body.get("temperature").is_none() && body.get("max_tokens").is_none(), "{body}");
}

#[tokio::test]
async fn a_call_within_a_trace_tells_the_provider_its_own_step() {
    let server = ProviderServer::that(hello()).await;
    let model = model_at(&server.url(), TIMEOUTS);
    let trace = TraceContext::begin(1.0).unwrap();
    let answer = within_trace(Some(trace), model.ask(&call())).await;
    outcome(answer.unwrap()).await;
    outcome(model.ask(&call()).await.unwrap()).await;
    let asked = server.asked();
    let told: TraceContext = asked[0].header("traceparent").unwrap().parse().unwrap();
    assert!(told.is_of_the_trace_of(trace) && told != trace);
    assert_eq!(asked[1].header("traceparent"), None);
}

#[tokio::test]
async fn frames_may_be_split_anywhere() {
    for size in [1, 2, 3, 7, 64] {
        let outcome = reply(hello().in_bytes(size)).await;
        assert_eq!((outcome.text.as_str(), outcome.ending), ("Hello, wörld 🦀", Ok(false)));
    }
}

#[tokio::test]
async fn an_answer_that_says_why_it_ends_is_whole_however_the_connection_ends() {
    for (reply_given, ending) in [
        (hello().without_done(), Ok(false)),
        (hello().without_finish(), Ok(false)),
        (hello().finishing("length"), Ok(true)),
        (hello().finishing("error"), Err(AskFailure::Broken)),
        (hello().without_finish().without_done(), Err(AskFailure::Broken)),
        (hello().dying_after(2), Err(AskFailure::Broken)),
        (hello().erring_after(3), Err(AskFailure::Broken)),
        (hello().garbling_after(2), Err(AskFailure::Broken)),
    ] {
        let shown = format!("{reply_given:?}");
        let outcome = reply(reply_given).await;
        assert_eq!(outcome.ending, ending, "{shown}");
        assert!(outcome.text.starts_with("Hello, "), "{shown}");
    }
}

#[tokio::test]
async fn what_the_provider_does_not_count_is_counted_roughly() {
    for reply_given in [hello().without_usage(), hello().dying_after(3)] {
        let usage = reply(reply_given).await.usage;
        // Two messages with four tokens around each, and 13 ASCII characters, an umlaut and a crab.
        let counted = Usage { prompt_tokens: 12, completion_tokens: 5, is_estimated: true };
        assert_eq!(usage, counted);
    }
}

#[tokio::test]
async fn a_provider_that_has_no_time_is_asked_again_and_one_that_refuses_is_not() {
    let server = ProviderServer::that(hello()).await;
    server.next(Reply::refusing(503));
    server.next(Reply::come_back(0));
    assert_eq!(heard_within(&server, TIMEOUTS).await.text, "Hello, wörld 🦀");
    assert_eq!(server.asked().len(), 3);
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for (reply, status, retry_after, times) in [
        (Reply::refusing(401), 401, None, 1),
        (Reply::refusing(400), 400, None, 1),
        (Reply::unpaid(), 429, None, 1),
        (Reply::refusing(500), 500, None, 3),
        (Reply::come_back(0), 429, seconds(0), 3),
        (Reply::come_back(11), 429, seconds(11), 1),
    ] {
        let server = ProviderServer::that(reply).await;
        let failure = refusal_within(&server.url(), TIMEOUTS).await;
        assert_eq!(failure, AskFailure::Refused { status, retry_after });
        assert_eq!(failure.retry_after(), retry_after);
        assert_eq!(server.asked().len(), times, "{status}");
    }
}

#[tokio::test]
async fn a_provider_that_names_a_pause_is_asked_again_after_it() {
    let server = ProviderServer::that(hello()).await;
    server.next(Reply::come_back(1));
    let asked_at = Instant::now();
    assert_eq!(heard_within(&server, TIMEOUTS).await.ending, Ok(false));
    assert!(asked_at.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_provider_that_sends_us_elsewhere_is_not_followed_with_the_key() {
    let elsewhere = ProviderServer::that(hello()).await;
    let server = ProviderServer::that(Reply::elsewhere(&elsewhere.url())).await;
    let failure = refusal_within(&server.url(), TIMEOUTS).await;
    assert_eq!(failure, AskFailure::Refused { status: 307, retry_after: None });
    assert_eq!((server.asked().len(), elsewhere.asked().len()), (1, 0));
}

#[tokio::test]
async fn an_answer_that_began_is_not_asked_for_again() {
    for fault in [hello().dying_after(0), hello().erring_after(0), hello().dying_after(1)] {
        let server = ProviderServer::that(fault).await;
        assert_eq!(heard_within(&server, TIMEOUTS).await.ending, Err(AskFailure::Broken));
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn nothing_is_tried_again_after_a_pause_that_nobody_waits_for() {
    let server = ProviderServer::that(Reply::refusing(503)).await;
    let hurried = Timeouts { pause: DEADLINE * 2, ..TIMEOUTS };
    let refused = AskFailure::Refused { status: 503, retry_after: None };
    assert_eq!(refusal_within(&server.url(), hurried).await, refused);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_model_that_does_not_take_a_parameter_is_asked_without_it_from_then_on() {
    const PARAMETERS: [&str; 4] =
        ["max_tokens", "temperature", "max_completion_tokens", "stream_options"];
    let server = ProviderServer::that(hello()).await;
    for parameter in PARAMETERS {
        server.next(Reply::not_taking(parameter));
    }
    let call = Call { temperature: Some(0.3), longest_answer: Some(99), ..call() };
    let model = model_at(&server.url(), TIMEOUTS);
    for _ in 0..2 {
        assert_eq!(outcome(model.ask(&call).await.unwrap()).await.ending, Ok(false));
    }
    let sent = |asked: &Asked| PARAMETERS.map(|parameter| asked.body.get(parameter).is_some());
    let sent: Vec<_> = server.asked().iter().map(sent).collect();
    let expected = [
        [true, true, false, true],
        [false, true, true, true],
        [false, false, true, true],
        [false, false, false, true],
        [false, false, false, false],
        [false, false, false, false],
    ];
    assert_eq!(sent, expected);
    let server = ProviderServer::that(Reply::not_taking("temperature")).await;
    let failure = refusal_within(&server.url(), TIMEOUTS).await;
    assert_eq!(failure, AskFailure::Refused { status: 400, retry_after: None });
    assert_eq!(server.asked().len(), 1, "nothing can be left out");
}

#[tokio::test]
async fn something_else_than_a_stream_is_no_answer() {
    for media_type in ["text/html; charset=utf-8", "application/json"] {
        let server = ProviderServer::that(Reply::unstreamed(media_type)).await;
        assert_eq!(refusal_within(&server.url(), TIMEOUTS).await, AskFailure::Broken);
        assert_eq!(server.asked().len(), 1);
    }
    let server = ProviderServer::that(Reply::unstreamed("text/plain")).await;
    assert_eq!(heard_within(&server, TIMEOUTS).await.ending, Err(AskFailure::Broken));
}

#[tokio::test]
async fn one_answer_after_another_comes_over_the_same_connection() {
    let server = ProviderServer::that(hello().in_bytes(9)).await;
    let model = model_at(&server.url(), TIMEOUTS);
    for _ in 0..3 {
        assert_eq!(outcome(model.ask(&call()).await.unwrap()).await.ending, Ok(false));
    }
    assert_eq!(server.asked().iter().map(|asked| asked.connection).collect::<Vec<_>>(), [0, 0, 0]);
}

#[tokio::test]
async fn a_question_that_is_too_long_for_any_model_is_not_asked() {
    let server = ProviderServer::that(hello()).await;
    let long = Message::user("x".repeat(LONGEST_QUESTION / 2));
    let call = Call { messages: vec![long.clone(), long], ..call() };
    let model = model_at(&server.url(), TIMEOUTS);
    assert_eq!(outcome(model.ask(&call).await.unwrap()).await.ending, Ok(false));
    let messages = [call.messages.clone(), vec![Message::user("!")]].concat();
    let refused = model.ask(&Call { messages, ..call }).await.err();
    assert_eq!(refused, Some(AskFailure::Refused { status: 413, retry_after: None }));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_named_broken() {
    let url = ProviderServer::that(hello()).await.url();
    assert_eq!(refusal_within(&url, TIMEOUTS).await, AskFailure::Broken);
}

/// A log that a test reads.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_the_key_nor_what_is_said_reaches_a_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let server = ProviderServer::that(hello()).await;
    let model = model_at(&server.url(), TIMEOUTS);
    outcome(model.ask(&call()).await.unwrap()).await;
    server.next(Reply::refusing(401));
    let refused = model.ask(&call()).await.err();
    server.next(hello().erring_after(1));
    let broken = outcome(model.ask(&call()).await.unwrap()).await;
    let url = server.url();
    drop(server);
    let missing = refusal_within(&url, TIMEOUTS).await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let told = [
        "status=401 word=\"refused\"",
        "the provider broke off: 502",
        "connection to the provider",
    ];
    assert!(told.iter().all(|told| log.contains(told)), "{log}");
    let shown = format!("{log} {model:?} {refused:?} {:?} {missing:?}", broken.ending);
    for secret in ["sk-test", "sk-secret", "Be brief", "Why?", "Hel"] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}

#[tokio::test]
async fn a_model_that_is_not_listed_is_not_asked() {
    let server = ProviderServer::that(hello()).await;
    let huge: ModelName = "huge".parse().unwrap();
    let call = Call { model: Some(huge.clone()), ..call() };
    let refused = model_at(&server.url(), TIMEOUTS).ask(&call).await.err();
    assert_eq!(refused, Some(AskFailure::ModelNotAllowed { model: huge }));
    assert_eq!(server.asked(), []);
}
