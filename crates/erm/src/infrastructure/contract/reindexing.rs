//! Values that are something else from now on.

use perme8_events::testing::promises;
use serde_json::json;

use super::graphs::{Ports, crowd, edge, person, type_name};
use crate::{
    application::{
        ports::items::Holder,
        reindexing::{AT_ONCE, Misplaced, ReindexError, Retyped, reindex},
    },
    domain::{
        claims::UniqueValue,
        names::PropertyName,
        schema::SchemaDefinition,
        values::{Key, PropertyType},
    },
    testing::{COMPANY, ELSEWHERE, Orphans, Tables, people},
};

/// Every port at once.
trait Indexed: Ports + Orphans {}

impl<T: Ports + Orphans> Indexed for T {}

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    values_under_old_keys_are_counted_as_far_as_is_wanted
    values_under_old_keys_are_found_under_those_that_they_get
    values_of_very_many_are_found_anew_part_by_part
    values_that_nobody_has_stay_where_they_are
}

const DAY: &str = "2024-01-15T00:00:00Z";

fn property(name: &str) -> PropertyName {
    PropertyName::parse(name).unwrap()
}

/// The texts of people that are moments from now on.
fn of_people(name: &str) -> Retyped {
    Retyped {
        holder: Holder::Entity,
        item_type: type_name("Person"),
        property: property(name),
        property_type: PropertyType::Datetime,
    }
}

/// Since when people know each other, which is a text from now on.
fn since() -> Retyped {
    Retyped {
        holder: Holder::Edge,
        item_type: type_name("KNOWS"),
        property: property("since"),
        property_type: PropertyType::String,
    }
}

/// The schema of people whose names are moments.
fn of_moments() -> SchemaDefinition {
    let mut schema = people();
    let of_people = schema.entity_types.iter_mut().filter(|of| of.name == type_name("Person"));
    for name in of_people.flat_map(|of| &mut of.properties).filter(|of| of.name == property("name"))
    {
        name.property_type = PropertyType::Datetime;
    }
    schema
}

fn texts(found: &[Misplaced]) -> Vec<&str> {
    found.iter().map(|value| value.text.as_deref().unwrap()).collect()
}

async fn values_under_old_keys_are_counted_as_far_as_is_wanted<T: Indexed>(tx: &mut T) {
    let ada = person(tx, COMPANY, json!({ "name": "Ada" })).await.unwrap();
    let ben = person(tx, COMPANY, json!({ "name": "Ben", "age": 7 })).await.unwrap();
    person(tx, ELSEWHERE, json!({ "name": "Eve", "email": "eve@example.com" })).await.unwrap();
    edge(tx, COMPANY, "KNOWS", (ada.id, ben.id), json!({ "since": DAY })).await;
    let asked = [of_people("email"), since(), of_people("name")];
    for (limit, count) in [(10, 3), (3, 3), (2, 2), (0, 0)] {
        assert_eq!(tx.count_misplaced(COMPANY, &asked, limit).await.unwrap(), count, "{limit}");
    }
    assert_eq!(tx.count_misplaced(COMPANY, &[], 10).await.unwrap(), 0);
    assert_eq!(tx.count_misplaced(ELSEWHERE, &asked, 10).await.unwrap(), 2);
    let stale = tx.stale(COMPANY, &asked).await.unwrap();
    assert_eq!(stale.len(), 2);
    assert!(!stale.contains(&asked[0]));
}

