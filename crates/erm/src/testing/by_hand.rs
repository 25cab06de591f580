//! Entities and edges as a program would write and list them that keeps nothing else: no event tells of them, no index holds their
//! values, no schema and no quota is asked.

use perme8_events::{
    Origin, StorageError, Transaction as _, WorkspaceId, sql,
    sql::{Db, Query, UnitOfWork},
};

use crate::{EdgeId, EntityId, Properties};

/// Writes and lists by hand, in a workspace of its own.
#[derive(Debug, Clone)]
pub struct ByHand {
    db: Db,
    uow: UnitOfWork,
    workspace: WorkspaceId,
}

/// What is asked of people: their `age`, their `city`, and whether they are `active`.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// They are at least so old.
    pub least_age: i64,
    /// They live there; anywhere if it is empty.
    pub city: &'a str,
    /// They are active; or else it does not matter.
    pub is_active: bool,
    /// By their `name`; or else the newest first.
    pub by_name: bool,
}

/// Conditions on properties, each read out of its JSON, on SQLite.
macro_rules! people_sqlite {
    () => {
        " FROM erm_entities
          WHERE workspace_id = $1 AND entity_type = 'Person' AND deleted_at IS NULL AND properties ->> 'age' >= $2
            AND ($3 = '' OR properties ->> 'city' = $3) AND (properties ->> 'active' OR NOT $4)"
    };
}

/// The same on PostgreSQL.
macro_rules! people_postgres {
    () => {
        " FROM erm_entities
          WHERE workspace_id = $1 AND entity_type = 'Person' AND deleted_at IS NULL
            AND (properties::jsonb ->> 'age')::bigint >= $2
            AND ($3 = '' OR properties::jsonb ->> 'city' = $3) AND ((properties::jsonb ->> 'active')::boolean OR NOT $4)"
    };
}

/// Who writes.
fn origin() -> Origin {
    Origin::system("erm.by_hand")
}

fn text(properties: &Properties) -> Result<String, StorageError> {
    serde_json::to_string(properties).map_err(StorageError::new)
}

impl ByHand {
    /// In this workspace.
    #[must_use]
    pub fn new(db: &Db, workspace: WorkspaceId) -> Self {
        Self { db: db.clone(), uow: UnitOfWork::new(db.clone()), workspace }
    }

    /// Inserts people, a statement for each, in one transaction.
    ///
    /// # Errors
    ///
    /// The storage fails.
    pub async fn insert_people(&self, all: &[Properties]) -> Result<(), StorageError> {
        let insert = sql!(
            "INSERT INTO erm_entities (id, workspace_id, entity_type, properties, created_at, updated_at, version)
             VALUES ($1, $2, 'Person', $3, $4, $4, 1)"
        );
        let written = self.uow.run(origin(), async |tx| {
            for properties in all {
                let (id, now): (EntityId, _) = (tx.new_id(), tx.now());
                let query = tx.query(insert).bind(id).bind(self.workspace);
                query.bind(text(properties)?).bind(now).exec().await?;
            }
            Ok(())
        });
        written.await
    }

    /// Inserts edges between entities, a statement for each, in one transaction.
    ///
    /// # Errors
    ///
    /// The storage fails.
    pub async fn insert_edges(&self, all: &[(EntityId, EntityId)]) -> Result<(), StorageError> {
        let insert = sql!(
            "INSERT INTO erm_edges
             (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, version)
             VALUES ($1, $2, 'KNOWS', $3, $4, '{}', $5, $5, 1)"
        );
        let written = self.uow.run(origin(), async |tx| {
            for (source, target) in all {
                let (id, now): (EdgeId, _) = (tx.new_id(), tx.now());
                let query = tx.query(insert).bind(id).bind(self.workspace);
                query.bind(*source).bind(*target).bind(now).exec().await?;
            }
            Ok(())
        });
        written.await
    }

