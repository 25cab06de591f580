//! What becomes of an answer between the nodes of a system, and what these may do meanwhile.

use std::{pin::Pin, sync::OnceLock};

use super::*;
use crate::{application::ports::Answer, domain::piece::PieceSignal};

/// A model whose answers are cancelled from another node at the very moment they begin.
#[derive(Debug)]
struct CancelledAtTheStart {
    model: ScriptedModel,
    elsewhere: Answers,
}

#[async_trait]
impl LanguageModel for CancelledAtTheStart {
    fn models(&self) -> &Models {
        self.model.models()
    }

    async fn ask(&self, call: &Call) -> Result<Box<dyn Answer>, AskFailure> {
        let answer = self.model.ask(call).await;
        self.elsewhere.cancel(call.id);
        answer
    }
}

#[tokio::test]
async fn a_cancellation_between_the_question_and_the_answer_is_heard() {
    let (model, _gate) = waiting();
    let here = TestSurroundings::new();
    let elsewhere = answers(&model, &here.neighbour());
    let model = CancelledAtTheStart { model, elsewhere };
    let answers = Answers::new(Arc::new(model), Arc::new(here)).at(AT_ONCE);
    let cancelled = begin(&answers, &MemoryKeeper::new()).end();
    let told = tokio::time::timeout(DEADLINE, cancelled).await.expect("it is cancelled");
    assert_eq!(told.unwrap().ending, Ending::Cancelled);
}

#[tokio::test]
async fn another_node_cancels_before_the_first_word_as_well() {
    let gate = Gate::closed();
    let model = ScriptedModel::that(Script::new().begins_behind(&gate));
    let here = TestSurroundings::new();
    let following = begin(&answers(&model, &here), &MemoryKeeper::new());
    wait_until("it is asked", DEADLINE, async || model.asked().len() == 1).await;
    answers(&model, &here.neighbour()).cancel(id(1));
    assert_eq!(all(following).await, (String::new(), Ending::Cancelled));
    assert_eq!(model.given_up(), 1);
}

/// A host that looks at what is running whenever it is told something.
#[derive(Debug, Default)]
struct Curious {
    answers: OnceLock<Answers>,
    seen: Mutex<Vec<Option<bool>>>,
}

#[async_trait]
impl Surroundings for Curious {
    fn run(&self, _answer: Pin<Box<dyn Future<Output = ()> + Send>>) {}

    async fn stopped(&self) {
        std::future::pending::<()>().await;
    }

    fn tell(&self, _user: UserId, _piece: &PieceSignal) {}

    fn cancel_elsewhere(&self, id: CallId) {
        let is_running = self.answers.get().map(|answers| answers.follow(id).is_some());
        locked(&self.seen).push(is_running);
    }

    async fn cancelled_elsewhere(&self, _id: CallId) {
        std::future::pending::<()>().await;
    }
}

#[test]
fn a_host_may_look_at_what_is_running_while_it_cancels() {
    let host = Arc::new(Curious::default());
    let surroundings = Arc::clone(&host) as Arc<dyn Surroundings>;
    let answers = Answers::new(Arc::new(ScriptedModel::that(Script::new())), surroundings);
    host.answers.set(answers.clone()).expect("it is set once");
    answers.cancel(id(1));
    assert_eq!(*locked(&host.seen), [Some(false)]);
}