async fn values_under_old_keys_are_found_under_those_that_they_get<T: Indexed>(tx: &mut T) {
    let mut people = Vec::new();
    for name in ["Cy", "Ada", "Ben"] {
        people.push(person(tx, COMPANY, json!({ "name": name })).await.unwrap().id);
    }
    edge(tx, COMPANY, "KNOWS", (people[0], people[1]), json!({ "since": DAY })).await;
    let found = tx.misplaced(COMPANY, &since(), None).await.unwrap();
    assert_eq!(texts(&found), [DAY]);
    let names = of_people("name");
    let found = tx.misplaced(COMPANY, &names, None).await.unwrap();
    assert_eq!(texts(&found), ["Ada", "Ben", "Cy"]);
    let behind = tx.misplaced(COMPANY, &names, Some(&found[0])).await.unwrap();
    assert_eq!(texts(&behind), ["Ben", "Cy"]);
    let key = Key::of_value(&json!(DAY), PropertyType::Datetime).unwrap();
    let ben = found[1].item;
    tx.replace(ELSEWHERE, &names, &[(ben, key.clone())]).await.unwrap();
    tx.replace(COMPANY, &names, &[]).await.unwrap();
    assert_eq!(tx.misplaced(COMPANY, &names, None).await.unwrap(), found);
    tx.replace(COMPANY, &names, &[(ben, key.clone())]).await.unwrap();
    let others = tx.misplaced(COMPANY, &names, None).await.unwrap();
    assert_eq!(texts(&others), ["Ada", "Cy"]);
    let moment = UniqueValue { item_type: type_name("Person"), property: property("name"), key };
    let asked = std::slice::from_ref(&moment);
    let holders = tx.holders_of_values(COMPANY, Holder::Entity, asked).await.unwrap();
    assert_eq!(holders, [(moment, ben)]);
}

async fn values_of_very_many_are_found_anew_part_by_part<T: Indexed>(tx: &mut T) {
    let moment = |number: u32| format!("2024-01-15T{:02}:{:02}:00Z", number / 60, number % 60);
    let all: Vec<String> = (0..AT_ONCE + 51).map(moment).collect();
    crowd(tx, COMPANY, all.iter().rev().map(|moment| json!({ "name": moment }))).await;
    let names = of_people("name");
    let first = tx.misplaced(COMPANY, &names, None).await.unwrap();
    let behind = tx.misplaced(COMPANY, &names, first.last()).await.unwrap();
    assert_eq!((first.len(), behind.len()), (AT_ONCE as usize, 51));
    assert_eq!([texts(&first), texts(&behind)].concat(), all);
    assert_eq!(tx.misplaced(COMPANY, &names, behind.last()).await.unwrap(), []);
    let count = all.len() as u64;
    reindex(tx, COMPANY, &people(), &of_moments(), count).await.unwrap();
    assert_eq!(tx.misplaced(COMPANY, &names, None).await.unwrap(), []);
    for moment in [&all[0], &all[249], &all[250], &all[300]] {
        let key = Key::of_value(&json!(moment), PropertyType::Datetime).unwrap();
        let (item_type, property) = (type_name("Person"), property("name"));
        let asked = [UniqueValue { item_type, property, key }];
        let holders = tx.holders_of_values(COMPANY, Holder::Entity, &asked).await.unwrap();
        assert_eq!(holders.len(), 1, "{moment}");
    }
    // And back again.
    let names = Retyped { property_type: PropertyType::String, ..names };
    let moved = std::slice::from_ref(&names);
    assert_eq!(tx.count_misplaced(COMPANY, moved, 1_000).await.unwrap(), count);
    reindex(tx, COMPANY, &of_moments(), &people(), count).await.unwrap();
    assert_eq!(tx.stale(COMPANY, moved).await.unwrap(), []);
}

async fn values_that_nobody_has_stay_where_they_are<T: Indexed>(tx: &mut T) {
    let ada = person(tx, COMPANY, json!({ "name": DAY })).await.unwrap().id.uuid();
    let eve = person(tx, ELSEWHERE, json!({ "name": DAY })).await.unwrap().id.uuid();
    let (names, nobody) = (of_people("name"), tx.new_uuid());
    tx.orphan(&names, &Key::of_text("nobody"), nobody).await;
    tx.orphan(&names, &Key::of_text("somebody of another company"), eve).await;
    let found = tx.misplaced(COMPANY, &names, None).await.unwrap();
    let told: Vec<_> = found.iter().map(|value| (value.item, value.text.as_deref())).collect();
    assert_eq!(told, [(ada, Some(DAY)), (nobody, None), (eve, None)]);
    // They are counted, and stay however often it is tried.
    let refused = reindex(tx, COMPANY, &people(), &of_moments(), 2).await;
    assert!(matches!(refused, Err(ReindexError::TooMany { limit: 2 })), "{refused:?}");
    for most in [3, 2] {
        reindex(tx, COMPANY, &people(), &of_moments(), most).await.unwrap();
        assert_eq!(tx.misplaced(COMPANY, &names, None).await.unwrap(), found[1..]);
    }
}
