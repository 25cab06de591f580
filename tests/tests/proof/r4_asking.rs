//! R4, with language models: what a host was answering when it was killed is closed with what was told, and asked once.

use std::{sync::Arc, time::Duration};

use llm::{
    Answers, Asker, CallId, ChatCompletions, Ending, Ledger, Message, Models, Provider, Purpose,
    Question, Timeouts, UsageFilter,
    testing::{Gate, MemoryKeeper, ProviderServer, Reply, TestSurroundings},
};
use perme8::MIGRATIONS;
use perme8_events::{Clock as _, SystemClock, testing::TestDb};
use scenarios::{EventStream, Persona, Scenario, eventually};
use serde_json::{Value, json};

use crate::{form::proof, hosts::Host};

/// What the model had said when the host was killed; after that it waits for ever.
const SAID: &str = "Be";
/// Every answer of the dead host is over then, even by the clock of a host that has just begun.
const LATE: Duration = Duration::from_mins(12);

/// What a host left behind that was killed while it asked.
struct Left {
    server: ProviderServer,
    ada: Persona,
    /// To the first of them the model had said nothing, the second was kept, and the third was just being heard.
    queries: [String; 3],
}

/// Asks, and hears that the answer begins.
async fn ask(person: &Persona, agent: &str) -> (EventStream, String) {
    let question = json!({ "question": "Why?" });
    let mut stream = person.post(&format!("/api/agents/{agent}/query")).json(question).hear().await;
    let query = id(&stream.expect("started").await.data["query_id"]);
    (stream, query)
}

fn id(value: &Value) -> String {
    value.as_str().expect("ids are texts").to_owned()
}

/// What there is of a query.
async fn shown(person: &Persona, query: &str) -> Value {
    person.get(&format!("/api/agent-queries/{query}")).await.is(200).data().clone()
}

/// Kills a host in the middle of three answers, and begins another one on its database, when all of them must be over.
async fn killed_while_asking(scenario: &mut Scenario) -> Left {
    let gate = Gate::closed();
    let server =
        ProviderServer::that(Reply::saying([SAID, "cause."]).waiting_after(1, &gate)).await;
    server.next(Reply::silence());
    let ada = scenario.user("ada").await;
    let host = Host::asking(scenario, &server).await;
    let here = host.persona(&ada).await;
    let made = here.post("/api/agents").json(json!({ "name": "Scribe" })).await.is(201);
    let agent = id(&made.data()["id"]);

    let (_silent, first) = ask(&here, &agent).await;
    eventually("the model is asked", async || server.asked().len() == 1).await;
    let (mut heard, second) = ask(&here, &agent).await;
    heard.expect("chunk").await;
    eventually("it is kept", async || shown(&here, &second).await["answer"] == SAID).await;
    let (mut just_heard, third) = ask(&here, &agent).await;
    just_heard.expect("chunk").await;
    host.victim.kill().await;
    eventually("nobody listens", async || server.aborted() == 3).await;

    // They might still be answered, as far as anybody knows.
    scenario.ask_models_of(&server).await;
    let queries = [first, second, third];
    scenario.clock().advance_to(SystemClock.now() + Duration::from_mins(4));
    scenario.run_until_idle().await;
    let ada = ada.again().await;
    for query in &queries {
        assert_eq!(shown(&ada, query).await["status"], "running");
    }
    assert_eq!(accounts(scenario).await, Accounts { calls: 3, running: 3, failed: 0 });
    scenario.clock().advance_to(SystemClock.now() + LATE);
    scenario.run_until_idle().await;
    Left { server, ada: ada.again().await, queries }
}

/// What the accounts say.
#[derive(Debug, PartialEq)]
struct Accounts {
    calls: u64,
    running: u64,
    failed: u64,
}

async fn accounts(scenario: &Scenario) -> Accounts {
    let ledger = Ledger::new(scenario.test_db().db.clone());
    let usage = ledger.usage(&UsageFilter::default()).await.unwrap();
    let [usage] = usage.try_into().expect("one model is asked for one purpose");
    assert!(usage.prompt_tokens > 0, "what was said to the model is not forgotten");
    Accounts { calls: usage.calls, running: usage.running, failed: usage.failed }
}

/// How often it was told that something which was asked has failed.
async fn told(scenario: &Scenario) -> usize {
    let log = scenario.log().await;
    log.iter().filter(|event| event.event_type == "agents.agent_query_failed").count()
}

/// What somebody asks again who does not know that it was asked.
async fn again(answers: &Answers, left: &Left) -> Ending {
    let (purpose, user_id) = (Purpose::new("agents.query"), left.ada.id().parse().unwrap());
    let asker = Asker { purpose, user_id, workspace_id: None, model: None };
    let question = Question {
        id: CallId::new(left.queries[1].parse().unwrap()),
        temperature: None,
        longest_answer: None,
        messages: vec![Message::user("Why?")],
    };
    let permit = answers.permit(asker).expect("nobody asks much");
    let following = answers.begin(permit, question, Box::new(MemoryKeeper::new()));
    following.end().await.expect("it has an end").ending.clone()
}

async fn closed_once_and_asked_once(test: TestDb) {
    let mut scenario = Scenario::start(test).await;
    let left = killed_while_asking(&mut scenario).await;
    // Once more changes nothing.
    for _ in 0..2 {
        let mut answers = Vec::new();
        for query in &left.queries {
            let query = shown(&left.ada, query).await;
            assert_eq!(
                (&query["status"], &query["error"]),
                (&json!("failed"), &json!("interrupted"))
            );
            answers.push(id(&query["answer"]));
        }
        assert_eq!(answers[..2], ["", SAID]);
        assert!(SAID.starts_with(&answers[2]), "what was not kept yet may be lost");
        assert_eq!(accounts(&scenario).await, Accounts { calls: 3, running: 0, failed: 3 });
        assert_eq!((told(&scenario).await, left.server.asked().len()), (3, 3));
        scenario.clock().advance(LATE);
        scenario.run_until_idle().await;
    }
    // Not even a host that tries to asks for it again.
    let ending = again(scenario.app().answers(), &left).await;
    assert_eq!(ending, Ending::Failed(llm::AskFailure::AlreadyAsked));
    assert_eq!(left.server.asked().len(), 3);
    scenario.finish().await;
}

/// Without the accounts, whoever comes back to what was left behind would ask for it again, and that is seen.
async fn asking_past_the_accounts_is_noticed(test: TestDb) {
    let mut scenario = Scenario::start(test).await;
    let left = killed_while_asking(&mut scenario).await;
    let provider = Provider { base_url: left.server.url().parse().unwrap(), api_key: None };
    let models = Models::only("scripted".parse().unwrap(), Vec::new());
    let bare = ChatCompletions::new(provider, models, Timeouts::default()).unwrap();
    left.server.next(Reply::saying(["Because."]));
    let answers = Answers::new(Arc::new(bare), Arc::new(TestSurroundings::new()));
    assert_eq!(again(&answers, &left).await, Ending::Complete);
    assert_eq!(left.server.asked().len(), 4);
    assert_eq!(accounts(&scenario).await, Accounts { calls: 3, running: 0, failed: 3 });
    scenario.finish().await;
}

proof! {
    migrations: *MIGRATIONS;
    what_a_killed_host_was_answering_is_closed_once_and_asked_once: closed_once_and_asked_once;
    control_it_is_asked_again_past_the_accounts: asking_past_the_accounts_is_noticed;
}
