//! Agents that are asked, on a database.

use std::time::Duration;

use expect_test::{Expect, expect};
use identity::AgentId;
use llm::{
    AskFailure, Ending, Heard, Models,
    testing::{Gate, Script, ScriptedModel},
};
use perme8_events::{
    Save as _, StorageError, Transaction as _,
    testing::{TestDb, on_both_engines},
};

use super::*;
use crate::{
    application::{clearance::Clearance, ports::MockMembers},
    domain::visibility::Visibility,
    testing::{ADMIN, COMPANY, MEMBER, agent, in_this_workspace, models},
};

/// A host on which the member shares an agent.
struct Desk {
    agents: Agents,
    asking: AskAgents,
    model: ScriptedModel,
    shared: AgentId,
}

impl Desk {
    async fn new(test: &TestDb, model: ScriptedModel) -> Self {
        let agents = Agents::new(test.db.clone(), MockMembers::everywhere(false), models());
        let asking = in_this_workspace(agents.clone(), &model);
        let shared = share(&agents, MEMBER, "Helper").await;
        Self { agents, asking, model, shared }
    }

    async fn ask(&self, who: UserId, place: Place) -> Result<AskedAgent, AskAgentError> {
        let agent = AgentRef::Id(self.shared);
        let question = "Why?".to_owned();
        let command = AskAgent { agent, question, place, text: None, model: None };
        self.asking.ask_agent(Origin::user(who), command).await
    }

    async fn shown(&self, query: AgentQueryId) -> AgentQueryDetails {
        self.agents.agent_query(&Origin::user(ADMIN), query).await.unwrap()
    }
}

async fn share(agents: &Agents, owner_id: UserId, name: &str) -> AgentId {
    let made = agents.uow.run(Origin::user(owner_id), async |tx| {
        let (id, now) = (tx.new_id(), tx.now());
        let mut is = agent(id, name, Visibility::Shared, &[]).is;
        is.model = None;
        let made = tx.save(Agent::create(id, owner_id, is, now)).await?;
        tx.save(made.place(&[COMPANY], &[], now).expect("it was nowhere")).await
    });
    let made: Result<Agent, StorageError> = made.await;
    made.unwrap().id
}

fn there() -> Place {
    Place { workspace: Some(COMPANY.into()), ..Place::default() }
}

fn about(document: &str) -> Place {
    Place { document: Some(document.to_owned()), ..there() }
}

fn because() -> ScriptedModel {
    ScriptedModel::that(Script::new().says("Be").says("cause."))
}

