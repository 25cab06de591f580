//! What becomes of an answer when people come, go, cancel, and when things go wrong.

use std::{sync::Arc, time::Duration};

use perme8_events::{UserId, testing::wait_until};
use uuid::Uuid;

use super::*;
use crate::{
    domain::{
        call::Purpose,
        failure::AskFailure,
        message::Message,
        told::{Ending, Usage},
    },
    facade::{following::Heard, unconfigured::Unconfigured},
    testing::{Gate, MemoryKeeper, Script, ScriptedModel, TestSurroundings},
};

mod hosts;
mod troubles;

const AT_ONCE: Pace = Pace {
    gather: Duration::ZERO,
    keep_every: Duration::ZERO,
    much: 1,
    rest: Duration::ZERO,
    look_every: Duration::from_hours(1),
    pauses: (SOON, SOON),
    last_chance: SOON,
    ..Pace::USUAL
};
const SOON: Duration = Duration::from_millis(1);
const DEADLINE: Duration = Duration::from_secs(10);

const PURPOSE: Purpose = Purpose::new("tests.question");

fn id(number: u128) -> CallId {
    CallId::new(Uuid::from_u128(number))
}

fn asker() -> Asker {
    let user_id = UserId::new(Uuid::from_u128(7));
    Asker { purpose: PURPOSE, user_id, workspace_id: None, model: None }
}

fn question(number: u128) -> Question {
    Question {
        id: id(number),
        temperature: None,
        longest_answer: None,
        messages: vec![Message::user("why?")],
    }
}

fn answers(model: &ScriptedModel, node: &TestSurroundings) -> Answers {
    Answers::new(Arc::new(model.clone()), Arc::new(node.clone())).at(AT_ONCE)
}

fn begin(answers: &Answers, keeper: &MemoryKeeper) -> Following {
    begin_at(answers, 1, keeper.clone())
}

fn begin_at(answers: &Answers, number: u128, keeper: impl Keeper + 'static) -> Following {
    let permit = answers.permit(asker()).unwrap();
    answers.begin(permit, question(number), Box::new(keeper))
}

/// What is told as a step of something else.
async fn asked(answers: &Answers, number: u128) -> Arc<Told> {
    let permit = answers.permit(asker()).unwrap();
    answers.ask(&permit, PURPOSE, question(number)).await.unwrap()
}

/// Everything that is heard, and how it ends.
async fn all(mut following: Following) -> (String, Ending) {
    let mut text = String::new();
    loop {
        match following.next().await.unwrap() {
            Heard::Piece(piece) => text.push_str(&piece),
            Heard::Ended(told) => {
                assert_eq!(told.text, text, "the end says what was heard");
                assert_eq!(following.next().await, None, "nothing comes after the end");
                return (text, told.ending.clone());
            }
        }
    }
}

async fn piece(following: &mut Following) -> String {
    match following.next().await.unwrap() {
        Heard::Piece(piece) => piece,
        Heard::Ended(told) => panic!("ended already: {told:?}"),
    }
}

/// One who has said `half` and waits.
fn waiting() -> (ScriptedModel, Gate) {
    let gate = Gate::closed();
    (ScriptedModel::that(Script::new().says("half").waits_for(&gate).says(" and half")), gate)
}

/// Begins an answer to what stands behind a gate.
fn begin_behind(gate: &Gate, answers: &Answers, keeper: &MemoryKeeper) -> Following {
    let gate = gate.clone();
    let messages = async move {
        gate.passed().await;
        Ok(vec![Message::user("how?")])
    };
    let permit = answers.permit(asker()).unwrap();
    answers.begin_with(permit, question(1), |_| messages, Box::new(keeper.clone()))
}

#[tokio::test]
async fn what_takes_time_to_put_into_words_is_followed_and_asked_when_there_are_some() {
    let model = ScriptedModel::that(Script::new().says("because"));
    let (answers, keeper) = (answers(&model, &TestSurroundings::new()), MemoryKeeper::new());
    let gate = Gate::closed();
    let following = begin_behind(&gate, &answers, &keeper);
    let other = answers.follow(id(1)).expect("it has begun");
    assert_eq!(model.asked().len(), 0);
    gate.open();
    assert_eq!(all(following).await, ("because".to_owned(), Ending::Complete));
    assert_eq!(all(other).await, ("because".to_owned(), Ending::Complete));
    assert_eq!(model.asked()[0].messages, [Message::user("how?")]);
}

