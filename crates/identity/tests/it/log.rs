//! What the log holds of identity's events.

use identity::EVENTS;

use super::*;

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &MIGRATIONS];

    async fn events_of_members_belong_to_a_person_in_a_workspace(test: TestDb) {
        let office = Office::open(&test).await;
        office.join(office.ben, "ben@example.com", Role::Admin).await;
        let aggregate_id = format!("{}:{}", office.engines.id, office.ben);
        let of_ben = EventFilter::Aggregate { aggregate_type: "workspace_member".to_owned(), aggregate_id };
        let of_ben = test.db.read(&of_ben, Position::START, 10).await.unwrap();
        let types: Vec<_> = of_ben.iter().map(|event| event.event_type.as_str()).collect();
        assert_eq!(types, ["identity.member_invited", "identity.member_joined"]);
        let managers_and_ben = serde_json::json!([format!("managers:{}", office.engines.id), format!("user:{}", office.ben)]);
        assert_eq!(serde_json::to_value(&of_ben[0].audience).unwrap(), managers_and_ben);
    }

    async fn every_event_in_the_log_is_well_formed(test: TestDb) {
        let office = Office::open(&test).await;
        office.join(office.ben, "ben@example.com", Role::Admin).await;
        for event in events(&test).await {
            let descriptor = EVENTS.iter().find(|known| known.event_type == event.event_type).unwrap();
            (descriptor.check)(event.version, &event.data).unwrap();
            assert!(!event.audience.scopes().is_empty(), "{} is for nobody", event.event_type);
            let of_people = descriptor.aggregate_type == "user";
            assert_eq!(event.workspace_id.is_none(), of_people, "{}", event.event_type);
        }
    }
}
