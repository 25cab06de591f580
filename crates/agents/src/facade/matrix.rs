//! Every method of the facade, asked by everybody: who may do what is written down in `AUTHORISATION.md`, and held.

use expect_test::expect_file;
use identity::{AgentId, WorkspaceRef};
use perme8_events::{
    Origin, Save as _, StorageError, Transaction as _, UserId, WorkspaceId,
    testing::{Asker, Question, in_two_states, matrix, on_both_engines, questions},
};

use super::Agents;
use crate::{
    AddAgentToWorkspace, AgentQueryId, AgentRef, AskAgent, AskAgents, CloneAgent,
    CloseInterruptedQueries, CreateAgent, DeleteAgent, ExportAgentQueries, ListWorkspaceAgents,
    Place, PurgeAgentQueries, RemoveAgentFromWorkspace, SyncAgentWorkspaces, UpdateAgent,
    Visibility,
    application::ports::MockMembers,
    domain::{
        agent::Agent,
        query::{Asked, Query},
    },
    testing::{ADMIN, GUEST, MEMBER, OWNER, STRANGER, agent, asked_of, asking, id, models, named},
};

/// A workspace with a shared and a private agent of the member, one of theirs that is nowhere, and one of the guest.
struct World {
    agents: Agents,
    asking: AskAgents,
    company: WorkspaceId,
    shared: AgentId,
    private: AgentId,
    nowhere: AgentId,
    of_the_guest: AgentId,
    /// Something that the member asked.
    query: AgentQueryId,
}

impl World {
    async fn new(agents: &Agents, number: u128) -> Self {
        let company: WorkspaceId = id(number);
        let made = agents.uow.run(system(), async |tx| {
            // Those of the world before: nobody has as many as there are worlds.
            tx.query(perme8_events::sql!("DELETE FROM agents_agents")).exec().await?;
            let mut ids = Vec::new();
            for (owner_id, visibility, is_there) in [
                (MEMBER, Visibility::Shared, true),
                (MEMBER, Visibility::Private, true),
                (MEMBER, Visibility::Shared, false),
                (GUEST, Visibility::Shared, false),
            ] {
                let is = agent(id(1), "Helper", visibility, &[]).is;
                let made = Agent::create(tx.new_id(), owner_id, is, tx.now());
                let made = tx.save(made).await?;
                if is_there {
                    let placed = made.place(&[company], &[], tx.now());
                    tx.save(placed.expect("it was nowhere")).await?;
                }
                ids.push(made.id);
            }
            let asked = Asked { user_id: MEMBER, ..asked_of(ids[0]) };
            let (query, now) = (tx.new_id(), tx.now());
            let query = tx.save(Query::begin(query, asked, now)).await?;
            Ok::<_, StorageError>((ids, query.id))
        });
        let (made, query) = made.await.unwrap();
        let asking = asking(agents.clone());
        let [shared, private, nowhere, of_the_guest] = made[..] else { panic!("four agents") };
        let agents = agents.clone();
        Self { agents, asking, company, shared, private, nowhere, of_the_guest, query }
    }

    fn company(&self) -> WorkspaceRef {
        self.company.into()
    }

    fn renamed(agent_id: AgentId) -> UpdateAgent {
        UpdateAgent {
            agent_id,
            name: Some("Scribe".to_owned()),
            description: None,
            system_prompt: None,
            model: None,
            temperature: None,
            visibility: None,
            is_enabled: None,
            seen: None,
        }
    }

    fn cloned(&self, agent_id: AgentId) -> CloneAgent {
        CloneAgent { agent_id, workspace: Some(self.company()) }
    }

    fn added(&self, agent_id: AgentId) -> AddAgentToWorkspace {
        AddAgentToWorkspace { agent_id, workspace: self.company() }
    }

    fn question(agent: AgentRef, place: Place) -> AskAgent {
        AskAgent { agent, question: "Why?".to_owned(), place, text: None, model: None }
    }

    fn asked(agent_id: AgentId) -> AskAgent {
        Self::question(AgentRef::Id(agent_id), Place::default())
    }

    fn asked_there(&self) -> AskAgent {
        let place = Place { workspace: Some(self.company()), ..Place::default() };
        Self::question(AgentRef::Named("helper".parse().unwrap()), place)
    }

    fn removed(&self, agent_id: AgentId) -> RemoveAgentFromWorkspace {
        RemoveAgentFromWorkspace { agent_id, workspace: self.company() }
    }
}

fn user(user: UserId) -> Origin {
    Origin::user(user)
}