#[tokio::test]
async fn what_is_not_put_into_words_is_not_asked() {
    let model = ScriptedModel::that(Script::new().says("because"));
    let (answers, keeper) = (answers(&model, &TestSurroundings::new()), MemoryKeeper::new());
    let following = begin_behind(&Gate::closed(), &answers, &keeper);
    answers.cancel(id(1));
    assert_eq!(all(following).await, (String::new(), Ending::Cancelled));
    let storage = Ending::Failed(AskFailure::Storage);
    let nothing = ready(Err(storage.clone()));
    let permit = answers.permit(asker()).unwrap();
    let following = answers.begin_with(permit, question(2), |_| nothing, Box::new(keeper));
    assert_eq!(all(following).await, (String::new(), storage));
    assert_eq!(model.asked().len(), 0);
}

#[tokio::test]
async fn everybody_who_follows_hears_everything_whenever_they_come() {
    let (model, gate) = waiting();
    let (keeper, answers) = (MemoryKeeper::new(), answers(&model, &TestSurroundings::new()));
    let mut first = begin(&answers, &keeper);
    assert_eq!(piece(&mut first).await, "half");
    let late = answers.follow(id(1)).unwrap();
    let again = begin(&answers, &MemoryKeeper::new());
    gate.open();
    let whole = ("half and half".to_owned(), Ending::Complete);
    assert_eq!(all(late).await, whole);
    assert_eq!(all(again).await, whole);
    assert_eq!(piece(&mut first).await, " and half");
    assert!(matches!(first.next().await, Some(Heard::Ended(_))));
    assert_eq!(model.asked().len(), 1, "who begins it twice follows it twice");
    let told = keeper.kept().told.unwrap();
    assert_eq!((told.text.as_str(), &told.ending), ("half and half", &Ending::Complete));
    assert_eq!(told.model.unwrap().as_str(), "scripted");
    assert_eq!((told.usage.prompt_tokens, told.usage.completion_tokens), (5, 4));
    wait_until("it is forgotten", DEADLINE, async || answers.follow(id(1)).is_none()).await;
}

#[tokio::test]
async fn an_answer_goes_on_when_nobody_follows_it_any_more() {
    let (model, gate) = waiting();
    let (keeper, answers) = (MemoryKeeper::new(), answers(&model, &TestSurroundings::new()));
    drop(begin(&answers, &keeper));
    gate.open();
    wait_until("the end is kept", DEADLINE, async || keeper.kept().told.is_some()).await;
    assert_eq!(keeper.kept().told.unwrap().ending, Ending::Complete);
}

#[tokio::test]
async fn who_cancels_keeps_what_was_told_and_lets_go_of_the_model() {
    let (model, _gate) = waiting();
    let (keeper, answers) = (MemoryKeeper::new(), answers(&model, &TestSurroundings::new()));
    let mut following = begin(&answers, &keeper);
    assert_eq!(piece(&mut following).await, "half");
    answers.cancel(id(1));
    let told = following.end().await.unwrap();
    assert_eq!((told.text.as_str(), &told.ending), ("half", &Ending::Cancelled));
    assert_eq!(keeper.kept().told.as_ref(), Some(&*told));
    assert_eq!(model.let_go(), 1);
}

#[tokio::test]
async fn nobody_has_to_wait_for_the_first_word() {
    let gate = Gate::closed();
    let model = ScriptedModel::that(Script::new().begins_behind(&gate).says("too late"));
    let node = TestSurroundings::new();
    let (keeper, answers) = (MemoryKeeper::new(), answers(&model, &node));
    let cancelled = begin(&answers, &keeper);
    wait_until("it is asked", DEADLINE, async || model.asked().len() == 1).await;
    answers.cancel(id(1));
    assert_eq!(all(cancelled).await, (String::new(), Ending::Cancelled));
    assert_eq!(keeper.kept().told.unwrap().ending, Ending::Cancelled);
    let interrupted = begin_at(&answers, 2, MemoryKeeper::new());
    wait_until("it is asked", DEADLINE, async || model.asked().len() == 2).await;
    node.stop();
    assert_eq!(all(interrupted).await.1, Ending::Failed(AskFailure::Interrupted));
    assert_eq!(model.given_up(), 2);
}

