//! Schemas: written, read, looked back at, and tried.

use erm::{DryRunSchemaError, PutSchemaError, SchemaDraft, SchemaQueryError, SchemaVersionDetails};
use perme8_events::{Origin, sql, sql::UnitOfWork, testing::on_both_engines};
use serde_json::json;
use uuid::Uuid;

use crate::office::{Office, engines, people_and_companies};

/// How often each race is run: who is first differs.
const ROUNDS: i64 = 8;

fn types(names: &[&str]) -> SchemaDraft {
    let types = names.iter().map(|name| json!({ "name": name })).collect();
    SchemaDraft::from_json(Some(types), None)
}

/// People whose names are short and unique, and of whom each has one boss.
fn stricter() -> SchemaDraft {
    let entity_types = json!([{ "name": "Person", "properties": [
        { "name": "full_name", "type": "string", "required": true, "unique": true,
          "constraints": { "max_length": 5 } },
    ] }]);
    let edge_types = json!([
        { "name": "KNOWS", "sources": ["Person"], "targets": ["Person"], "cardinality": "one_to_many" },
    ]);
    SchemaDraft::from_json(Some(entity_types), Some(edge_types))
}

/// Puts entities and edges in the tables, whatever the schema says.
async fn stock(office: &Office) {
    let workspace = office.identity.directory().membership(office.ada, &engines()).await.unwrap();
    let (workspace, _) = workspace.unwrap();
    let entities = [
        (1, "Person", json!({ "full_name": "Ada" }), false),
        (2, "Person", json!({ "full_name": "Ada" }), false),
        (3, "Person", json!({ "full_name": "Charles Babbage" }), false),
        (4, "Company", json!({ "name": "Acme" }), false),
        (5, "Robot", json!({}), true),
    ];
    let edges = [(11, 1, 2), (12, 3, 2), (13, 4, 1)];
    let uow = UnitOfWork::new(office.test.db.clone());
    uow.run(Origin::system("erm.test"), async |tx| {
        let now = perme8_events::Transaction::now(tx);
        for (id, of, properties, is_deleted) in &entities {
            let insert = sql!(
                "INSERT INTO erm_entities
                    (id, workspace_id, entity_type, properties, created_at, updated_at, deleted_at, version)
                 VALUES ($1, $2, $3, $4, $5, $5, $6, 1)"
            );
            let query = tx.query(insert).bind(Uuid::from_u128(*id)).bind(workspace.id).bind(*of);
            let query = query.bind(properties.to_string()).bind(now);
            query.bind(is_deleted.then_some(now)).exec().await?;
        }
        for (id, source, target) in edges {
            let insert = sql!(
                "INSERT INTO erm_edges
                    (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, version)
                 VALUES ($1, $2, 'KNOWS', $3, $4, '{}', $5, $5, 1)"
            );
            let query = tx.query(insert).bind(Uuid::from_u128(id)).bind(workspace.id);
            let query = query.bind(Uuid::from_u128(source)).bind(Uuid::from_u128(target));
            query.bind(now).exec().await?;
        }
        Ok::<_, perme8_events::StorageError>(())
    })
    .await
    .unwrap();
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &identity::MIGRATIONS, &erm::MIGRATIONS];

    async fn a_schema_is_read_as_it_was_written(test: TestDb) {
        let office = Office::open(test).await;
        let by_gus = Origin::user(office.gus);
        let none = office.erm.schema(&by_gus, &engines()).await;
        assert!(matches!(none, Err(SchemaQueryError::NoSchema)), "{none:?}");
        let written = office.put(people_and_companies(), None).await.unwrap();
        assert_eq!(written.version, 1);
        assert_eq!(office.erm.schema(&by_gus, &engines()).await.unwrap(), written);
        let replaced = office.put(types(&["Robot"]), Some(1)).await.unwrap();
        assert_eq!((replaced.id, replaced.version, replaced.edge_types.len()), (written.id, 2, 0));
        assert_eq!(office.erm.schema(&by_gus, &engines()).await.unwrap(), replaced);
        assert_eq!(office.events().await, ["schema_created", "schema_updated"]);
    }

    async fn what_was_refused_leaves_no_trace(test: TestDb) {
        let office = Office::with_schema(test).await;
        for version in [0, 2, 999] {
            let stale = office.put(types(&["Robot"]), Some(version)).await;
            assert!(matches!(stale, Err(PutSchemaError::OtherVersion)), "{stale:?}");
        }
        let none = office.put(types(&["Robot", "Robot"]), None).await;
        assert!(matches!(none, Err(PutSchemaError::Invalid(_))), "{none:?}");
        assert_eq!(office.events().await, ["schema_created"]);
    }

    async fn of_those_who_have_seen_the_same_one_replaces_it(test: TestDb) {
        let office = Office::open(test).await;
        for round in 0..ROUNDS {
            let put = async |name| {
                office.put(types(&[&format!("{name}{round}")]), Some(round)).await
            };
            let outcomes: [_; 3] = tokio::join!(put("A"), put("B"), put("C")).into();
            let done: Vec<_> = outcomes.iter().flatten().map(|schema| schema.version).collect();
            // Of those who write the first one, one does; then that is what the others have not seen.
            assert_eq!(done, [round + 1], "{outcomes:?}");
        }
    }

    async fn versions_are_looked_back_at(test: TestDb) {
        let office = Office::with_schema(test).await;
        for name in ["A", "B", "C"] {
            office.put(types(&[name]), None).await.unwrap();
        }
        let by_gus = Origin::user(office.gus);
        let page = async |limit, after| {
            let page = office.erm.schema_history(&by_gus, &engines(), limit, after).await.unwrap();
            let versions = page.versions.iter().map(|of| of.version).collect::<Vec<_>>();
            assert!(page.versions.iter().all(|of| of.written_by == office.ada));
            (versions, page.next)
        };
        assert_eq!(page(3, None).await, (vec![4, 3, 2], Some(2)));
        assert_eq!(page(3, Some(2)).await, (vec![1], None));
        let first = office.erm.schema_version(&by_gus, &engines(), 1).await.unwrap();
        assert_eq!((first.written.version, first.entity_types.len()), (1, 2));
        let changes = |of: SchemaVersionDetails| serde_json::to_value(of.changes).unwrap();
        assert_eq!(changes(first), json!({
            "entity_types": { "added": ["Person", "Company"] }, "edge_types": { "added": ["EMPLOYS", "KNOWS"] },
        }));
        let second = office.erm.schema_version(&by_gus, &engines(), 2).await.unwrap();
        assert_eq!(second.written.written_through, None);
        assert_eq!(changes(second), json!({
            "entity_types": { "added": ["A"], "removed": ["Person", "Company"] },
            "edge_types": { "removed": ["EMPLOYS", "KNOWS"] },
        }));
        for none in [0, 5] {
            let none = office.erm.schema_version(&by_gus, &engines(), none).await;
            assert!(matches!(none, Err(SchemaQueryError::NoSchema)), "{none:?}");
        }
    }

    async fn the_last_hundred_versions_are_kept(test: TestDb) {
        let office = Office::open(test).await;
        for _ in 0..102 {
            office.put(types(&["A"]), None).await.unwrap();
        }
        let by_gus = Origin::user(office.gus);
        let page = office.erm.schema_history(&by_gus, &engines(), 1_000, None).await.unwrap();
        let versions: Vec<_> = page.versions.iter().map(|of| of.version).collect();
        assert!(versions.iter().copied().eq((3..=102).rev()), "{versions:?}");
        assert_eq!(page.next, None);
        // What the one before the first of them was is not known any more.
        for (version, is_known) in [(2, None), (3, Some(false)), (4, Some(true))] {
            let kept = office.erm.schema_version(&by_gus, &engines(), version).await;
            assert_eq!(kept.ok().map(|of| of.changes.is_some()), is_known, "{version}");
        }
    }

    async fn a_schema_is_tried_on_what_is_there(test: TestDb) {
        let office = Office::with_schema(test).await;
        stock(&office).await;
        let by_ada = Origin::user(office.ada);
        let trial = office.erm.dry_run_schema(&by_ada, &engines(), people_and_companies()).await.unwrap();
        assert_eq!((trial.entities, trial.edges, trial.nonconforming), (4, 3, vec![]));
        let trial = office.erm.dry_run_schema(&by_ada, &engines(), stricter()).await.unwrap();
        assert_eq!((trial.nonconforming_entities, trial.nonconforming_edges), (3, 2));
        let shown = serde_json::to_string_pretty(&trial).unwrap();
        expect_test::expect_file!["dry_run.json"].assert_eq(&shown);
        assert_eq!(office.events().await, ["schema_created"]);
        let none = office.erm.dry_run_schema(&by_ada, &engines(), types(&[])).await;
        assert!(matches!(none, Err(DryRunSchemaError::Invalid(_))), "{none:?}");
    }
}
