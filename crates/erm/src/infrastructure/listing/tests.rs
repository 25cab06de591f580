//! Lists say what a look at every item would say, on both engines alike.

use chrono::{DateTime, Utc};
use identity::WorkspaceRef;
use perme8_events::{
    Origin, StorageError, sql,
    sql::{Tx, UnitOfWork},
    testing::{TestDb, on_both_engines},
};
use serde_json::{Value, json};

use crate::{
    EdgeId, EntityId, Erm, Filter, FilterError, ListEdges, ListEntities, ListError, ListPlace,
    application::ports::{MockMembers, items::Holder},
    domain::{filter::Condition, properties, schema::SchemaDefinition},
    infrastructure::listing::ranges::Values,
    testing::{COMPANY, ELSEWHERE, GUEST, STRANGER, id},
};

/// People, and who knows whom.
struct World {
    erm: Erm,
    people: Vec<Person>,
}

/// What is stored of a person; `age` may be missing.
#[derive(Debug, Clone)]
struct Person {
    id: EntityId,
    created_at: DateTime<Utc>,
    properties: Value,
}

fn schema() -> Value {
    let property = |name: &str, of: &str| json!({"name": name, "type": of, "required": false, "constraints": {}});
    json!({
        "entity_types": [
            {"name": "Person", "properties": [property("name", "string"), property("age", "integer"), property("active", "boolean")]},
            {"name": "Robot", "properties": []},
        ],
        "edge_types": [{"name": "KNOWS", "properties": [property("since", "integer")]}],
    })
}

/// Three are made at a time; every seventh has no age.
fn people(count: u32) -> Vec<Person> {
    (0..count)
        .map(|number| {
            let mut properties =
                json!({"name": format!("person {}", number % 10), "active": number % 2 == 0});
            if number % 7 != 0 {
                properties["age"] = json!(i64::from(number * 37 % 50) - 10);
            }
            Person {
                id: id(u128::from(number * 7919 % 10007) + 100),
                created_at: DateTime::from_timestamp(1_700_000_000 + i64::from(number / 3), 0)
                    .unwrap(),
                properties,
            }
        })
        .collect()
}

/// Where an item is kept, and of which type it is.
type Kept<'a> = (&'a str, &'a str);

async fn values(
    tx: &mut Tx,
    (holder, of): Kept<'_>,
    item: uuid::Uuid,
    properties: &Value,
) -> Result<(), StorageError> {
    let schema: SchemaDefinition = serde_json::from_value(schema()).unwrap();
    let definitions = match holder {
        "entity" => &schema.entity_type(of).unwrap().properties,
        _ => &schema.edge_type(of).unwrap().properties,
    };
    let checked = properties::check(definitions, properties.as_object().unwrap().clone()).unwrap();
    for value in checked.values {
        let insert = sql!(
            "INSERT INTO erm_values (workspace_id, holder, item_type, property, key, item_id) VALUES ($1, $2, $3, $4, $5, $6)"
        );
        let query = tx.query(insert).bind(COMPANY).bind(holder).bind(of);
        query.bind(value.property.as_str()).bind(value.key.as_bytes()).bind(item).exec().await?;
    }
    Ok(())
}

async fn entity(
    tx: &mut Tx,
    of: &str,
    person: &Person,
    is_deleted: bool,
) -> Result<(), StorageError> {
    let insert = sql!(
        "INSERT INTO erm_entities (id, workspace_id, entity_type, properties, created_at, updated_at, deleted_at, version)
         VALUES ($1, $2, $3, $4, $5, $5, $6, 1)"
    );
    let query = tx.query(insert).bind(person.id).bind(COMPANY).bind(of);
    let query = query.bind(person.properties.to_string()).bind(person.created_at);
    query.bind(is_deleted.then_some(person.created_at)).exec().await?;
    if is_deleted {
        Ok(())
    } else {
        values(tx, ("entity", of), person.id.uuid(), &person.properties).await
    }
}

