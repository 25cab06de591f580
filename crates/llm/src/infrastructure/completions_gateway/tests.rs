//! Calls over real connections, to a provider that misbehaves.

use perme8_events::{UserId, testing::wait_until};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    domain::{call::Purpose, message::Message},
    testing::{ProviderServer, Reply},
};

const DEADLINE: Duration = Duration::from_secs(10);
const TIMEOUTS: Timeouts = Timeouts { connect: DEADLINE, idle: DEADLINE, total: DEADLINE };
const SHORT: Duration = Duration::from_millis(50);

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

async fn asked_within(server: &ProviderServer, timeouts: Timeouts) -> Outcome {
    outcome(model_at(&server.url(), timeouts).ask(&call()).await.unwrap()).await
}

async fn reply(reply: Reply) -> Outcome {
    asked_within(&ProviderServer::that(reply).await, TIMEOUTS).await
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
        (hello().finishing("tool_calls"), Ok(false)),
        (hello().finishing("length"), Ok(true)),
        (hello().finishing("content_filter"), Ok(true)),
        (hello().finishing("error"), Err(AskFailure::Broken)),
        (hello().without_finish().without_done(), Err(AskFailure::Broken)),
        (hello().dying_after(2), Err(AskFailure::Broken)),
        (hello().erring_after(3), Err(AskFailure::Broken)),
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
    assert_eq!(asked_within(&server, TIMEOUTS).await.text, "Hello, wörld 🦀");
    assert_eq!(server.asked().len(), 3);
    for (reply, status, times) in [
        (Reply::refusing(401), 401, 1),
        (Reply::refusing(400), 400, 1),
        (Reply::come_back(11), 429, 1),
        (Reply::come_back(0), 429, 3),
        (Reply::refusing(302), 302, 1),
    ] {
        let server = ProviderServer::that(reply).await;
        let outcome = asked_within(&server, TIMEOUTS).await;
        assert_eq!(outcome.ending, Err(AskFailure::Refused { status }));
        assert_eq!(server.asked().len(), times, "{status}");
    }
}

#[tokio::test]
async fn an_answer_that_began_is_not_asked_for_again() {
    for fault in [hello().dying_after(0), hello().erring_after(0), hello().dying_after(1)] {
        let server = ProviderServer::that(fault).await;
        assert_eq!(asked_within(&server, TIMEOUTS).await.ending, Err(AskFailure::Broken));
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_not_waited_for() {
    let idle = Timeouts { idle: SHORT, ..TIMEOUTS };
    for silent in [Reply::silence(), hello().stalling_after(0), hello().stalling_after(2)] {
        let server = ProviderServer::that(silent).await;
        assert_eq!(asked_within(&server, idle).await.ending, Err(AskFailure::IdleTimeout));
        wait_until("the request is aborted", DEADLINE, async || server.aborted() == 1).await;
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn an_answer_takes_so_long_and_no_longer() {
    let total = Timeouts { total: SHORT, ..TIMEOUTS };
    for endless in [Reply::silence(), hello().stalling_after(1), Reply::refusing(503)] {
        let outcome = asked_within(&ProviderServer::that(endless).await, total).await;
        assert_eq!(outcome.ending, Err(AskFailure::TotalTimeout));
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_named_broken_after_three_attempts() {
    let url = ProviderServer::that(hello()).await.url();
    let answer = model_at(&url, TIMEOUTS).ask(&call()).await.unwrap();
    assert_eq!(outcome(answer).await.ending, Err(AskFailure::Broken));
}

#[tokio::test]
async fn who_does_not_want_to_hear_more_ends_the_request() {
    let server = ProviderServer::that(hello().stalling_after(2)).await;
    let mut answer = model_at(&server.url(), TIMEOUTS).ask(&call()).await.unwrap();
    assert_eq!(answer.next().await, Ok(Some("Hel".to_owned())));
    assert_eq!(server.aborted(), 0);
    drop(answer);
    wait_until("the request is aborted", DEADLINE, async || server.aborted() == 1).await;
}

#[tokio::test]
async fn waits_that_are_cancelled_lose_nothing_and_do_not_begin_anew() {
    let server = ProviderServer::that(hello().pausing(Duration::from_millis(10))).await;
    let mut answer = model_at(&server.url(), TIMEOUTS).ask(&call()).await.unwrap();
    let mut text = String::new();
    let wait = Duration::from_millis(1);
    loop {
        match tokio::time::timeout(wait, answer.next()).await {
            Ok(Ok(Some(piece))) => text.push_str(&piece),
            Ok(ended) => break assert_eq!(ended, Ok(None)),
            Err(_) => {}
        }
    }
    assert_eq!(text, "Hello, wörld 🦀");
    assert_eq!(server.asked().len(), 1);
    let server = ProviderServer::that(hello().stalling_after(1)).await;
    let idle = Timeouts { idle: SHORT, ..TIMEOUTS };
    let mut answer = model_at(&server.url(), idle).ask(&call()).await.unwrap();
    let failure = loop {
        if let Ok(Err(failure)) = tokio::time::timeout(wait, answer.next()).await {
            break failure;
        }
    };
    assert_eq!(failure, AskFailure::IdleTimeout);
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
