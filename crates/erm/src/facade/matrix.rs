//! Every method of the facade, asked by everybody: who may do what is written down in `AUTHORISATION.md`, and held.

use expect_test::expect_file;
use identity::WorkspaceRef;
use perme8_events::{
    Id, Origin, Save as _, StorageError, Transaction as _, UserId, WorkspaceId,
    testing::{Asker, Question, in_two_states, matrix, on_both_engines, questions},
};
use serde_json::json;

use super::Erm;
use crate::{
    BulkMode, CreateEdge, CreateEdges, CreateEntities, CreateEntity, DeleteEdge, DeleteEntities,
    DeleteEntity, Depth, Direction, EntityUpdate, FileFormat, FindPaths, GraphEntity, GraphLimit,
    GraphName, Import, ImportedSchema, ListEdges, ListEntities, ListError, ListPlace,
    ListProjected, MergeEdge, MergeEntity, Neighbours, NewEdge as NewEdgeItem,
    NewEntity as NewEntityItem, PathMode, Properties, PurgeDeleted, PutEntityByKey, PutSchema,
    ReplaceEdge, ReplaceEntity, RestoreEdge, RestoreEntity, SchemaDraft, Traverse, TypeName,
    UpdateEntities,
    application::ports::MockMembers,
    domain::{
        edge::{Edge, NewEdge},
        entity::{Entity, NewEntity},
        properties::Checked,
        schema::{Schema, Writing},
    },
    testing::{ADMIN, GUEST, MEMBER, OWNER, STRANGER, id},
};

mod knowledge;

/// A workspace with a schema, two entities that an edge joins, and one of each that is deleted; nobody has touched it yet.
struct World {
    erm: Erm,
    company: WorkspaceId,
    number: u128,
}

impl World {
    async fn new(erm: &Erm, number: u128) -> Self {
        let company = id(number);
        let made = erm.uow.run(system(), async |tx| {
            let definition = draft().check().expect("it is a schema");
            let writing = Writing { by: OWNER, now: tx.now() };
            let schema = Schema::create(tx.new_id(), company, definition, writing);
            tx.save(schema).await?;
            for which in [ADA, BOB, GONE] {
                let new = NewEntity {
                    id: id(number * 10 + which),
                    workspace_id: company,
                    entity_type: name("Person"),
                    external_key: None,
                    checked: nothing(),
                    now: tx.now(),
                };
                let entity = tx.save(Entity::create(new, OWNER)).await?;
                if which == GONE {
                    tx.save(entity.delete(0, OWNER, tx.now())).await?;
                }
            }
            for which in [KNOWS, GONE_EDGE] {
                let new = NewEdge {
                    id: id(number * 10 + which),
                    workspace_id: company,
                    edge_type: name("KNOWS"),
                    source_id: id(number * 10 + ADA),
                    target_id: id(number * 10 + BOB),
                    checked: nothing(),
                    now: tx.now(),
                };
                let edge = tx.save(Edge::create(new, OWNER)).await?;
                if which == GONE_EDGE {
                    tx.save(edge.delete(OWNER, tx.now())).await?;
                }
            }
            knowledge::learn(tx, number).await?;
            Ok::<_, StorageError>(())
        });
        made.await.unwrap();
        Self { erm: erm.clone(), company, number }
    }

    fn company(&self) -> WorkspaceRef {
        self.company.into()
    }

    /// One of the entities or edges.
    fn one<A>(&self, which: u128) -> Id<A> {
        id(self.number * 10 + which)
    }

    /// Begins a file and reads the first piece of it.
    async fn next(&self, origin: &Origin) -> Result<Option<String>, ListError> {
        let company = self.company();
        let mut export = self.erm.export(origin, &company, FileFormat::JsonLines).await?;
        export.next().await
    }
}

// Entities and edges of a world.
const ADA: u128 = 1;
const BOB: u128 = 2;
const GONE: u128 = 3;
const KNOWS: u128 = 4;
const GONE_EDGE: u128 = 5;

fn name(text: &str) -> TypeName {
    TypeName::parse(text).expect("it is a name")
}

fn nothing() -> Checked {
    Checked { properties: Properties::new(), values: Vec::new() }
}

fn named(name: &str) -> Properties {
    [("name".to_owned(), name.into())].into_iter().collect()
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
    let mut rows = schema_and_graph_rows();
    rows.extend(item_rows());
    rows.extend(questions! {
        world: World, origin => world;
        next "piece of an export" (&origin);
    });
    rows.extend(knowledge::rows());
    rows
}