/// The one knows the other since a year.
async fn edge(tx: &mut Tx, number: u32, [from, to]: [EntityId; 2]) -> Result<(), StorageError> {
    let insert = sql!(
        "INSERT INTO erm_edges (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, version)
         VALUES ($1, $2, 'KNOWS', $3, $4, $5, $6, $6, 1)"
    );
    let edge: EdgeId = id(u128::from(number) + 50_000);
    let properties = json!({"since": 2000 + number % 5});
    let at = DateTime::from_timestamp(1_700_000_000 + i64::from(number), 0).unwrap();
    let query = tx.query(insert).bind(edge).bind(COMPANY).bind(from).bind(to);
    query.bind(properties.to_string()).bind(at).exec().await?;
    values(tx, ("edge", "KNOWS"), edge.uuid(), &properties).await
}

impl World {
    async fn new(test: &TestDb, count: u32) -> Self {
        let people = people(count);
        let uow = UnitOfWork::new(test.db.clone());
        let written = uow.run(Origin::system("tests"), async |tx| {
            let insert = sql!(
                "INSERT INTO erm_schemas (id, workspace_id, definition, created_at, updated_at, version)
                 VALUES ($1, $1, $2, $3, $3, 1)"
            );
            let now = DateTime::<Utc>::UNIX_EPOCH;
            tx.query(insert).bind(COMPANY).bind(schema().to_string()).bind(now).exec().await?;
            for person in &people {
                entity(tx, "Person", person, false).await?;
            }
            let robot = Person { id: id(1), created_at: now, properties: json!({}) };
            entity(tx, "Robot", &robot, false).await?;
            entity(tx, "Person", &Person { id: id(2), ..people[0].clone() }, true).await?;
            for number in 1..count {
                let from = people[usize::try_from(number % 4).unwrap()].id;
                edge(tx, number, [from, people[usize::try_from(number).unwrap()].id]).await?;
            }
            Ok::<_, StorageError>(())
        });
        written.await.unwrap();
        Self { erm: Erm::new(test.db.clone(), MockMembers::everywhere(true)), people }
    }

    /// Asks page by page in both ways, which say the same, and tells which people there are.
    async fn list(&self, filters: &[(&str, &str)], sort: Option<&str>) -> Vec<EntityId> {
        let mut asked = people_who(filters, sort);
        asked.limit = 7;
        let mut found = Vec::new();
        loop {
            let page = self.entities(asked.clone()).await;
            let by_offset =
                ListEntities { place: ListPlace::Offset(found.len() as u64), ..asked.clone() };
            assert_eq!(self.entities(by_offset).await.items, page.items, "{filters:?} {sort:?}");
            found.extend(page.items.iter().map(|entity| entity.id));
            let Some(next) = page.next else {
                assert_eq!(page.total, found.len() as u64, "{filters:?} {sort:?}");
                return found;
            };
            asked.place = ListPlace::After(next.to_string().parse().unwrap());
        }
    }

    async fn entities(&self, asked: ListEntities) -> crate::ItemsPage<crate::EntityDetails> {
        self.erm.entities(&Origin::user(GUEST), &COMPANY.into(), asked).await.unwrap()
    }

    async fn edges(&self, asked: ListEdges) -> Vec<u128> {
        let page = self.erm.edges(&Origin::user(GUEST), &COMPANY.into(), asked).await.unwrap();
        assert_eq!(page.total, page.items.len() as u64);
        page.items.into_iter().map(|edge| edge.id.uuid().as_u128() - 50_000).collect()
    }

    /// The same by a look at each.
    fn look(&self, is_so: impl Fn(&Value) -> bool, sort: Option<&str>) -> Vec<EntityId> {
        let mut found: Vec<&Person> =
            self.people.iter().filter(|person| is_so(&person.properties)).collect();
        found.sort_by_key(|person| (person.created_at, person.id.uuid()));
        found.reverse();
        match sort {
            None | Some("-created_at") => {}
            Some("created_at") => found.reverse(),
            Some(property) => {
                let age = |person: &&Person| person.properties["age"].as_i64();
                let (mut with, without): (Vec<_>, Vec<_>) =
                    found.into_iter().partition(|person| age(person).is_some());
                with.sort_by_key(|person| (age(person), person.id.uuid()));
                if property.starts_with('-') {
                    with.reverse();
                }
                with.extend(without);
                found = with;
            }
        }
        found.into_iter().map(|person| person.id).collect()
    }