    /// Inserts the person of this key, or replaces what is known of it, in a transaction of its own.
    ///
    /// # Errors
    ///
    /// The storage fails.
    pub async fn put_person(&self, key: &str, properties: &Properties) -> Result<(), StorageError> {
        let put = sql!(
            "INSERT INTO erm_entities
             (id, workspace_id, entity_type, external_key, properties, created_at, updated_at, version)
             VALUES ($1, $2, 'Person', $3, $4, $5, $5, 1)
             ON CONFLICT (workspace_id, entity_type, external_key) WHERE external_key IS NOT NULL AND deleted_at IS NULL
             DO UPDATE SET properties = excluded.properties, updated_at = excluded.updated_at,
                           version = erm_entities.version + 1"
        );
        let written = self.uow.run(origin(), async |tx| {
            let (id, now): (EntityId, _) = (tx.new_id(), tx.now());
            let query = tx.query(put).bind(id).bind(self.workspace).bind(key);
            query.bind(text(properties)?).bind(now).exec().await?;
            Ok(())
        });
        written.await
    }

    /// How many people fulfil this, and the first so many of them.
    ///
    /// # Errors
    ///
    /// The storage fails.
    pub async fn scan(
        &self,
        asked: Scan<'_>,
        limit: u16,
    ) -> Result<(i64, Vec<EntityId>), StorageError> {
        let count = sql!(
            sqlite: concat!("SELECT count(*)", people_sqlite!()),
            postgres: concat!("SELECT count(*)", people_postgres!())
        );
        let page = if asked.by_name {
            sql!(
                sqlite: concat!("SELECT id", people_sqlite!(), " ORDER BY properties ->> 'name', id LIMIT $5"),
                postgres: concat!("SELECT id", people_postgres!(), " ORDER BY properties::jsonb ->> 'name', id LIMIT $5")
            )
        } else {
            sql!(
                sqlite: concat!("SELECT id", people_sqlite!(), " ORDER BY created_at DESC, id DESC LIMIT $5"),
                postgres: concat!("SELECT id", people_postgres!(), " ORDER BY created_at DESC, id DESC LIMIT $5")
            )
        };
        let count = self.db.query(count).bind(self.workspace);
        let total: i64 = asked.bind_to(count).scalar().await?;
        let page = self.db.query(page).bind(self.workspace);
        let found: Vec<(EntityId,)> = asked.bind_to(page).bind(i64::from(limit)).all().await?;
        Ok((total, found.into_iter().map(|(id,)| id).collect()))
    }
}

impl Scan<'_> {
    fn bind_to<'c>(&self, query: Query<'c>) -> Query<'c> {
        let Self { least_age, city, is_active, by_name: _ } = *self;
        query.bind(least_age).bind(city).bind(is_active)
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::testing::on_both_engines;
    use serde_json::json;

    use super::*;
    use crate::testing::COMPANY;

    fn person(name: &str, age: i64, city: &str, active: bool) -> Properties {
        let person = json!({ "name": name, "age": age, "city": city, "active": active });
        person.as_object().cloned().unwrap()
    }

    on_both_engines! {
        migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

        async fn what_is_written_by_hand_is_found_by_a_look_at_each(test: TestDb) {
            let by_hand = ByHand::new(&test.db, COMPANY);
            let people = [
                person("Ada", 36, "London", true),
                person("Ben", 20, "London", false),
                person("Cem", 50, "Paris", true),
            ];
            by_hand.insert_people(&people).await.unwrap();
            for age in [60, 61] {
                by_hand.put_person("dora", &person("Dora", age, "London", true)).await.unwrap();
            }
            let all = Scan { least_age: 0, city: "", is_active: false, by_name: true };
            let (total, [ada, ben, cem, dora]) = by_hand.scan(all, 9).await
                .map(|(total, found)| (total, <[EntityId; 4]>::try_from(found).unwrap())).unwrap();
            assert_eq!(total, 4);
            for (asked, expected) in [
                (Scan { least_age: 21, ..all }, vec![ada, cem, dora]),
                (Scan { least_age: 61, ..all }, vec![dora]),
                (Scan { city: "London", ..all }, vec![ada, ben, dora]),
                (Scan { city: "London", is_active: true, ..all }, vec![ada, dora]),
                (Scan { by_name: false, is_active: true, ..all }, vec![dora, cem, ada]),
            ] {
                let total = i64::try_from(expected.len()).unwrap();
                assert_eq!(by_hand.scan(asked, 9).await.unwrap(), (total, expected), "{asked:?}");
            }
            assert_eq!(by_hand.scan(all, 1).await.unwrap(), (4, vec![ada]));
            by_hand.insert_edges(&[(ada, ben)]).await.unwrap();
        }
    }
}
