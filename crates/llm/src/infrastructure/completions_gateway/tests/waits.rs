//! How long is waited for what, and what becomes of a request that nobody waits for.

use perme8_events::testing::wait_until;
use tokio::net::{TcpSocket, TcpStream};

use super::*;
use crate::testing::Gate;

const SHORT: Duration = Duration::from_millis(50);
/// Time enough for what is on this machine to say a word.
const A_WHILE: Duration = Duration::from_millis(400);

async fn aborted(server: &ProviderServer) {
    wait_until("the request is aborted", DEADLINE, async || server.aborted() == 1).await;
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_not_waited_for() {
    let first_word = Timeouts { first_word: SHORT, ..TIMEOUTS };
    let server = ProviderServer::that(Reply::silence()).await;
    assert_eq!(refusal_within(&server.url(), first_word).await, AskFailure::IdleTimeout);
    let first_word = Timeouts { first_word: A_WHILE, ..TIMEOUTS };
    let idle = Timeouts { idle: A_WHILE, ..TIMEOUTS };
    for (timeouts, pieces, text) in [(first_word, 0, ""), (idle, 2, "Hello, ")] {
        let server = ProviderServer::that(hello().stalling_after(pieces)).await;
        let outcome = heard_within(&server, timeouts).await;
        assert_eq!((outcome.text.as_str(), outcome.ending), (text, Err(AskFailure::IdleTimeout)));
        aborted(&server).await;
    }
}

#[tokio::test]
async fn an_answer_takes_so_long_and_no_longer() {
    let total = Timeouts { total: A_WHILE, ..TIMEOUTS };
    let server = ProviderServer::that(Reply::silence()).await;
    assert_eq!(refusal_within(&server.url(), total).await, AskFailure::TotalTimeout);
    let server = ProviderServer::that(hello().stalling_after(1)).await;
    assert_eq!(heard_within(&server, total).await.ending, Err(AskFailure::TotalTimeout));
    aborted(&server).await;
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
    let first_word = Timeouts { first_word: A_WHILE, ..TIMEOUTS };
    let mut answer = model_at(&server.url(), first_word).ask(&call()).await.unwrap();
    let failure = loop {
        if let Ok(heard) = tokio::time::timeout(SHORT / 10, answer.next()).await {
            break heard.unwrap_err();
        }
    };
    assert_eq!(failure, AskFailure::IdleTimeout);
}
