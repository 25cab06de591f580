//! Whole conversations with a model that follows a script.

use std::time::Duration;

use identity::AgentId;
use llm::{
    AskFailure,
    testing::{Gate, Script, ScriptedModel, TestSurroundings},
};
use perme8_events::{
    Origin,
    testing::{TestDb, on_both_engines, wait_until},
};

use super::Chat;
use crate::{
    CancelAnswer, CancelAnswerError, ChatSessionId, CreateSession, DeleteMessage, DeleteSession,
    Exchange, ListMessages, MessageDetails, MessageId, MessageStatus, NamedDocument, Said,
    SendMessage, SendMessageError, Span,
    testing::{
        ADA, COMPANY, ELSEWHERE, RETIRED, SCRIBE, SLEEPER, chat_on, chat_selecting, id, model, says,
    },
};

/// What happens at once happens within this.
const SOON: Duration = Duration::from_secs(10);

struct Talk {
    chat: Chat,
    session: ChatSessionId,
}

impl Talk {
    /// A new session of Ada in the company.
    async fn with(test: &TestDb, model: &ScriptedModel) -> Self {
        Self::on(test, model, &TestSurroundings::new()).await
    }

    async fn on(test: &TestDb, model: &ScriptedModel, node: &TestSurroundings) -> Self {
        let chat = chat_on(test.db.clone(), false, model, node);
        let begin = CreateSession {
            workspace: Some(COMPANY.into()),
            project: Some("mill".to_owned()),
            title: None,
        };
        let session = chat.create_session(ada(), begin).await.unwrap().id;
        Self { chat, session }
    }

    fn saying(&self, content: &str) -> SendMessage {
        says(self.session, content)
    }

    fn with_key(&self, content: &str) -> SendMessage {
        SendMessage { idempotency_key: Some("k-1".to_owned()), ..self.saying(content) }
    }

    async fn send(&self, command: SendMessage) -> Exchange {
        self.chat.send_message(ada(), command).await.unwrap()
    }

    /// Says it and waits for the end of the answer.
    async fn ask(&self, command: SendMessage) -> MessageDetails {
        let exchange = self.send(command).await;
        exchange.hearing.end().await.unwrap().expect("it ends")
    }

    async fn cancel(&self, answer: Option<MessageId>) -> Result<MessageDetails, CancelAnswerError> {
        let session = self.session;
        self.chat.cancel_answer(ada(), CancelAnswer { session, answer }).await
    }

    /// The same on another node.
    fn elsewhere(&self, test: &TestDb, model: &ScriptedModel, node: &TestSurroundings) -> Self {
        Self { chat: chat_on(test.db.clone(), false, model, node), session: self.session }
    }

    /// Every message: its status and what it says.
    async fn all(&self) -> Vec<(MessageStatus, String)> {
        let asked = ListMessages { limit: 100, span: Span::After(0) };
        let page = self.chat.messages(&ada(), self.session, asked).await.unwrap();
        page.messages.into_iter().map(|said| (said.status, said.content)).collect()
    }
}

fn ada() -> Origin {
    Origin::user(ADA)
}

