//! Every method of the facade, asked by everybody: who may do what is written down in `AUTHORISATION.md`, and held.

use expect_test::expect_file;
use identity::WorkspaceRef;
use perme8_events::{
    Origin, Save as _, StorageError, Transaction as _, UserId, WorkspaceId, sql,
    testing::{Asker, Question, in_two_states, matrix, on_both_engines, questions},
};
use serde_json::json;

use super::Erm;
use crate::{
    Depth, Direction, EdgeId, EntityId, FindPaths, GraphLimit, GraphName, ListEdges, ListEntities,
    ListPlace, ListProjected, Neighbours, PathMode, PutSchema, SchemaDraft, Traverse,
    application::ports::MockMembers,
    domain::schema::{Schema, Writing},
    testing::{ADMIN, GUEST, MEMBER, OWNER, STRANGER, id},
};

/// A workspace with a schema, two people and who of them knows the other, which nobody has touched yet.
struct World {
    erm: Erm,
    company: WorkspaceId,
    ada: EntityId,
    ben: EntityId,
}

impl World {
    async fn new(erm: &Erm, number: u128) -> Self {
        let company = id(number);
        let made = erm.uow.run(system(), async |tx| {
            let definition = draft().check().expect("it is a schema");
            let writing = Writing { by: OWNER, now: tx.now() };
            let schema = Schema::create(tx.new_id(), company, definition, writing);
            tx.save(schema).await?;
            let (ada, ben, now) = (tx.new_id(), tx.new_id(), tx.now());
            for id in [ada, ben] {
                let insert = sql!(
                    "INSERT INTO erm_entities
                        (id, workspace_id, entity_type, properties, created_at, updated_at, version)
                     VALUES ($1, $2, 'Person', '{}', $3, $3, 1)"
                );
                tx.query(insert).bind::<EntityId>(id).bind(company).bind(now).exec().await?;
            }
            let insert = sql!(
                "INSERT INTO erm_edges
                    (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, version)
                 VALUES ($1, $2, 'KNOWS', $3, $4, '{}', $5, $5, 1)"
            );
            let id: EdgeId = tx.new_id();
            let query = tx.query(insert).bind(id).bind(company).bind(ada).bind(ben);
            query.bind(now).exec().await?;
            Ok::<_, StorageError>((ada, ben))
        });
        let (ada, ben) = made.await.unwrap();
        Self { erm: erm.clone(), company, ada, ben }
    }

    fn company(&self) -> WorkspaceRef {
        self.company.into()
    }
}

fn draft() -> SchemaDraft {
    let entity_types = json!([
        { "name": "Person", "properties": [{ "name": "name", "type": "string" }] },
    ]);
    SchemaDraft::from_json(Some(entity_types), Some(json!([{ "name": "KNOWS" }])))
}

fn user(user: UserId) -> Origin {
    Origin::user(user)
}

fn system() -> Origin {
    Origin::system("erm.matrix")
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
`cargo test -p erm` executes each cell on a workspace of its own and compares, so this file is true; `UPDATE_EXPECT=1` writes it.
`cargo xtask tidy` fails while a public method of the facade has no row here.

*yes* is done or answered, *nothing* is answered with nothing; everything else is the variant of the error.
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
        let erm = |is_archived| Erm::new(test.db.clone(), MockMembers::everywhere(is_archived));
        let active = asked(&erm(false), 1_000).await;
        let archived = asked(&erm(true), 2_000).await;
        let text = in_two_states(HEAD, &active, ARCHIVED, &archived);
        expect_file!["../../AUTHORISATION.md"].assert_eq(&text);
    }
}

/// A line per method; worlds are numbered from `number` on.
async fn asked(erm: &Erm, mut number: u128) -> Vec<String> {
    let fresh = async || {
        number += 1;
        World::new(erm, number).await
    };
    matrix(&ASKERS, &rows(), fresh).await
}

fn rows() -> Vec<Question<World>> {
    questions! {
        world: World, origin => world.erm;
        schema(&origin, &world.company());
        put_schema(origin, PutSchema { workspace: world.company(), draft: draft(), version: None });
        put_schema "that is none" (origin, PutSchema {
            workspace: world.company(), draft: SchemaDraft::from_json(None, None), version: Some(7),
        });
        may_put_schema(&origin, &world.company());
        schema_history(&origin, &world.company(), 20, None);
        schema_version(&origin, &world.company(), 1);
        dry_run_schema(&origin, &world.company(), draft());
        entities(&origin, &world.company(), ListEntities {
            entity_type: None, filters: vec![], sort: None, include_deleted: false, limit: 100,
            place: ListPlace::default(),
        });
        edges(&origin, &world.company(), ListEdges {
            edge_type: None, source_id: None, target_id: None, filters: vec![], sort: None,
            include_deleted: false, limit: 100, place: ListPlace::default(),
        });
        neighbours(&origin, &world.company(), GraphName::Own, Neighbours {
            entity: world.ada, direction: Direction::default(), edge_type: None, entity_type: None,
            limit: GraphLimit::default(), offset: 0,
        });
        traverse(&origin, &world.company(), GraphName::Own, Traverse {
            start: world.ada, depth: Depth::default(), direction: Direction::default(),
            edge_types: vec![], entity_types: vec![], limit: GraphLimit::default(),
        });
        paths(&origin, &world.company(), GraphName::Own, FindPaths {
            source: world.ada, target: world.ben, depth: Depth::default(),
            direction: Direction::default(), edge_types: vec![], mode: PathMode::default(),
            limit: GraphLimit::default(),
        });
        graph_nodes(&origin, &world.company(), &ListProjected::default());
        graph_node(&origin, &world.company(), world.ada);
        graph_edges(&origin, &world.company(), &ListProjected::default());
        graph_edge(&origin, &world.company(), id(1));
    }
    .into()
}