#[tokio::test]
async fn another_node_cancels_as_well_and_one_answer_alone() {
    let (model, gate) = waiting();
    let here = TestSurroundings::new();
    let answers_here = answers(&model, &here);
    let elsewhere = answers(&model, &here.neighbour());
    let mut cancelled = begin(&answers_here, &MemoryKeeper::new());
    let mut other = begin_at(&answers_here, 2, MemoryKeeper::new());
    assert_eq!([piece(&mut cancelled).await, piece(&mut other).await], ["half", "half"]);
    elsewhere.cancel(id(1));
    assert_eq!(cancelled.end().await.unwrap().ending, Ending::Cancelled);
    gate.open();
    assert_eq!(other.end().await.unwrap().ending, Ending::Complete);
}

#[tokio::test]
async fn what_runs_in_a_request_ends_with_it() {
    let (model, _gate) = waiting();
    let (keeper, answers) = (MemoryKeeper::new(), answers(&model, &TestSurroundings::new()));
    let mut following = begin(&answers, &keeper).cancelling_when_dropped();
    assert_eq!(piece(&mut following).await, "half");
    drop(following);
    wait_until("the end is kept", DEADLINE, async || keeper.kept().told.is_some()).await;
    assert_eq!(keeper.kept().told.unwrap().ending, Ending::Cancelled);
}

#[tokio::test]
async fn a_host_that_stops_keeps_what_was_told() {
    let (model, _gate) = waiting();
    let node = TestSurroundings::new();
    let (keeper, answers) = (MemoryKeeper::new(), answers(&model, &node));
    let mut following = begin(&answers, &keeper);
    assert_eq!(piece(&mut following).await, "half");
    node.stop();
    let told = following.end().await.unwrap();
    assert_eq!(told.ending, Ending::Failed(AskFailure::Interrupted));
    assert_eq!(keeper.kept().told.unwrap().text, "half");
}

#[tokio::test]
async fn the_text_so_far_is_kept_while_more_of_it_comes() {
    let (model, gate) = waiting();
    let (keeper, answers) = (MemoryKeeper::new(), answers(&model, &TestSurroundings::new()));
    let following = begin(&answers, &keeper);
    wait_until("half of it is kept", DEADLINE, async || keeper.kept().so_far == ["half"]).await;
    assert_eq!(keeper.kept().told, None);
    gate.open();
    assert_eq!(all(following).await.1, Ending::Complete);
}

#[tokio::test]
async fn an_answer_that_its_keeper_wants_no_more_of_is_cancelled_whether_text_comes_or_not() {
    let soon = Pace { look_every: SOON, ..AT_ONCE };
    let gate = Gate::closed();
    let scripts = [
        Script::new().says("half").waits_for(&gate),
        Script::new().begins_behind(&gate),
        Script::new().says("half").says(&"x".repeat(1_000)).waits_for(&gate),
    ];
    for script in scripts {
        let model = ScriptedModel::that(script);
        let answers = answers(&model, &TestSurroundings::new()).at(soon);
        let keeper = MemoryKeeper::new();
        let following = begin(&answers, &keeper);
        wait_until("it is asked", DEADLINE, async || !keeper.kept().so_far.is_empty()).await;
        keeper.want_no_more();
        let told = following.end().await.unwrap();
        assert_eq!(told.ending, Ending::Cancelled);
        assert_eq!(keeper.kept().told.as_ref(), Some(&*told), "its end is kept all the same");
        assert_eq!(model.let_go() + model.given_up(), 1);
    }
}

#[tokio::test]
async fn the_end_is_heard_when_it_is_kept_and_that_is_tried_again() {
    let model = ScriptedModel::that(Script::new().says("yes"));
    let quiet = Pace { keep_every: DEADLINE, much: 1_000, ..AT_ONCE };
    let node = Arc::new(TestSurroundings::new());
    let answers = Answers::new(Arc::new(model), node).at(quiet);
    let keeper = MemoryKeeper::refusing(2);
    assert_eq!(all(begin(&answers, &keeper)).await, ("yes".to_owned(), Ending::Complete));
    assert_eq!(keeper.kept().told.unwrap().ending, Ending::Complete);
}

#[tokio::test]
async fn a_storage_that_does_not_come_back_before_the_host_stops_is_told() {
    let model = ScriptedModel::that(Script::new().says("yes"));
    let node = TestSurroundings::new();
    let patient = Pace { pauses: (DEADLINE, DEADLINE), ..AT_ONCE };
    let (keeper, answers) = (MemoryKeeper::refusing(u32::MAX), answers(&model, &node).at(patient));
    let following = begin(&answers, &keeper);
    node.stop();
    let told = following.end().await.unwrap();
    assert_eq!(told.ending, Ending::Failed(AskFailure::Storage));
    assert_eq!(keeper.kept().told, None);
}