    async fn check(&self, filters: &[(&str, &str)], is_so: impl Fn(&Value) -> bool) {
        for sort in [None, Some("created_at"), Some("age"), Some("-age")] {
            let expected = self.look(&is_so, sort);
            assert_eq!(self.list(filters, sort).await, expected, "{filters:?} {sort:?}");
        }
    }
}

fn filters(filters: &[(&str, &str)]) -> Vec<Filter> {
    filters.iter().map(|(name, value)| Filter::of_parameter(name, value).unwrap()).collect()
}

fn people_who(asked: &[(&str, &str)], sort: Option<&str>) -> ListEntities {
    ListEntities {
        entity_type: Some("Person".to_owned()),
        filters: filters(asked),
        sort: sort.map(str::to_owned),
        include_deleted: false,
        limit: 500,
        place: ListPlace::default(),
    }
}

fn edges() -> ListEdges {
    ListEdges {
        edge_type: None,
        source_id: None,
        target_id: None,
        filters: Vec::new(),
        sort: Some("created_at".to_owned()),
        include_deleted: false,
        limit: 500,
        place: ListPlace::default(),
    }
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn lists_say_what_a_look_at_every_item_says(test: TestDb) {
        let world = World::new(&test, 60).await;
        let age = |person: &Value| person["age"].as_i64();
        world.check(&[], |_| true).await;
        world.check(&[("filter[name]", "person 3")], |person| person["name"] == "person 3").await;
        world.check(&[("filter[age][gte]", "0")], |person| age(person).is_some_and(|age| age >= 0)).await;
        world.check(
            &[("filter[age][lt]", "20"), ("filter[age][gt]", "-5"), ("filter[active]", "true")],
            |person| age(person).is_some_and(|age| age > -5 && age < 20) && person["active"] == true,
        ).await;
        world.check(&[("filter[age][absent]", "")], |person| age(person).is_none()).await;
        world.check(
            &[("filter[name][ne]", "person 1"), ("filter[age][ne]", "27")],
            |person| person["name"] != "person 1" && age(person) != Some(27),
        ).await;
        world.check(
            &[("filter[name][in]", "person 1,person 4,nobody"), ("filter[name][prefix]", "person")],
            |person| person["name"] == "person 1" || person["name"] == "person 4",
        ).await;
        world.check(&[("filter[name]", "nobody")], |_| false).await;
    }

    async fn the_narrowest_of_conditions_is_told_if_it_is_narrow(test: TestDb) {
        let _people = World::new(&test, 60).await;
        let db = &test.db;
        let values = Values { db, workspace: COMPANY, holder: Holder::Entity, item_type: "Person" };
        let schema: SchemaDefinition = serde_json::from_value(schema()).unwrap();
        let definitions = &schema.entity_type("Person").unwrap().properties;
        let asked = [("filter[active]", "true"), ("filter[name][in]", "person 3,person 4,nobody"), ("filter[age][gte]", "0")];
        let conditions: Vec<Condition> =
            filters(&asked).iter().map(|filter| Condition::of(filter, definitions).unwrap()).collect();
        let [active, named, aged] = [0, 1, 2].map(|place| &conditions[place]);
        for (conditions, few, expected) in [
            (vec![active, named, aged], 100, Some(1)),
            (vec![active, named, aged], 12, Some(1)),
            (vec![active, named, aged], 11, None),
            (vec![aged, active], 100, Some(1)),
            (vec![], 100, None),
        ] {
            assert_eq!(values.narrowest(&conditions, few).await.unwrap(), expected, "{conditions:?} {few}");
        }
        let robots = Values { item_type: "Robot", ..values };
        assert_eq!(robots.narrowest(&[active, named], 0).await.unwrap(), Some(0));
        let edges = Values { holder: Holder::Edge, ..values };
        assert_eq!(edges.narrowest(&[named], 0).await.unwrap(), Some(0));
    }

    async fn what_is_deleted_is_shown_to_who_asks_for_it(test: TestDb) {
        let world = World::new(&test, 9).await;
        let all = ListEntities { entity_type: None, ..people_who(&[], None) };
        assert_eq!(world.entities(all.clone()).await.total, 10);
        let deleted = ListEntities { include_deleted: true, ..all };
        assert_eq!(world.entities(deleted.clone()).await.total, 11);
        let people = ListEntities { include_deleted: true, ..people_who(&[], None) };
        let people = world.entities(people).await;
        assert_eq!((people.total, people.items.iter().filter(|entity| entity.deleted_at.is_some()).count()), (10, 1));
        let origin = Origin::user(GUEST);
        let filtered = ListEntities { include_deleted: true, ..people_who(&[("filter[age]", "x")], Some("size")) };
        let refused = world.erm.entities(&origin, &COMPANY.into(), filtered).await;
        let Err(ListError::Invalid(errors)) = refused else { panic!("{refused:?}") };
        let fields: Vec<&str> = errors.iter().map(|FilterError { field, .. }| field.as_str()).collect();
        assert_eq!(fields, ["filter[age][eq]", "sort"]);
        let named = ListEntities { entity_type: Some("no type".to_owned()), ..people_who(&[], None) };
        let refused = world.erm.entities(&origin, &COMPANY.into(), named).await;
        assert!(matches!(refused, Err(ListError::InvalidType(_))), "{refused:?}");
        let unknown = ListEntities { entity_type: Some("Ghost".to_owned()), ..people_who(&[], None) };
        assert_eq!(world.entities(unknown).await.total, 0);
    }

    async fn edges_are_found_by_their_ends(test: TestDb) {
        let world = World::new(&test, 20).await;
        let [first, second] = [0, 1].map(|number| world.people[number].id);
        let (source, target) = (Some(first), Some(world.people[8].id));
        assert_eq!(world.edges(edges()).await, (1..20).collect::<Vec<_>>());
        let of_type = ListEdges { edge_type: Some("KNOWS".to_owned()), ..edges() };
        assert_eq!(world.edges(of_type.clone()).await.len(), 19);
        for include_deleted in [false, true] {
            let edges = ListEdges { include_deleted, ..edges() };
            assert_eq!(world.edges(ListEdges { source_id: source, ..edges.clone() }).await, [4, 8, 12, 16]);
            assert_eq!(world.edges(ListEdges { target_id: target, ..edges.clone() }).await, [8]);
            assert_eq!(world.edges(ListEdges { source_id: source, target_id: target, ..edges.clone() }).await, [8]);
            assert_eq!(world.edges(ListEdges { source_id: Some(second), target_id: target, ..edges.clone() }).await, [0_u128; 0]);
            let other = ListEdges { edge_type: Some("LIKES".to_owned()), source_id: source, ..edges };
            assert_eq!(world.edges(other).await, [0_u128; 0]);
        }
        let since = ListEdges { filters: filters(&[("filter[since][gte]", "2003")]), ..of_type };
        assert_eq!(world.edges(since.clone()).await, [3, 4, 8, 9, 13, 14, 18, 19]);
        let from_first = ListEdges { source_id: source, sort: Some("-since".to_owned()), ..since };
        assert_eq!(world.edges(from_first.clone()).await, [4, 8]);
        let sorted = ListEdges { filters: Vec::new(), ..from_first };
        assert_eq!(world.edges(sorted.clone()).await, [4, 8, 12, 16]);
        assert_eq!(world.edges(ListEdges { source_id: None, limit: 500, ..sorted }).await.len(), 19);
    }

    async fn nobody_lists_what_is_elsewhere(test: TestDb) {
        let world = World::new(&test, 3).await;
        let elsewhere = world.erm.entities(&Origin::user(GUEST), &ELSEWHERE.into(), people_who(&[], None)).await;
        assert_eq!(elsewhere.unwrap().total, 0);
        let company: WorkspaceRef = COMPANY.into();
        let stranger = world.erm.entities(&Origin::user(STRANGER), &company, people_who(&[], None)).await;
        assert!(matches!(stranger, Err(ListError::WorkspaceNotFound)), "{stranger:?}");
        let nobody = world.erm.edges(&Origin::system("tests"), &company, edges()).await;
        assert!(matches!(nobody, Err(ListError::Forbidden)), "{nobody:?}");
    }
}
