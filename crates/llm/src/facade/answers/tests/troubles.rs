//! What becomes of an answer when its text, its keeper, its accounts or its time make trouble.

use super::*;

/// A keeper that goes wrong in a way of its own.
enum Wrong {
    PanicsAtTheEnd,
    HangsAtTheEnd,
    HangsOnTheWay(MemoryKeeper),
}

#[async_trait]
impl Keeper for Wrong {
    async fn keep(&mut self, so_far: &str) -> Result<bool, StorageError> {
        match self {
            Self::HangsOnTheWay(keeper) => {
                keeper.keep(so_far).await?;
                std::future::pending().await
            }
            Self::PanicsAtTheEnd | Self::HangsAtTheEnd => Ok(true),
        }
    }

    async fn end(&mut self, told: &Told) -> Result<(), StorageError> {
        match self {
            Self::PanicsAtTheEnd => panic!("on purpose"),
            Self::HangsAtTheEnd => std::future::pending().await,
            Self::HangsOnTheWay(keeper) => keeper.end(told).await,
        }
    }
}

#[tokio::test]
async fn one_answer_that_panics_is_not_the_end_of_the_others() {
    let (model, gate) = waiting();
    let answers = answers(&model, &TestSurroundings::new());
    let mut other = begin(&answers, &MemoryKeeper::new());
    assert_eq!(piece(&mut other).await, "half");
    model.next(Script::new().says("yes"));
    let panics = begin_at(&answers, 2, Wrong::PanicsAtTheEnd);
    assert_eq!(panics.end().await, None, "nobody knows how it ended");
    wait_until("it is forgotten", DEADLINE, async || answers.follow(id(2)).is_none()).await;
    gate.open();
    assert_eq!(other.end().await.unwrap().ending, Ending::Complete);
}

#[tokio::test]
async fn a_character_that_databases_refuse_is_replaced() {
    let model = ScriptedModel::that(Script::new().says("a\0b"));
    let (keeper, node) = (MemoryKeeper::new(), TestSurroundings::new());
    let heard = all(begin(&answers(&model, &node), &keeper)).await;
    assert_eq!(heard, ("a\u{fffd}b".to_owned(), Ending::Complete));
    assert_eq!(keeper.kept().told.unwrap().text, "a\u{fffd}b");
    assert_eq!(node.told()[0].1.text, "a\u{fffd}b");
}

#[tokio::test]
async fn no_answer_takes_longer_than_the_longest_whatever_the_model_does() {
    let gate = Gate::closed();
    let model = ScriptedModel::that(Script::new().says("half").waits_for(&gate));
    let brief = Pace { longest: Duration::from_millis(50), ..AT_ONCE };
    let answers = answers(&model, &TestSurroundings::new()).at(brief);
    let too_late = Ending::Failed(AskFailure::TotalTimeout);
    let heard = all(begin(&answers, &MemoryKeeper::new())).await;
    assert_eq!(heard, ("half".to_owned(), too_late.clone()));
    model.next(Script::new().begins_behind(&gate));
    assert_eq!(asked(&answers, 2).await.ending, too_late);
    assert_eq!((model.let_go(), model.given_up()), (1, 1));
}

#[tokio::test]
async fn what_could_not_be_kept_is_kept_the_next_time_though_nothing_comes() {
    let (model, _gate) = waiting();
    let (keeper, node) = (MemoryKeeper::refusing(1), TestSurroundings::new());
    let _following = begin(&answers(&model, &node), &keeper);
    wait_until("it is kept", DEADLINE, async || keeper.kept().so_far == ["half"]).await;
}

#[tokio::test]
async fn much_text_is_not_kept_without_a_rest() {
    let (model, _gate) = waiting();
    let brief = Duration::from_millis(100);
    let resting = Pace { rest: DEADLINE, keep_every: DEADLINE, longest: brief, ..AT_ONCE };
    let answers = answers(&model, &TestSurroundings::new()).at(resting);
    let keeper = MemoryKeeper::new();
    assert_eq!(all(begin(&answers, &keeper)).await.0, "half");
    assert!(keeper.kept().so_far.is_empty(), "the end came before it was due");
    assert!(keeper.kept().told.is_some());
}

#[tokio::test]
async fn a_host_that_stops_tries_to_keep_the_end_for_a_while() {
    let (model, _gate) = waiting();
    let node = TestSurroundings::new();
    let quiet = Pace { keep_every: DEADLINE, rest: DEADLINE, last_chance: DEADLINE, ..AT_ONCE };
    let answers = answers(&model, &node).at(quiet);
    let keeper = MemoryKeeper::refusing(5);
    let mut following = begin(&answers, &keeper);
    assert_eq!(piece(&mut following).await, "half");
    node.stop();
    let told = following.end().await.unwrap();
    assert_eq!(told.ending, Ending::Failed(AskFailure::Interrupted));
    assert_eq!(keeper.kept().told.unwrap().text, "half");
}

#[tokio::test]
async fn an_end_that_conflicts_for_ever_is_given_up() {
    let model = ScriptedModel::that(Script::new().says("yes"));
    let answers = answers(&model, &TestSurroundings::new());
    let ending = begin(&answers, &MemoryKeeper::refusing(u32::MAX)).end();
    let told = tokio::time::timeout(DEADLINE, ending).await.expect("it ends").unwrap();
    let lost = Ending::Failed(AskFailure::Storage);
    assert_eq!((told.text.as_str(), &told.ending), ("yes", &lost));
}

#[tokio::test]
async fn a_keeper_that_hangs_is_not_waited_for() {
    let hasty = Pace { patience: SOON, ..AT_ONCE };
    let model = ScriptedModel::that(Script::new().says("yes"));
    let answers = answers(&model, &TestSurroundings::new()).at(hasty);
    let at_the_end = begin_at(&answers, 1, Wrong::HangsAtTheEnd).end();
    let told = tokio::time::timeout(DEADLINE, at_the_end).await.expect("it ends").unwrap();
    assert_eq!(told.ending, Ending::Failed(AskFailure::Storage));
    let keeper = MemoryKeeper::new();
    let on_the_way = begin_at(&answers, 2, Wrong::HangsOnTheWay(keeper.clone())).end();
    let told = tokio::time::timeout(DEADLINE, on_the_way).await.expect("it ends").unwrap();
    assert_eq!(told.ending, Ending::Complete);
    assert_eq!(keeper.kept().told.as_ref(), Some(&*told));
}

#[tokio::test]
async fn accounts_that_are_away_hold_up_neither_the_text_nor_the_request() {
    let gate = Gate::closed();
    let model = ScriptedModel::that(Script::new().says("yes").accounts_behind(&gate));
    let (keeper, node) = (MemoryKeeper::new(), TestSurroundings::new());
    let usual = answers(&model, &node);
    let following = begin(&usual, &keeper);
    wait_until("the end is kept", DEADLINE, async || keeper.kept().told.is_some()).await;
    assert_eq!(model.let_go(), 1, "the request has ended");
    gate.open();
    assert_eq!(following.end().await.as_deref(), keeper.kept().told.as_ref());
    model.next(Script::new().says("yes").accounts_behind(&Gate::closed()));
    let hasty = usual.at(Pace { patience: SOON, ..AT_ONCE });
    let told = tokio::time::timeout(DEADLINE, asked(&hasty, 2)).await.expect("it ends");
    assert_eq!(told.ending, Ending::Complete);
}