/// What a model was told in its last call, without how to answer.
fn told(model: &ScriptedModel) -> Vec<String> {
    let asked = model.asked();
    let call = asked.last().expect("it was asked");
    call.messages.iter().skip(1).map(|said| said.text.clone()).collect()
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn what_is_asked_is_answered_and_kept(test: TestDb) {
        let model = model("They turn.");
        let talk = Talk::with(&test, &model).await;
        let document = Some(NamedDocument { workspace: None, slug: "gears".to_owned() });
        let answer = talk.ask(SendMessage { document, ..talk.saying("How do mills work?") }).await;
        assert_eq!((answer.status, answer.content.as_str()), (MessageStatus::Complete, "They turn."));
        assert_eq!(answer.model.as_deref(), Some("scripted"));
        let session = talk.chat.session(&ada(), talk.session).await.unwrap();
        assert_eq!(session.title.as_deref(), Some("How do mills work?"));
        assert_eq!((session.answer_id, session.message_count), (None, 2));
        let system = &model.asked()[0].messages[0].text;
        for word in ["The Company", "The Mill", "Gears turn."] {
            assert!(system.contains(word), "{system}");
        }
        talk.ask(talk.saying("And looms?")).await;
        assert_eq!(told(&model), ["How do mills work?", "They turn.", "And looms?"]);
    }

    async fn one_who_listens_hears_it_piece_by_piece_and_one_who_left_misses_nothing(test: TestDb) {
        let gate = Gate::closed();
        let model = ScriptedModel::that(Script::new().says("They ").waits_for(&gate).says("turn."));
        let talk = Talk::with(&test, &model).await;
        let mut exchange = talk.send(talk.with_key("How?")).await;
        assert_eq!(exchange.hearing.next().await.unwrap(), Some(Said::Piece("They ".to_owned())));
        let again = talk.send(talk.with_key("How?")).await;
        assert_eq!((again.message.id, again.answer.id), (exchange.message.id, exchange.answer.id));
        let in_between = talk.chat.send_message(ada(), talk.saying("Why?")).await;
        assert!(matches!(in_between, Err(SendMessageError::AnswerInProgress)));
        drop(exchange.hearing);
        gate.open();
        let ended = again.hearing.end().await.unwrap().unwrap();
        assert_eq!(ended.content, "They turn.");
        assert_eq!(model.asked().len(), 1);
    }

    async fn what_is_cancelled_is_kept_and_answered_again(test: TestDb) {
        let gate = Gate::closed();
        let model = model("They turn.");
        model.next(Script::new().says("They ").waits_for(&gate));
        let talk = Talk::with(&test, &model).await;
        let mut exchange = talk.send(talk.with_key("How?")).await;
        exchange.hearing.next().await.unwrap();
        let cancelled = talk.cancel(None).await.unwrap();
        assert_eq!((cancelled.status, cancelled.content.as_str()), (MessageStatus::Cancelled, "They "));
        talk.ask(talk.with_key("How?")).await;
        let said = |status, content: &str| (status, content.to_owned());
        assert_eq!(talk.all().await, [
            said(MessageStatus::Complete, "How?"),
            said(MessageStatus::Cancelled, "They "),
            said(MessageStatus::Complete, "They turn."),
        ]);
        let done = talk.ask(talk.with_key("How?")).await;
        assert_eq!((done.content.as_str(), model.asked().len()), ("They turn.", 2));
    }

    async fn what_fails_says_why_and_keeps_what_came(test: TestDb) {
        let model = ScriptedModel::that(Script::new().says("They ").fails(AskFailure::IdleTimeout));
        let talk = Talk::with(&test, &model).await;
        let answer = talk.ask(talk.saying("How?")).await;
        assert_eq!((answer.status, answer.content.as_str()), (MessageStatus::Failed, "They "));
        assert_eq!(answer.reason.as_deref(), Some("llm_timeout"));
    }

    async fn what_there_is_no_room_for_is_summarised_once(test: TestDb) {
        let model = model("They turn.");
        let talk = Talk::with(&test, &model).await;
        let long = "word".repeat(4_000);
        for _ in 0..2 {
            talk.ask(talk.saying(&long)).await;
        }
        model.next(Script::new().says("Words were spoken."));
        talk.ask(talk.saying("Well?")).await;
        assert_eq!(talk.all().await.len(), 6, "a summary is no message");
        assert!(model.asked().last().unwrap().messages[0].text.contains("Words were spoken."));
        let calls = model.asked().len();
        assert_eq!(calls, 4);
        talk.ask(talk.saying("And?")).await;
        assert_eq!(model.asked().len(), calls + 1);
    }

    async fn without_a_summary_the_oldest_is_left_out(test: TestDb) {
        let model = model("They turn.");
        let talk = Talk::with(&test, &model).await;
        let long = "word".repeat(4_000);
        for _ in 0..2 {
            talk.ask(talk.saying(&long)).await;
        }
        model.next(Script::refusing(AskFailure::Broken));
        talk.ask(talk.saying("Well?")).await;
        assert!(model.asked().last().unwrap().messages[0].text.contains("left out"));
        assert_eq!(told(&model), [&long, "They turn.", "Well?"], "it begins with the person");
    }

    async fn an_answer_goes_with_its_session(test: TestDb) {
        let gate = Gate::closed();
        let model = ScriptedModel::that(Script::new().says("They ").waits_for(&gate));
        let talk = Talk::with(&test, &model).await;
        let mut exchange = talk.send(talk.saying("How?")).await;
        // Before that nobody need be let go of.
        assert!(exchange.hearing.next().await.unwrap() == Some(Said::Piece("They ".to_owned())));
        let delete = DeleteSession { session: talk.session, seen: None };
        talk.chat.delete_session(ada(), delete).await.unwrap();
        assert!(exchange.hearing.end().await.is_err(), "the session is gone");
        assert_eq!(model.let_go(), 1);
    }

    async fn what_is_deleted_while_a_summary_is_made_is_in_none(test: TestDb) {
        let model = model("They turn.");
        let talk = Talk::with(&test, &model).await;
        let long = "word".repeat(4_000);
        let mut first = None;
        for _ in 0..2 {
            first = first.or(talk.ask(talk.saying(&long)).await.answers);
        }
        let gate = Gate::closed();
        model.next(Script::new().waits_for(&gate).says("Words were spoken."));
        let exchange = talk.send(talk.saying("Well?")).await;
        wait_until("a summary is made", SOON, async || model.asked().len() == 3).await;
        let delete = DeleteMessage { session: talk.session, message: first.unwrap() };
        talk.chat.delete_message(ada(), delete).await.unwrap();
        gate.open();
        exchange.hearing.end().await.unwrap();
        let asked = model.asked();
        let last = &asked.last().unwrap().messages;
        assert!(!last[0].text.contains("Words were spoken."), "{}", last[0].text);
        assert_eq!(told(&model), [&long, "They turn.", "Well?"]);
    }

    async fn what_is_said_is_kept_before_anybody_is_asked(test: TestDb) {
        let gate = Gate::closed();
        let model = model("They turn.");
        let talk = Talk::with(&test, &model).await;
        let long = "word".repeat(4_000);
        for _ in 0..2 {
            talk.ask(talk.saying(&long)).await;
        }
        model.next(Script::new().waits_for(&gate).says("Words were spoken."));
        // The client goes away while a summary is made.
        drop(talk.send(talk.with_key("Well?")).await);
        let again = talk.send(talk.with_key("Well?")).await;
        assert_eq!(again.answer.status, MessageStatus::Pending);
        gate.open();
        assert_eq!(again.hearing.end().await.unwrap().unwrap().content, "They turn.");
        assert_eq!(model.asked().len(), 4);
        // Nothing that has changed since is in the way of what there is.
        let elsewhere = talk.elsewhere(&test, &ScriptedModel::that(Script::new()), &TestSurroundings::new());
        let document = Some(NamedDocument { workspace: None, slug: "gone".to_owned() });
        let model_of_old = Some("delisted".parse().unwrap());
        let command = SendMessage { document, model: model_of_old, ..talk.with_key("Well?") };
        assert_eq!(elsewhere.ask(command).await.content, "They turn.");
    }

    async fn what_another_node_writes_is_heard_and_cancelled(test: TestDb) {
        let gate = Gate::closed();
        let model = ScriptedModel::that(Script::new().says("They ").waits_for(&gate));
        let here = TestSurroundings::new();
        let talk = Talk::on(&test, &model, &here).await;
        let elsewhere = talk.elsewhere(&test, &model, &here.neighbour());
        let first = talk.send(talk.with_key("How?")).await;
        let mut heard = elsewhere.send(talk.with_key("How?")).await.hearing;
        assert_eq!(heard.next().await.unwrap(), Some(Said::Piece("They ".to_owned())));
        let other = first.message.id;
        assert!(matches!(elsewhere.cancel(Some(other)).await, Err(CancelAnswerError::NoAnswer)));
        let cancelled = elsewhere.cancel(None).await.unwrap();
        assert_eq!((cancelled.status, cancelled.content.as_str()), (MessageStatus::Cancelled, "They "));
        assert_eq!(cancelled.model.as_deref(), Some("scripted"), "whoever wrote it said so");
        assert_eq!(heard.next().await.unwrap(), Some(Said::Ended(cancelled.clone())));
        assert_eq!(heard.next().await.unwrap(), None);
        // A click that comes late ends nothing else.
        let next = talk.send(talk.saying("And now?")).await;
        assert_eq!(elsewhere.cancel(Some(cancelled.id)).await.unwrap(), cancelled);
        gate.open();
        assert_eq!(next.hearing.end().await.unwrap().unwrap().status, MessageStatus::Complete);
    }

    async fn what_nobody_writes_any_more_ends_for_whoever_hears_it(test: TestDb) {
        let gate = Gate::closed();
        let model = ScriptedModel::that(Script::new().says("They ").waits_for(&gate));
        let talk = Talk::with(&test, &model).await;
        let gone = talk.elsewhere(&test, &model, &TestSurroundings::new());
        talk.send(talk.with_key("How?")).await.hearing.next().await.unwrap();
        let heard = gone.send(talk.with_key("How?")).await.hearing;
        test.clock.advance(llm::OVER_AFTER + Duration::from_secs(1));
        let ended = heard.end().await.unwrap().unwrap();
        assert_eq!((ended.status, ended.reason.as_deref()), (MessageStatus::Failed, Some("interrupted")));
    }

    async fn an_answer_that_panics_ends_at_once_for_whoever_hears_it(test: TestDb) {
        let model = model("They turn.");
        model.next(Script::new().says("They ").panics());
        let talk = Talk::with(&test, &model).await;
        let ended = talk.ask(talk.with_key("How?")).await;
        assert_eq!((ended.status, ended.reason.as_deref()), (MessageStatus::Failed, Some("interrupted")));
        assert_eq!(talk.ask(talk.with_key("How?")).await.content, "They turn.");
    }

    async fn a_document_is_of_the_workspace_of_the_session(test: TestDb) {
        let model = model("They turn.");
        let talk = Talk::with(&test, &model).await;
        let about = |workspace| {
            let document = Some(NamedDocument { workspace, slug: "gears".to_owned() });
            SendMessage { document, ..talk.saying("How?") }
        };
        for named in [Some(COMPANY.into()), Some("acme".to_owned().into()), None] {
            talk.ask(about(named)).await;
        }
        let elsewhere = talk.chat.send_message(ada(), about(Some(ELSEWHERE.into()))).await;
        assert!(matches!(elsewhere, Err(SendMessageError::DocumentNotFound)));
        let alone = CreateSession { workspace: None, project: None, title: None };
        let session = talk.chat.create_session(ada(), alone).await.unwrap().id;
        for named in [Some(COMPANY.into()), None] {
            let nowhere = SendMessage { session, ..about(named) };
            let nowhere = talk.chat.send_message(ada(), nowhere).await;
            assert!(matches!(nowhere, Err(SendMessageError::DocumentNotFound)));
        }
    }

    async fn of_whoever_may_not_ask_now_nothing_is_kept(test: TestDb) {
        let model = model("They turn.");
        let talk = Talk::with(&test, &model).await;
        let busy = AskFailure::Busy { retry_after: SOON };
        model.permit_nobody(busy.clone());
        let refused = talk.chat.send_message(ada(), talk.saying("How?")).await;
        assert!(matches!(refused, Err(SendMessageError::Model(failure)) if failure == busy));
        assert_eq!(talk.all().await, []);
    }

    async fn an_agent_says_how_to_answer_with_its_model_and_its_temperature(test: TestDb) {
        let model = model("They turn.");
        let talk = Talk::with(&test, &model).await;
        let by = async |talk: &Talk, agent: Option<AgentId>| {
            let answer = talk.ask(SendMessage { agent, ..talk.saying("How?") }).await;
            let call = model.asked().pop().unwrap();
            let is_told = call.messages[0].text.starts_with("Be brief.\n");
            let asked = (call.model.is_some(), call.temperature, is_told);
            assert_eq!(asked, (is_told, is_told.then_some(1.5), is_told));
            answer.agent_id
        };
        assert_eq!(by(&talk, None).await, None);
        assert_eq!(by(&talk, Some(SCRIBE)).await, Some(SCRIBE));
        for (agent, why) in [
            (SLEEPER, "the agent is turned off: its owner can turn it on"),
            (RETIRED, "this model may not be asked here: choose another one"),
            (id(99), "there is no such agent"),
        ] {
            let command = SendMessage { agent: Some(agent), ..talk.saying("How?") };
            let refused = talk.chat.send_message(ada(), command).await.unwrap_err();
            assert_eq!(refused.to_string(), why);
            // One that was selected when it still answered is in nobody's way.
            let selected = Talk { chat: chat_selecting(test.db.clone(), agent, &model), ..talk };
            assert_eq!(by(&selected, None).await, None);
        }
        let selected = Talk { chat: chat_selecting(test.db.clone(), SCRIBE, &model), ..talk };
        assert_eq!(by(&selected, None).await, Some(SCRIBE));
        // Not for somebody who may ask no agents.
        let without = Talk { chat: selected.chat.clone().without_agents(), ..selected };
        assert_eq!(by(&without, None).await, None);
        let named = SendMessage { agent: Some(SCRIBE), ..without.saying("How?") };
        let refused = without.chat.send_message(ada(), named).await;
        assert!(matches!(refused, Err(SendMessageError::AgentNotFound)));
        // Only where it was selected.
        let alone = CreateSession { workspace: None, project: None, title: None };
        let session = selected.chat.create_session(ada(), alone).await.unwrap().id;
        assert_eq!(by(&Talk { session, ..selected }, None).await, None);
    }
}

mod at_once;
