//! Ada's workspace, in which Ben is a member and Gus a guest, and another one of Ada's.

use std::sync::Arc;

use agents::{
    AgentDetails, Agents, Clearer, CreateAgent, IdentityGateway, ListWorkspaceAgents, OnAccessLost,
    SyncAgentWorkspaces, SyncedWorkspaces, Temperature, Visibility,
};
use identity::{
    AcceptInvitation, AgentId, CreateWorkspace, DeleteAccount, DeleteWorkspace, Identity,
    InviteMember, Role, WorkspaceRef,
    testing::{log_in, user_with_password},
};
use llm::Models;
use perme8_events::{
    EventFilter, EventStore as _, Origin, Position, UserId,
    host::{Outcome, Runtime, RuntimeBuilder},
    testing::TestDb,
};

pub(crate) struct Office {
    pub(crate) test: TestDb,
    pub(crate) identity: Identity,
    pub(crate) agents: Agents,
    pub(crate) ada: UserId,
    pub(crate) ben: UserId,
    pub(crate) gus: UserId,
}

/// The workspace, as addresses name it.
pub(crate) fn engines() -> WorkspaceRef {
    "engines".into()
}

impl Office {
    pub(crate) async fn open(test: TestDb) -> Self {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let agents = Agents::new(test.db.clone(), gateway(&identity), Models::unknown());
        let ada = user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        let ben = user_with_password(&identity, "ben@example.com", "Ben", "Franklin").await;
        let gus = user_with_password(&identity, "gus@example.com", "Gus", "Fring").await;
        for name in ["Engines", "Looms"] {
            let named = CreateWorkspace { name: name.to_owned(), description: None, color: None };
            identity.create_workspace(Origin::user(ada), named).await.unwrap();
        }
        let office = Self { test, identity, agents, ada, ben, gus };
        office.join(&engines(), ben, "ben@example.com", Role::Member).await;
        office.join(&engines(), gus, "gus@example.com", Role::Guest).await;
        office
    }

    pub(crate) async fn join(
        &self,
        workspace: &WorkspaceRef,
        user: UserId,
        email: &str,
        role: Role,
    ) {
        let (workspace, email) = (workspace.clone(), email.to_owned());
        let invite = InviteMember { workspace, email, role };
        let invited = self.identity.invite_member(Origin::user(self.ada), invite).await.unwrap();
        let accept = AcceptInvitation { invitation: invited.id.into() };
        self.identity.accept_invitation(Origin::user(user), accept).await.unwrap();
    }

    /// A new agent of somebody, which is in these workspaces.
    pub(crate) async fn make(
        &self,
        by: UserId,
        name: &str,
        visibility: Visibility,
        workspaces: &[&str],
    ) -> AgentDetails {
        self.test.clock.advance(std::time::Duration::from_secs(1));
        let command = CreateAgent {
            name: name.to_owned(),
            description: None,
            system_prompt: Some("Be brief.".to_owned()),
            model: None,
            temperature: Temperature::DEFAULT,
            visibility,
            is_enabled: true,
        };
        let made = self.agents.create_agent(Origin::user(by), command).await.unwrap();
        if !workspaces.is_empty() {
            let synced = self.place(by, made.id, workspaces).await;
            assert_eq!(synced.refused, []);
        }
        made
    }

    pub(crate) async fn place(
        &self,
        by: UserId,
        agent_id: AgentId,
        workspaces: &[&str],
    ) -> SyncedWorkspaces {
        let workspaces = workspaces.iter().map(|slug| (*slug).to_owned()).collect();
        let command = SyncAgentWorkspaces { agent_id, workspaces, among: None };
        self.agents.sync_agent_workspaces(Origin::user(by), command).await.unwrap()
    }

    /// What somebody sees in the workspace: the own agents, and those of others.
    pub(crate) async fn seen(&self, by: UserId) -> (Vec<String>, Vec<String>) {
        let asked = ListWorkspaceAgents::default();
        let seen = self.agents.workspace_agents(&Origin::user(by), &engines(), asked).await;
        let seen = seen.unwrap();
        let own = seen.own.into_iter().map(|one| one.name).collect();
        (own, seen.of_others.into_iter().map(|one| one.name).collect())
    }

    pub(crate) async fn end_account(&self, user: UserId, email: &str) {
        let session_id = log_in(&self.identity, email).await.session_id;
        let delete = DeleteAccount { session_id };
        self.identity.delete_account(Origin::user(user), delete).await.unwrap();
    }

    pub(crate) async fn end_workspace(&self) {
        let session_id = log_in(&self.identity, "ada@example.com").await.session_id;
        let delete = DeleteWorkspace { workspace: engines(), session_id };
        self.identity.delete_workspace(Origin::user(self.ada), delete).await.unwrap();
    }

    /// Lets the handlers and workers of this context do what there is to do.
    pub(crate) async fn settle(&self) {
        let runtime = Runtime::builder(&self.test.db).handler(OnAccessLost);
        self.run(runtime.worker(Clearer::new(self.test.db.clone()))).await;
    }

    /// Looks after what events never told; gives how many people and memberships were found to be gone.
    pub(crate) async fn repair(&self) -> u64 {
        let agents = Agents::new(self.test.db.clone(), gateway(&self.identity), Models::unknown());
        let origin = Origin::system("agents.reconcile");
        let found = agents.reconcile(&origin, || false).await.unwrap();
        let runtime = Runtime::builder(&self.test.db).retired("agents.on_access_lost");
        self.run(runtime.worker(Clearer::new(self.test.db.clone()))).await;
        found
    }

    async fn run(&self, builder: RuntimeBuilder) {
        let runtime = builder.build();
        let mut driver = runtime.driver(Some(self.test.clock.clone())).await;
        for reaction in driver.run_until_idle().await {
            assert_eq!(reaction.outcome, Outcome::Handled, "{}", reaction.handler);
        }
    }

    /// The types of the events of this context, oldest first.
    pub(crate) async fn events(&self) -> Vec<String> {
        let events = self.test.db.read(&EventFilter::All, Position::START, 10_000).await.unwrap();
        let types = events.into_iter().map(|event| event.event_type);
        types.filter_map(|name| Some(name.strip_prefix("agents.")?.to_owned())).collect()
    }
}

pub(crate) fn gateway(identity: &Identity) -> Arc<IdentityGateway> {
    Arc::new(IdentityGateway::new(identity.directory()))
}
