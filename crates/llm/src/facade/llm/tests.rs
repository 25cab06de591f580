//! Limits and accounts around a model that does what it is told, on both engines.

use std::time::Duration;

use expect_test::{Expect, expect};
use perme8_events::{
    UserId, WorkspaceId, on_both_engines,
    testing::{TestDb, wait_until},
};
use uuid::Uuid;

use super::*;
use crate::{
    application::{
        read_models::UsageFilter,
        upkeep::{CloseAbandoned, LedgerUpkeepError, PurgeAccounts},
    },
    domain::{
        call::{LONGEST_ANSWER, Purpose, Question},
        message::Message,
        models::ModelList,
    },
    facade::{answers::Answers, following::Following, ledger::Ledger},
    testing::{Gate, MemoryKeeper, Script, ScriptedModel, TestSurroundings},
};

const DEADLINE: Duration = Duration::from_secs(10);

fn call(number: u128) -> Call {
    Call {
        id: CallId::new(Uuid::from_u128(number)),
        purpose: Purpose::new("tests.question"),
        user_id: UserId::new(Uuid::from_u128(7)),
        workspace_id: Some(WorkspaceId::new(Uuid::from_u128(8))),
        model: None,
        temperature: None,
        longest_answer: None,
        messages: vec![Message::user("why?")],
    }
}

/// The same, asked by somebody else and somewhere else.
fn of_another(number: u128) -> Call {
    Call {
        user_id: UserId::new(Uuid::from_u128(70)),
        workspace_id: None,
        model: Some("big".parse().unwrap()),
        ..call(number)
    }
}

/// One who is called `small`, or `big` and has a price.
fn scripted(script: Script) -> ScriptedModel {
    let ModelList(listed) = "small, big=1/2".parse().unwrap();
    ScriptedModel::that(script).with_models(Models::only("small".parse().unwrap(), listed))
}

fn llm(model: &ScriptedModel, test: &TestDb, limits: CallLimits) -> Arc<Llm> {
    Arc::new(Llm::new(Arc::new(model.clone()), &test.db, limits))
}

fn usual(model: &ScriptedModel, test: &TestDb) -> Arc<Llm> {
    llm(model, test, CallLimits::default())
}

fn answers(llm: &Arc<Llm>, node: &TestSurroundings) -> Answers {
    Answers::new(Arc::clone(llm) as Arc<dyn LanguageModel>, Arc::new(node.clone()))
}

/// Who asks it, and what.
fn parts(call: Call) -> (Asker, Question) {
    let Call { id, purpose, user_id, workspace_id, model, temperature, longest_answer, messages } =
        call;
    let asker = Asker { purpose, user_id, workspace_id, model };
    (asker, Question { id, temperature, longest_answer, messages })
}

fn begin(answers: &Answers, call: Call) -> Following {
    let (asker, question) = parts(call);
    let permit = answers.permit(asker).unwrap();
    answers.begin(permit, question, Box::new(MemoryKeeper::new()))
}

async fn asked(answers: &Answers, call: Call) -> Ending {
    begin(answers, call).end().await.unwrap().ending.clone()
}