fn check(query: &AgentQueryDetails, expected: &Expect) {
    let AgentQueryDetails { answer, status, is_partial, error, model, .. } = query;
    let tokens = (query.prompt_tokens > 0, query.completion_tokens);
    expected
        .assert_eq(&format!("{answer:?} {status:?} {is_partial} {error:?} {model:?} {tokens:?}"));
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn an_answer_is_recorded_before_its_end_is_heard(test: TestDb) {
        let desk = Desk::new(&test, because()).await;
        let AskedAgent { query_id, mut following } = desk.ask(ADMIN, there()).await.unwrap();
        let mut text = String::new();
        while let Some(Heard::Piece(piece)) = following.next().await {
            text.push_str(&piece);
        }
        assert_eq!(text, "Because.");
        check(&desk.shown(query_id).await, &expect![[r#""Because." Completed false None Some("scripted") (true, 3)"#]]);
        let of_others = desk.agents.agent_query(&Origin::user(MEMBER), query_id).await;
        assert!(matches!(of_others, Err(AgentQueryError::NotFound)));
    }

    async fn whoever_asks_tells_what_there_is_as_far_as_they_see_it(test: TestDb) {
        let desk = Desk::new(&test, because()).await;
        let place = Place { project: Some("rocket".to_owned()), ..about("plan") };
        desk.ask(ADMIN, place).await.unwrap().following.end().await.unwrap();
        let said = desk.model.asked()[0].messages[0].text.clone();
        for part in ["Be brief.", "Acme", "Rocket", "Plan", "We fly."] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(matches!(desk.ask(ADMIN, about("diary")).await, Err(AskAgentError::DocumentNotFound)));
        let project = Place { project: Some("none".to_owned()), ..there() };
        assert!(matches!(desk.ask(ADMIN, project).await, Err(AskAgentError::ProjectNotFound)));
        desk.ask(MEMBER, about("diary")).await.unwrap().following.end().await.unwrap();
        assert_eq!(desk.model.asked().len(), 2);
    }

    async fn who_does_not_want_to_hear_more_cancels(test: TestDb) {
        let gate = Gate::closed();
        let model = ScriptedModel::that(Script::new().says("Be").waits_for(&gate).says("cause."));
        let desk = Desk::new(&test, model).await;
        let AskedAgent { query_id, mut following } = desk.ask(ADMIN, there()).await.unwrap();
        assert!(matches!(following.next().await, Some(Heard::Piece(_))));
        let others = desk.asking.cancel_agent_query(&Origin::user(MEMBER), query_id).await;
        assert!(matches!(others, Err(AgentQueryError::NotFound)));
        desk.asking.cancel_agent_query(&Origin::user(ADMIN), query_id).await.unwrap();
        assert_eq!(following.end().await.unwrap().ending, Ending::Cancelled);
        check(&desk.shown(query_id).await, &expect![[r#""Be" Cancelled true Some("cancelled") Some("scripted") (true, 1)"#]]);
        desk.asking.cancel_agent_query(&Origin::user(ADMIN), query_id).await.unwrap();
    }

    async fn what_went_wrong_is_recorded(test: TestDb) {
        let desk = Desk::new(&test, because()).await;
        desk.model.next(Script::refusing(AskFailure::ConnectTimeout));
        desk.model.next(Script::new().says("Be").fails(AskFailure::IdleTimeout));
        let AskedAgent { query_id, following } = desk.ask(ADMIN, there()).await.unwrap();
        following.end().await.unwrap();
        check(&desk.shown(query_id).await, &expect![[r#""" Failed false Some("llm_timeout") None (false, 0)"#]]);
        let AskedAgent { query_id, following } = desk.ask(ADMIN, there()).await.unwrap();
        following.end().await.unwrap();
        check(&desk.shown(query_id).await, &expect![[r#""Be" Failed true Some("llm_timeout") Some("scripted") (true, 1)"#]]);
    }

    async fn who_may_not_ask_now_leaves_no_record(test: TestDb) {
        let desk = Desk::new(&test, because()).await;
        let retry_after = Duration::from_secs(5);
        for failure in [AskFailure::NotConfigured, AskFailure::Busy { retry_after }] {
            desk.model.permit_nobody(failure.clone());
            let Err(AskAgentError::Model(refused)) = desk.ask(ADMIN, there()).await else {
                panic!("it is refused")
            };
            assert_eq!(refused, failure);
        }
        // What is wrong with the wish itself, nobody has to wait to hear.
        let nowhere = Place { document: Some("nowhere".to_owned()), ..there() };
        let refused = desk.ask(ADMIN, nowhere).await;
        assert!(matches!(refused, Err(AskAgentError::DocumentNotFound)));
        let all = ExportAgentQueries { after: None, limit: 10 };
        let exported = desk.agents.export_agent_queries(&Origin::user(ADMIN), all).await.unwrap();
        assert!(exported.queries.is_empty() && desk.model.asked().is_empty());
    }

    async fn agents_are_found_by_name_the_own_ones_first(test: TestDb) {
        let desk = Desk::new(&test, because()).await;
        let newer = share(&desk.agents, MEMBER, "HELPER").await;
        let asked = async |who: UserId, name: &str| {
            let (agent, question) = (AgentRef::Named(name.parse().unwrap()), "Why?".to_owned());
            let command = AskAgent { agent, question, place: there(), text: None, model: None };
            let asked = desk.asking.ask_agent(Origin::user(who), command).await?;
            asked.following.end().await.unwrap();
            Ok::<_, AskAgentError>(query_store::query(&test.db, asked.query_id).await?.unwrap().asked.agent_id)
        };
        assert_eq!(asked(ADMIN, "helper").await.unwrap(), newer);
        let own = share(&desk.agents, ADMIN, "Helper").await;
        share(&desk.agents, MEMBER, "Helper").await;
        assert_eq!(asked(ADMIN, "HelpeR").await.unwrap(), own);
        assert!(matches!(asked(ADMIN, "nobody").await, Err(AskAgentError::AgentNotFound)));
    }

    async fn a_model_that_may_not_be_asked_is_not(test: TestDb) {
        let models = Models::only("some/model".parse().unwrap(), Vec::new());
        let desk = Desk::new(&test, because().with_models(models)).await;
        let asked = async |model: &str| {
            let (agent, question) = (AgentRef::Id(desk.shared), "Why?".to_owned());
            let (place, model) = (Place::default(), Some(model.to_owned()));
            let command = AskAgent { agent, question, place, text: None, model };
            desk.asking.ask_agent(Origin::user(ADMIN), command).await
        };
        for refused in ["other/model", "no model"] {
            assert!(matches!(asked(refused).await, Err(AskAgentError::ModelNotAllowed)), "{refused}");
        }
        asked("some/model").await.unwrap().following.end().await.unwrap();
        assert_eq!(desk.model.asked()[0].model.as_ref().unwrap().as_str(), "some/model");
    }

    async fn what_was_asked_is_neither_seen_nor_cancelled_where_somebody_is_no_longer(test: TestDb) {
        let desk = Desk::new(&test, because()).await;
        let mut asked = Vec::new();
        for place in [there(), Place::default()] {
            let AskedAgent { query_id, following } = desk.ask(ADMIN, place).await.unwrap();
            following.end().await.unwrap();
            asked.push(query_id);
        }
        let [there, nowhere] = asked[..] else { panic!("two queries") };
        assert_eq!(desk.shown(there).await.workspace_slug.as_deref(), Some("w1"));
        let (admin, agents) = (Origin::user(ADMIN), Agents::new(test.db.clone(), MockMembers::nowhere(), models()));
        assert!(matches!(agents.agent_query(&admin, there).await, Err(AgentQueryError::NotFound)));
        assert_eq!(agents.agent_query(&admin, nowhere).await.unwrap().workspace_slug, None);
        let all = ExportAgentQueries { after: None, limit: 10 };
        let exported = agents.export_agent_queries(&admin, all).await.unwrap();
        assert_eq!(exported.queries.iter().map(|query| query.id).collect::<Vec<_>>(), [nowhere]);
        let asking = in_this_workspace(agents, &desk.model);
        let cancelled = asking.cancel_agent_query(&admin, there).await;
        assert!(matches!(cancelled, Err(AgentQueryError::NotFound)));
    }

    async fn an_answer_stops_and_stays_away_once_its_query_is_gone(test: TestDb) {
        let model = ScriptedModel::that(Script::new().says("Be").waits_for(&Gate::closed()));
        let desk = Desk::new(&test, model).await;
        let AskedAgent { query_id, mut following } = desk.ask(ADMIN, there()).await.unwrap();
        assert!(matches!(following.next().await, Some(Heard::Piece(_))));
        let left = Clearance::Membership { user_id: ADMIN, workspace_id: COMPANY, until: test.db.clock().now() };
        let cleared = desk.agents.uow.run(Origin::system("agents.test"), async |tx| left.execute(tx).await);
        assert_eq!(cleared.await.unwrap(), 1);
        assert_eq!(following.end().await.unwrap().ending, Ending::Cancelled);
        assert!(query_store::query(&test.db, query_id).await.unwrap().is_none());
    }

    async fn whoever_only_asked_is_missed_as_well(test: TestDb) {
        let desk = Desk::new(&test, because()).await;
        desk.ask(ADMIN, there()).await.unwrap().following.end().await.unwrap();
        let system = Origin::system("agents.reconcile");
        assert_eq!(desk.agents.reconcile(&system, || false).await.unwrap(), 0);
        // The member, whose agent is there, and the admin, who asked it: as people and as members.
        let agents = Agents::new(test.db.clone(), MockMembers::nowhere(), models());
        assert_eq!(agents.reconcile(&system, || false).await.unwrap(), 4);
    }

    async fn queries_are_exported_page_by_page(test: TestDb) {
        let desk = Desk::new(&test, because()).await;
        let mut asked = Vec::new();
        for _ in 0..3 {
            let AskedAgent { query_id, following } = desk.ask(ADMIN, there()).await.unwrap();
            following.end().await.unwrap();
            asked.push(query_id);
        }
        let (mut after, mut exported) = (None, Vec::new());
        loop {
            let page = ExportAgentQueries { after, limit: 2 };
            let page = desk.agents.export_agent_queries(&Origin::user(ADMIN), page).await.unwrap();
            exported.extend(page.queries.iter().map(|query| query.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(exported, asked);
    }
}
