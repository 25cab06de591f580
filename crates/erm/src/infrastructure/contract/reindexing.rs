//! Values that are something else from now on.

use perme8_events::testing::promises;
use serde_json::json;

use super::graphs::{Ports, edge, person, type_name};
use crate::{
    application::{
        ports::items::Holder,
        reindexing::{Index, Misplaced, Retyped},
    },
    domain::{
        claims::UniqueValue,
        names::PropertyName,
        values::{Key, PropertyType},
    },
    testing::{COMPANY, ELSEWHERE, Tables},
};

/// Every port at once.
trait Indexed: Ports + Index {}

impl<T: Ports + Index> Indexed for T {}

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    values_under_old_keys_are_counted_as_far_as_is_wanted
    values_under_old_keys_are_found_under_those_that_they_get
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