/// The accounts, a line for each model and purpose.
async fn accounts(test: &TestDb, expected: Expect) {
    let ledger = Ledger::new(test.db.clone());
    let usage = ledger.usage(&UsageFilter::default()).await.unwrap();
    let lines = usage.iter().map(|usage| serde_json::to_string(usage).unwrap() + "\n");
    expected.assert_eq(&lines.collect::<String>());
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn what_is_asked_is_accounted_for_with_its_price(test: TestDb) {
        let model = scripted(Script::new().says("because"));
        let answers = answers(&usual(&model, &test), &TestSurroundings::new());
        assert_eq!(asked(&answers, call(1)).await, Ending::Complete);
        model.next(Script::new().says("no").fails(AskFailure::Broken));
        assert_eq!(asked(&answers, call(2)).await, Ending::Failed(AskFailure::Broken));
        model.next(Script::refusing(AskFailure::ConnectTimeout));
        assert_eq!(asked(&answers, call(3)).await, Ending::Failed(AskFailure::ConnectTimeout));
        assert_eq!(asked(&answers, of_another(4)).await, Ending::Complete);
        accounts(&test, expect![[r#"
            {"model":"big","purpose":"tests.question","calls":1,"running":0,"cancelled":0,"failed":0,"estimated":0,"prompt_tokens":5,"completion_tokens":2,"cost_nanos":9000}
            {"model":"small","purpose":"tests.question","calls":3,"running":0,"cancelled":0,"failed":2,"estimated":0,"prompt_tokens":10,"completion_tokens":3,"cost_nanos":null}
        "#]]).await;
        let ledger = Ledger::new(test.db.clone());
        let calls = async |filter: UsageFilter| -> u64 {
            ledger.usage(&filter).await.unwrap().iter().map(|usage| usage.calls).sum()
        };
        let of_one = UsageFilter { user_id: Some(of_another(4).user_id), ..UsageFilter::default() };
        assert_eq!(calls(of_one).await, 1);
        let in_one = UsageFilter { workspace_id: call(1).workspace_id, ..UsageFilter::default() };
        assert_eq!(calls(in_one).await, 3);
        let now = test.db.clock().now();
        let since = UsageFilter { since: Some(now), ..UsageFilter::default() };
        assert_eq!(calls(since).await, 4);
        let later = now + chrono::TimeDelta::seconds(1);
        assert_eq!(calls(UsageFilter { since: Some(later), ..since }).await, 0);
    }

    async fn a_call_is_asked_once_on_whatever_node(test: TestDb) {
        let gate = Gate::closed();
        let model = scripted(Script::new().waits_for(&gate).says("because"));
        let node = TestSurroundings::new();
        let first = answers(&usual(&model, &test), &node);
        let following = begin(&first, call(1));
        wait_until("it is asked", DEADLINE, async || model.asked().len() == 1).await;
        let second = answers(&usual(&model, &test), &node.neighbour());
        let again = Ending::Failed(AskFailure::AlreadyAsked);
        assert_eq!(asked(&second, call(1)).await, again);
        gate.open();
        assert_eq!(following.end().await.unwrap().ending, Ending::Complete);
        assert_eq!(asked(&first, call(1)).await, again);
        assert_eq!(model.asked().len(), 1);
    }

    async fn who_cancels_pays_for_what_was_told(test: TestDb) {
        let gate = Gate::closed();
        let model = scripted(Script::new().says("half").waits_for(&gate));
        let llm = usual(&model, &test);
        let answers = answers(&llm, &TestSurroundings::new());
        let mut told = begin(&answers, call(1));
        assert!(told.next().await.is_some());
        answers.cancel(call(1).id);
        assert_eq!(told.end().await.unwrap().ending, Ending::Cancelled);
        model.next(Script::new().begins_behind(&gate));
        let unheard = begin(&answers, of_another(2));
        wait_until("it is asked", DEADLINE, async || model.asked().len() == 2).await;
        answers.cancel(of_another(2).id);
        assert_eq!(unheard.end().await.unwrap().ending, Ending::Cancelled);
        accounts(&test, expect![[r#"
            {"model":"big","purpose":"tests.question","calls":1,"running":0,"cancelled":1,"failed":0,"estimated":1,"prompt_tokens":5,"completion_tokens":0,"cost_nanos":5000}
            {"model":"small","purpose":"tests.question","calls":1,"running":0,"cancelled":1,"failed":0,"estimated":0,"prompt_tokens":5,"completion_tokens":1,"cost_nanos":null}
        "#]]).await;
        assert!(llm.asking().is_empty());
        // Whoever has no account here closes none.
        llm.given_up(&call(1), &Ending::Failed(AskFailure::Interrupted)).await;
        accounts(&test, expect![[r#"
            {"model":"big","purpose":"tests.question","calls":1,"running":0,"cancelled":1,"failed":0,"estimated":1,"prompt_tokens":5,"completion_tokens":0,"cost_nanos":5000}
            {"model":"small","purpose":"tests.question","calls":1,"running":0,"cancelled":1,"failed":0,"estimated":0,"prompt_tokens":5,"completion_tokens":1,"cost_nanos":null}
        "#]]).await;
    }

    async fn what_a_crash_leaves_is_closed_and_not_asked_again(test: TestDb) {
        let gate = Gate::closed();
        let model = scripted(Script::new().waits_for(&gate));
        // As if the host broke down: the answer is dropped, and nobody hears of its end.
        drop(usual(&model, &test).ask(&of_another(1)).await.unwrap());
        let ledger = Ledger::new(test.db.clone());
        let close = async |limit| {
            let origin = Origin::system("tests.closing");
            ledger.close_abandoned(origin, CloseAbandoned { limit }).await.unwrap()
        };
        assert_eq!(close(10).await, 0, "it may still be running");
        test.clock.advance(LONGEST_ANSWER + Duration::from_mins(2));
        assert_eq!(close(10).await, 1);
        assert_eq!(close(10).await, 0);
        accounts(&test, expect![[r#"
            {"model":"big","purpose":"tests.question","calls":1,"running":0,"cancelled":0,"failed":1,"estimated":1,"prompt_tokens":5,"completion_tokens":0,"cost_nanos":5000}
        "#]]).await;
        let answers = answers(&usual(&model, &test), &TestSurroundings::new());
        let again = Ending::Failed(AskFailure::AlreadyAsked);
        assert_eq!(asked(&answers, of_another(1)).await, again);
        let origin = Origin::user(call(1).user_id);
        let refused = ledger.close_abandoned(origin, CloseAbandoned { limit: 1 }).await;
        assert!(matches!(refused, Err(LedgerUpkeepError::Forbidden)));
    }

    async fn accounts_are_deleted_when_they_are_old_some_at_once(test: TestDb) {
        const DAY: Duration = Duration::from_hours(24);
        let answers = answers(&usual(&scripted(Script::new()), &test), &TestSurroundings::new());
        for number in 0..3 {
            asked(&answers, call(number)).await;
        }
        test.clock.advance(DAY);
        asked(&answers, of_another(3)).await;
        let ledger = Ledger::new(test.db.clone());
        let purge = |origin| ledger.purge(origin, PurgeAccounts { kept: 2 * DAY, limit: 2 });
        let system = || Origin::system("tests.purging");
        test.clock.advance(DAY);
        assert_eq!(purge(system()).await.unwrap(), 0, "they are kept for so long");
        test.clock.advance(Duration::from_secs(1));
        assert_eq!((purge(system()).await.unwrap(), purge(system()).await.unwrap()), (2, 1));
        accounts(&test, expect![[r#"
            {"model":"big","purpose":"tests.question","calls":1,"running":0,"cancelled":0,"failed":0,"estimated":0,"prompt_tokens":5,"completion_tokens":0,"cost_nanos":5000}
        "#]]).await;
        let refused = purge(Origin::user(call(1).user_id)).await;
        assert!(matches!(refused, Err(LedgerUpkeepError::Forbidden)));
    }

    async fn a_person_and_a_workspace_ask_so_much_at_once(test: TestDb) {
        let limits = CallLimits { user_at_once: 2, workspace_at_once: 3, ..CallLimits::default() };
        let llm = llm(&scripted(Script::new()), &test, limits);
        let of = |user| Asker { user_id: UserId::new(Uuid::from_u128(user)), ..parts(call(1)).0 };
        let mut open = Vec::new();
        for user in [1, 1, 2] {
            open.push(llm.permit(of(user)).unwrap());
        }
        let busy = Some(AskFailure::Busy { retry_after: Duration::from_secs(5) });
        assert_eq!(llm.permit(of(1)).err(), busy, "the person");
        assert_eq!(llm.permit(of(3)).err(), busy, "the workspace");
        let elsewhere = Asker { workspace_id: None, ..of(3) };
        assert!(llm.permit(elsewhere).is_ok());
        open.pop();
        assert!(llm.permit(of(3)).is_ok(), "there is room again");
        assert_eq!(llm.permit(of(1)).err(), busy);
        accounts(&test, expect![""]).await;
    }

    async fn a_person_and_a_workspace_ask_so_often(test: TestDb) {
        let model = scripted(Script::new());
        let limits =
            CallLimits { user_per_minute: 2, workspace_per_minute: 3, ..CallLimits::default() };
        let llm = llm(&model, &test, limits);
        let answers = answers(&llm, &TestSurroundings::new());
        let another = |number| Call { user_id: UserId::new(Uuid::from_u128(1)), ..call(number) };
        let wait = |seconds| Some(AskFailure::RateLimited { retry_after: Duration::from_secs(seconds) });
        let refused = |call| answers.permit(parts(call).0).err();
        drop((answers.permit(parts(call(1)).0), answers.permit(parts(call(1)).0)));
        for number in 0..2 {
            assert_eq!(asked(&answers, call(number)).await, Ending::Complete, "none was used");
        }
        assert_eq!(refused(call(2)), wait(30));
        assert_eq!(asked(&answers, another(3)).await, Ending::Complete);
        assert_eq!(refused(another(4)), wait(20));
        test.clock.advance(Duration::from_secs(30));
        assert_eq!(asked(&answers, call(2)).await, Ending::Complete);
    }

    async fn a_step_of_what_is_permitted_is_accounted_for_by_itself_and_limited_by_nothing(test: TestDb) {
        let model = scripted(Script::new().says("in short"));
        let limits = CallLimits { user_at_once: 1, user_per_minute: 1, ..CallLimits::default() };
        let node = TestSurroundings::new();
        let answers = answers(&llm(&model, &test, limits), &node);
        let (asker, question) = parts(of_another(1));
        let permit = answers.permit(asker).unwrap();
        let step = Question { id: call(2).id, ..question.clone() };
        let told = answers.ask(&permit, Purpose::new("tests.summary"), step).await.unwrap();
        assert_eq!((told.text.as_str(), &told.ending), ("in short", &Ending::Complete));
        assert_eq!(node.told(), [], "nobody waits for its pieces");
        let following = answers.begin(permit, question, Box::new(MemoryKeeper::new()));
        assert_eq!(following.end().await.unwrap().ending, Ending::Complete);
        assert_eq!(node.told().len(), 1);
        accounts(&test, expect![[r#"
            {"model":"big","purpose":"tests.question","calls":1,"running":0,"cancelled":0,"failed":0,"estimated":0,"prompt_tokens":5,"completion_tokens":2,"cost_nanos":9000}
            {"model":"big","purpose":"tests.summary","calls":1,"running":0,"cancelled":0,"failed":0,"estimated":0,"prompt_tokens":5,"completion_tokens":2,"cost_nanos":9000}
        "#]]).await;
    }

    async fn who_hears_the_end_may_ask_again_at_once(test: TestDb) {
        let limits = CallLimits { user_at_once: 1, ..CallLimits::default() };
        let answers = answers(&llm(&scripted(Script::new()), &test, limits), &TestSurroundings::new());
        for number in 0..3 {
            assert_eq!(asked(&answers, call(number)).await, Ending::Complete);
        }
    }

    async fn a_model_that_may_not_be_asked_is_refused_before_anything_is_spent(test: TestDb) {
        let limits = CallLimits { user_per_minute: 1, ..CallLimits::default() };
        let llm = llm(&scripted(Script::new()), &test, limits);
        let huge: ModelName = "huge".parse().unwrap();
        let asker = parts(call(1)).0;
        let refused = llm.permit(Asker { model: Some(huge.clone()), ..asker.clone() }).err();
        assert_eq!(refused, Some(AskFailure::ModelNotAllowed { model: huge }));
        assert!(llm.permit(asker).is_ok());
    }

    async fn nothing_is_asked_without_an_account(test: TestDb) {
        let model = scripted(Script::new());
        let llm = usual(&model, &test);
        test.db.close().await;
        assert_eq!(llm.ask(&call(1)).await.err(), Some(AskFailure::Storage));
        assert_eq!(model.asked(), []);
    }
}
