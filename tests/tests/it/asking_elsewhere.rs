//! Agents that are asked at one host, by people who are at another one as well.

use std::time::Duration;

use llm::testing::{Gate, Reply};
use scenarios::{Persona, Socket, eventually, on_both_engines, on_postgres};
use serde_json::{Value, json};

use crate::{
    agents::agent,
    asking::{asked, ended, provider, query_of, shown, why},
};

/// The next piece of an answer that somebody hears, whatever else is said to them.
async fn piece(socket: &mut Socket) -> Value {
    loop {
        let message = socket.hear().await;
        if message["kind"] == "llm.piece" {
            return message["data"].clone();
        }
    }
}

/// Waits until what somebody says at one host is heard at the other.
async fn connected(here: &Persona, there: &mut Socket, topic: &str) {
    let mut socket = here.socket().await;
    eventually("the other host listens", async || {
        socket.say(json!({ "publish": topic, "kind": "typing" })).await;
        let heard = tokio::time::timeout(Duration::from_millis(100), there.hear()).await;
        heard.is_ok_and(|message| message["kind"] == "typing")
    })
    .await;
}

on_both_engines! {
    async fn what_is_asked_at_one_host_is_cancelled_at_the_other(scenario: &mut Scenario) {
        scenario.go_live().await;
        let gate = Gate::closed();
        let slow = Reply::saying(["Be", "cause."]).waiting_after(1, &gate);
        let server = provider(scenario, slow).await;
        let other = scenario.another_host().await;
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let there = other.persona(&ada);
        let at = agent(&ada, "Scribe", "PRIVATE", &[]).await;
        let mut stream = ada.post(&asked(&at)).json(why()).hear().await;
        let query = query_of(&stream.expect("started").await);
        assert_eq!(stream.expect("chunk").await.data["text"], "Be");
        assert_eq!(shown(&there, &query).await["status"], "running");
        let cancel = format!("/api/agent-queries/{query}/cancel");
        other.persona(&ben).post(&cancel).await.is_refused(404, "agent_query_not_found");
        there.post(&cancel).await.is(204);
        let cancelled = stream.expect("cancelled").await.data;
        assert_eq!((&cancelled["response"], &cancelled["partial"]), (&json!("Be"), &json!(true)));
        eventually("nobody listens", async || server.aborted() == 1).await;
        let record = ended(&there, &query).await;
        assert_eq!((&record["status"], &record["answer"]), (&json!("cancelled"), &json!("Be")));
        // Whoever is late changes nothing, and whoever asks next is answered.
        there.post(&cancel).await.is(204);
        gate.open();
        let answer = there.post(&asked(&at)).json(why()).await.is(200);
        assert_eq!(answer.data()["response"], "Because.");
        assert_eq!(shown(&ada, &query).await, record);
        assert_eq!((server.asked().len(), server.aborted()), (2, 1));
        other.stop().await;
    }
}

#[tokio::test]
async fn pieces_of_an_answer_are_heard_at_the_other_host_by_whoever_asked() {
    on_postgres(async |scenario| {
        scenario.go_live().await;
        let (first, second) = (Gate::closed(), Gate::closed());
        let slow = Reply::saying(["Be", "cau", "se."]);
        let slow = slow.waiting_after(1, &first).waiting_after(2, &second);
        let server = provider(scenario, slow).await;
        let other = scenario.another_host().await;
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "admin").await;
        let there = other.persona(&ada);
        let at = agent(&ada, "Scribe", "SHARED", &[&lumen]).await;

        let topic = format!("ephemeral:user:{}", ada.id());
        let mut socket = there.socket().await;
        socket.subscribe(&topic, None).await;
        connected(&ada, &mut socket, &topic).await;
        let mut of_ben = other.persona(&ben).socket().await;
        let refusal = of_ben.ask(json!({ "subscribe": topic })).await;
        assert_eq!(refusal["error"]["code"], "forbidden", "answers are for those who asked");

        let question = json!({ "question": "Why?", "context": { "workspace": lumen } });
        let mut stream = ada.post(&asked(&at)).json(question).hear().await;
        let query = query_of(&stream.expect("started").await);
        for (from, text, gate) in [(0, "Be", &first), (2, "cau", &second)] {
            assert_eq!(stream.expect("chunk").await.data["text"], text);
            let expected = json!({ "call_id": query, "from": from, "text": text });
            assert_eq!(piece(&mut socket).await, expected);
            if from == 0 {
                gate.open();
            }
        }
        there.post(&format!("/api/agent-queries/{query}/cancel")).await.is(204);
        assert_eq!(stream.expect("cancelled").await.data["response"], "Becau");
        eventually("nobody listens", async || server.aborted() == 1).await;
        let record = ended(&there, &query).await;
        assert_eq!((&record["status"], &record["answer"]), (&json!("cancelled"), &json!("Becau")));
        second.open();
        assert_eq!(server.asked().len(), 1);
        other.stop().await;
    })
    .await;
}