fn schema_and_graph_rows() -> Vec<Question<World>> {
    questions! {
        world: World, origin => world.erm;
        schema(&origin, &world.company());
        put_schema(origin, PutSchema { workspace: world.company(), draft: draft(), version: None });
        put_schema "that is none" (origin, PutSchema {
            workspace: world.company(), draft: SchemaDraft::from_json(None, None), version: Some(7),
        });
        may_put_schema(&origin, &world.company());
        may_try_schema(&origin, &world.company());
        may_read(&origin, &world.company());
        may_write(&origin, &world.company());
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
        export(&origin, &world.company(), FileFormat::GraphMl);
        import(origin, Import {
            workspace: world.company(), format: FileFormat::JsonLines, schema: ImportedSchema::IfNone, dry_run: false,
        }, &b""[..], |_| ());
        import "and replace the schema" (origin, Import {
            workspace: world.company(), format: FileFormat::JsonLines, schema: ImportedSchema::Replace, dry_run: false,
        }, &b""[..], |_| ());
        neighbours(&origin, &world.company(), GraphName::Own, Neighbours {
            entity: world.one(ADA), direction: Direction::default(), edge_type: None, entity_type: None,
            limit: GraphLimit::default(), offset: 0,
        });
        traverse(&origin, &world.company(), GraphName::Own, Traverse {
            start: world.one(ADA), depth: Depth::default(), direction: Direction::default(),
            edge_types: vec![], entity_types: vec![], limit: GraphLimit::default(),
        });
        paths(&origin, &world.company(), GraphName::Own, FindPaths {
            source: world.one(ADA), target: world.one(BOB), depth: Depth::default(),
            direction: Direction::default(), edge_types: vec![], mode: PathMode::default(),
            limit: GraphLimit::default(),
        });
        graph_nodes(&origin, &world.company(), &ListProjected::default());
        graph_node(&origin, &world.company(), world.one(ADA));
        graph_edges(&origin, &world.company(), &ListProjected::default());
        graph_edge(&origin, &world.company(), id(1));
    }
    .into()
}

fn item_rows() -> Vec<Question<World>> {
    questions! {
        world: World, origin => world.erm;
        entity(&origin, &world.company(), world.one(ADA), false);
        entity "deleted" (&origin, &world.company(), world.one(GONE), true);
        create_entity(origin, CreateEntity {
            workspace: world.company(), entity_type: "Person".to_owned(), external_key: None, properties: named("Eve"),
        });
        replace_entity(origin, ReplaceEntity {
            workspace: world.company(), id: world.one(ADA), properties: named("Ada"), seen: None,
        });
        merge_entity(origin, MergeEntity {
            workspace: world.company(), id: world.one(ADA), patch: named("Ada"), seen: None,
        });
        put_entity_by_key(origin, PutEntityByKey {
            workspace: world.company(), entity_type: "Person".to_owned(), external_key: "crm:1".to_owned(), properties: named("Eve"),
            seen: None,
        });
        delete_entity(origin, DeleteEntity { workspace: world.company(), id: world.one(ADA), seen: None });
        restore_entity(origin, RestoreEntity { workspace: world.company(), id: world.one(GONE), seen: None });
        edge(&origin, &world.company(), world.one(KNOWS), false);
        edge "deleted" (&origin, &world.company(), world.one(GONE_EDGE), true);
        create_edge(origin, CreateEdge {
            workspace: world.company(), edge_type: "KNOWS".to_owned(), source_id: world.one(BOB), target_id: world.one(ADA),
            properties: Properties::new(),
        });
        replace_edge(origin, ReplaceEdge {
            workspace: world.company(), id: world.one(KNOWS), properties: Properties::new(), seen: None,
        });
        merge_edge(origin, MergeEdge {
            workspace: world.company(), id: world.one(KNOWS), patch: Properties::new(), seen: None,
        });
        delete_edge(origin, DeleteEdge { workspace: world.company(), id: world.one(KNOWS), seen: None });
        restore_edge(origin, RestoreEdge { workspace: world.company(), id: world.one(GONE_EDGE), seen: None });
        create_entities(origin, CreateEntities {
            workspace: world.company(), mode: BulkMode::Atomic,
            items: vec![Ok(NewEntityItem { entity_type: "Person".to_owned(), external_key: None, properties: named("Eve") })],
        });
        update_entities(origin, UpdateEntities {
            workspace: world.company(), mode: BulkMode::Atomic,
            items: vec![Ok(EntityUpdate {
                id: world.one::<GraphEntity>(ADA).to_string(), properties: named("Ada"), seen: None,
            })],
        });
        delete_entities(origin, DeleteEntities {
            workspace: world.company(), mode: BulkMode::Atomic, ids: vec![Ok(world.one::<GraphEntity>(ADA).to_string())],
        });
        create_edges(origin, CreateEdges {
            workspace: world.company(), mode: BulkMode::Atomic,
            items: vec![Ok(NewEdgeItem {
                edge_type: "KNOWS".to_owned(), source_id: world.one::<GraphEntity>(BOB).to_string(),
                target_id: world.one::<GraphEntity>(ADA).to_string(), properties: Properties::new(),
            })],
        });
        purge_deleted(origin, PurgeDeleted { limit: 10 });
    }
    .into()
}