fn system() -> Origin {
    Origin::system("agents.matrix")
}

/// Who asks.
const ASKERS: [Asker<World>; 10] = [
    ("owner", |_| user(OWNER)),
    ("admin", |_| user(ADMIN)),
    ("member", |_| user(MEMBER)),
    ("guest", |_| user(GUEST)),
    ("stranger", |_| user(STRANGER)),
    ("nobody", |_| Origin::anonymous()),
    ("system", |_| system()),
    ("system for an admin", |_| system().on_behalf_of_user(ADMIN)),
    ("system for a guest", |_| system().on_behalf_of_user(GUEST)),
    ("system for a stranger", |_| system().on_behalf_of_user(STRANGER)),
];

const HEAD: &str = "\
# Who may do what

Every method of the facade, asked by everybody who could ask; the roles are those in the workspace.
`cargo test -p agents` executes each cell on a workspace of its own and compares, so this file is true; `UPDATE_EXPECT=1` writes it.
`cargo xtask tidy` fails while a public method of the facade has no row here.

*yes* is done or answered, *nothing* is answered with nothing; everything else is the variant of the error.
The agents are those of the member, unless it is said whose; one is shared in the workspace, one is private there, and one is nowhere.
Whoever is gone, or has left, is a stranger; the system acts for nobody but the person whose act it carries on.

## In a workspace that is in use

";

const ARCHIVED: &str = "
## In an archived workspace

Only what differs.

";

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn everybody_may_what_is_written_down(test: TestDb) {
        let agents = |is_archived| Agents::new(test.db.clone(), MockMembers::everywhere(is_archived), models());
        let active = asked(&agents(false), 1_000).await;
        let archived = asked(&agents(true), 2_000).await;
        let text = in_two_states(HEAD, &active, ARCHIVED, &archived);
        expect_file!["../../AUTHORISATION.md"].assert_eq(&text);
    }
}

/// A line per method; worlds are numbered from `number` on.
async fn asked(agents: &Agents, mut number: u128) -> Vec<String> {
    let fresh = async || {
        number += 1;
        World::new(agents, number).await
    };
    matrix(&ASKERS, &rows(), fresh).await
}

fn rows() -> Vec<Question<World>> {
    let queries = questions! {
        world: World, origin => world.asking;
        ask_agent "shared" (origin, World::asked(world.shared));
        ask_agent "private" (origin, World::asked(world.private));
        ask_agent "nowhere" (origin, World::asked(world.nowhere));
        ask_agent "by name, in the workspace" (origin, world.asked_there());
        cancel_agent_query "of the member" (&origin, world.query);
    };
    let agents = questions! {
        world: World, origin => world.agents;
        create_agent(origin, CreateAgent { visibility: Visibility::Shared, ..named("New") });
        agents "the own" (&origin);
        agent "shared" (&origin, world.shared);
        agent_workspaces "shared" (&origin, world.shared);
        workspace_agents(&origin, &world.company(), ListWorkspaceAgents::default());
        export_agents "the own" (&origin);
        update_agent "shared" (origin, World::renamed(world.shared));
        update_agent "private" (origin, World::renamed(world.private));
        delete_agent "shared" (origin, DeleteAgent { agent_id: world.shared, seen: None });
        clone_agent "shared" (origin, CloneAgent { agent_id: world.shared, workspace: None });
        clone_agent "shared, in the workspace" (origin, world.cloned(world.shared));
        clone_agent "private, in the workspace" (origin, world.cloned(world.private));
        clone_agent "nowhere" (origin, world.cloned(world.nowhere));
        sync_agent_workspaces "shared" (origin, SyncAgentWorkspaces { agent_id: world.shared, workspaces: Vec::new(), among: None });
        add_agent_to_workspace "nowhere" (origin, world.added(world.nowhere));
        add_agent_to_workspace "of the guest" (origin, world.added(world.of_the_guest));
        remove_agent_from_workspace "shared" (origin, world.removed(world.shared));
        remove_agent_from_workspace "private" (origin, world.removed(world.private));
        agent_query "of the member" (&origin, world.query);
        export_agent_queries "the own" (&origin, ExportAgentQueries { after: None, limit: 1 });
        close_interrupted_queries(origin, CloseInterruptedQueries { limit: 1 });
        purge_agent_queries(origin, PurgeAgentQueries { limit: 1 });
    };
    let upkeep = questions! {
        world: World, origin => world.agents;
        reconcile(&origin, || false);
    };
    agents.into_iter().chain(queries).chain(upkeep).collect()
}
