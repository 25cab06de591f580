//! Calls over real connections, to a provider that misbehaves.

use std::{
    io,
    sync::{Arc, Mutex},
};

use perme8_events::{UserId, testing::wait_until};
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use uuid::Uuid;

use super::*;
use crate::{
    domain::{
        call::{CallId, Purpose},
        message::Message,
        told::Usage,
    },
    testing::{Gate, ProviderServer, Reply},
};

const DEADLINE: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(50);
const TIMEOUTS: Timeouts = Timeouts {
    connect: DEADLINE,
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

async fn aborted(server: &ProviderServer) {
    wait_until("the request is aborted", DEADLINE, async || server.aborted() == 1).await;
    assert_eq!(server.asked().len(), 1);
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
async fn a_provider_that_says_nothing_is_not_waited_for() {
    let idle = Timeouts { idle: SHORT, ..TIMEOUTS };
    let server = ProviderServer::that(Reply::silence()).await;
    assert_eq!(refusal_within(&server.url(), idle).await, AskFailure::IdleTimeout);
    aborted(&server).await;
    for (pieces, text) in [(0, ""), (2, "Hello, ")] {
        let server = ProviderServer::that(hello().stalling_after(pieces)).await;
        let outcome = heard_within(&server, idle).await;
        assert_eq!((outcome.text.as_str(), outcome.ending), (text, Err(AskFailure::IdleTimeout)));
        aborted(&server).await;
    }
}

#[tokio::test]
async fn an_answer_takes_so_long_and_no_longer() {
    let total = Timeouts { total: SHORT, pause: DEADLINE, ..TIMEOUTS };
    for endless in [Reply::silence(), Reply::refusing(503)] {
        let server = ProviderServer::that(endless).await;
        assert_eq!(refusal_within(&server.url(), total).await, AskFailure::TotalTimeout);
    }
    let server = ProviderServer::that(hello().stalling_after(1)).await;
    assert_eq!(heard_within(&server, total).await.ending, Err(AskFailure::TotalTimeout));
    aborted(&server).await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_named_broken() {
    let url = ProviderServer::that(hello()).await.url();
    assert_eq!(refusal_within(&url, TIMEOUTS).await, AskFailure::Broken);
}

#[tokio::test]
async fn a_provider_that_is_not_reached_in_time_is_named_so() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts: when no more may wait in front of the door, nobody else is connected.
    let mut waiting = Vec::new();
    while let Ok(stream) = tokio::time::timeout(SHORT, TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
    }
    let connect = Timeouts { connect: SHORT, ..TIMEOUTS };
    let failure = refusal_within(&format!("http://{address}"), connect).await;
    assert_eq!(failure, AskFailure::ConnectTimeout);
}

#[tokio::test]
async fn who_does_not_want_to_hear_more_ends_the_request() {
    let server = ProviderServer::that(hello().stalling_after(2)).await;
    let mut answer = model_at(&server.url(), TIMEOUTS).ask(&call()).await.unwrap();
    assert_eq!(answer.next().await, Ok(Some("Hel".to_owned())));
    assert_eq!(server.aborted(), 0);
    drop(answer);
    aborted(&server).await;
}

#[tokio::test]
async fn who_does_not_wait_for_the_first_word_ends_the_request_and_what_would_be_tried_again() {
    let server = ProviderServer::that(Reply::silence()).await;
    let model = model_at(&server.url(), TIMEOUTS);
    let call = call();
    let asked = wait_until("it is asked", DEADLINE, async || server.asked().len() == 1);
    tokio::select! {
        _ = model.ask(&call) => panic!("nobody answers"),
        () = asked => {}
    }
    aborted(&server).await;
}

#[tokio::test]
async fn waits_that_are_cancelled_lose_nothing_and_do_not_begin_anew() {
    let gates = [Gate::closed(), Gate::closed(), Gate::closed(), Gate::closed()];
    let reply = gates
        .iter()
        .enumerate()
        .fold(hello().in_bytes(5), |reply, (told, gate)| reply.waiting_after(told, gate));
    let server = ProviderServer::that(reply).await;
    let mut answer = model_at(&server.url(), TIMEOUTS).ask(&call()).await.unwrap();
    for (gate, piece) in gates.iter().zip([Some("Hel"), Some("lo, "), Some("wörld 🦀"), None]) {
        for _ in 0..3 {
            tokio::time::timeout(Duration::ZERO, answer.next()).await.unwrap_err();
        }
        gate.open();
        assert_eq!(answer.next().await, Ok(piece.map(str::to_owned)));
    }
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn waits_that_are_cancelled_do_not_make_silence_shorter() {
    let server = ProviderServer::that(hello().stalling_after(0)).await;
    let idle = Timeouts { idle: SHORT, ..TIMEOUTS };
    let mut answer = model_at(&server.url(), idle).ask(&call()).await.unwrap();
    let failure = loop {
        if let Ok(heard) = tokio::time::timeout(SHORT / 10, answer.next()).await {
            break heard.unwrap_err();
        }
    };
    assert_eq!(failure, AskFailure::IdleTimeout);
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