#[tokio::test]
async fn the_person_who_asks_is_told_each_piece_wherever_they_look_on() {
    let long = "漢".repeat(3_000);
    let model = ScriptedModel::that(Script::new().says("a\u{1f980}").says(&long));
    let node = TestSurroundings::new();
    let following = begin(&answers(&model, &node), &MemoryKeeper::new());
    let whole = all(following).await.0;
    let told = node.told();
    assert!(told.iter().all(|(user, piece)| *user == asker().user_id && piece.call_id == id(1)));
    let mut characters = 0;
    for (_, piece) in &told {
        assert_eq!(piece.from, characters);
        characters += piece.text.chars().count() as u64;
    }
    let joined: String = told.into_iter().map(|(_, piece)| piece.text).collect();
    assert_eq!(joined, whole);
}

#[tokio::test]
async fn what_fails_on_the_way_keeps_its_beginning_and_what_is_refused_has_none() {
    let model = ScriptedModel::that(Script::new().says("half").fails(AskFailure::Broken));
    let answers = answers(&model, &TestSurroundings::new());
    let failed = all(begin(&answers, &MemoryKeeper::new())).await;
    assert_eq!(failed, ("half".to_owned(), Ending::Failed(AskFailure::Broken)));
    let retry_after = Duration::from_secs(3);
    model.next(Script::refusing(AskFailure::Busy { retry_after }));
    let keeper = MemoryKeeper::new();
    let following = begin_at(&answers, 2, keeper.clone());
    assert_eq!(all(following).await.1, Ending::Failed(AskFailure::Busy { retry_after }));
    assert!(keeper.kept().told.is_some());
}

#[tokio::test]
async fn what_somebody_else_asked_is_kept_by_them_alone() {
    let model = ScriptedModel::that(Script::refusing(AskFailure::AlreadyAsked));
    let keeper = MemoryKeeper::new();
    let following = begin(&answers(&model, &TestSurroundings::new()), &keeper);
    assert_eq!(all(following).await.1, Ending::Failed(AskFailure::AlreadyAsked));
    assert_eq!(keeper.kept().told, None);
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_short() {
    let endless = |piece: &str| (0..20).fold(Script::new(), |script, _| script.says(piece));
    let model = ScriptedModel::that(endless(&"x".repeat(100_000)));
    let answers = answers(&model, &TestSurroundings::new());
    let told = asked(&answers, 1).await;
    assert_eq!((told.text.len(), &told.ending), (1 << 20, &Ending::CutShort));
    model.next(endless(&"漢".repeat(100_000)));
    let told = asked(&answers, 3).await;
    let whole_characters = (1 << 20) / "漢".len() * "漢".len();
    assert_eq!((told.text.len(), &told.ending), (whole_characters, &Ending::CutShort));
    model.next(Script::new().says(&"x".repeat(1 << 20)));
    assert_eq!(asked(&answers, 4).await.ending, Ending::Complete);
    model.next(Script::new().says("as far as the limit").is_cut_short());
    assert_eq!(asked(&answers, 2).await.ending, Ending::CutShort);
    // What was cut before the first word answers nobody.
    model.next(Script::new().is_cut_short());
    assert_eq!(asked(&answers, 3).await.ending, Ending::Failed(AskFailure::Broken));
}

#[tokio::test]
async fn a_host_without_a_model_says_so() {
    let answers = Answers::new(Arc::new(Unconfigured), Arc::new(TestSurroundings::new()));
    assert_eq!(answers.permit(asker()).err(), Some(AskFailure::NotConfigured));
}

#[test]
fn nothing_that_anybody_says_reaches_a_log() {
    let messages = vec![Message::system("secret"), Message::user("secret")];
    let question = Question { messages, ..question(1) };
    let told = Told {
        text: "secret".to_owned(),
        model: None,
        usage: Usage::default(),
        latency: Duration::ZERO,
        ending: Ending::Complete,
    };
    let call = Permit::unlimited(asker()).call(question.clone());
    let heard = [Heard::Piece("secret".to_owned()), Heard::Ended(Arc::new(told.clone()))];
    let shown = format!("{question:?} {call:?} {:?} {told:?} {heard:?}", call.messages);
    assert!(!shown.contains("secret"), "{shown}");
}
