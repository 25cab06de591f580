//! What happens at once, or is left in the middle.

use std::{future::poll_fn, pin::Pin, task::Poll};

use llm::testing::{Gate, Script, ScriptedModel, TestSurroundings};
use perme8_events::testing::{on_both_engines, wait_until};

use super::{SOON, Talk, ada};
use crate::testing::model;

/// Goes away when that would go on after so many steps.
async fn leaves_after(steps: usize, mut work: impl Future + Unpin) {
    let (mut work, mut left) = (Pin::new(&mut work), steps);
    poll_fn(|context| match left.checked_sub(1) {
        None => Poll::Ready(()),
        Some(less) => {
            left = less;
            work.as_mut().poll(context).map(drop)
        }
    })
    .await;
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn whoever_leaves_at_any_step_leaves_no_answer_that_nobody_writes(test: TestDb) {
        let model = model("They turn.");
        let talk = Talk::with(&test, &model).await;
        let mut steps = 0;
        while talk.all().await.is_empty() {
            steps += 1;
            let sending = talk.chat.send_message(ada(), talk.with_key("How?"));
            leaves_after(steps, Box::pin(sending)).await;
        }
        let is_answered = async || talk.all().await.iter().all(|(status, _)| !status.is_open());
        wait_until("what was kept is answered", SOON, is_answered).await;
        assert_eq!(talk.ask(talk.with_key("How?")).await.content, "They turn.");
        assert_eq!((talk.all().await.len(), model.asked().len()), (2, 1));
    }

    async fn the_same_key_at_once_is_one_message_and_one_call(test: TestDb) {
        let model = model("They turn.");
        let here = TestSurroundings::new();
        let talk = Talk::on(&test, &model, &here).await;
        let elsewhere = talk.elsewhere(&test, &model, &here.neighbour());
        let (one, other) =
            tokio::join!(talk.ask(talk.with_key("How?")), elsewhere.ask(talk.with_key("How?")));
        assert_eq!(one, other);
        assert_eq!((talk.all().await.len(), model.asked().len()), (2, 1));
    }

    async fn an_answer_that_ends_while_it_is_cancelled_ends_once(test: TestDb) {
        let gate = Gate::closed();
        let model = ScriptedModel::that(Script::new().says("They ").waits_for(&gate));
        let here = TestSurroundings::new();
        let talk = Talk::on(&test, &model, &here).await;
        let elsewhere = talk.elsewhere(&test, &model, &here.neighbour());
        let mut exchange = talk.send(talk.saying("How?")).await;
        exchange.hearing.next().await.unwrap();
        let id = Some(exchange.answer.id);
        let ended = async {
            gate.open();
            exchange.hearing.end().await.unwrap().unwrap()
        };
        let (ended, cancelled) = tokio::join!(ended, elsewhere.cancel(id));
        assert_eq!(cancelled.unwrap(), ended);
        let session = talk.chat.session(&ada(), talk.session).await.unwrap();
        assert_eq!((session.answer_id, session.message_count), (None, 2));
    }
}
