//! What the log holds of identity's events.

use identity::{EVENTS, ResendInvitation};
use perme8_events::sql::{Forgetting, UnitOfWork};
use serde_json::{Value, json};

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
        let managers_and_ben = json!([format!("managers:{}", office.engines.id), format!("user:{}", office.ben)]);
        assert_eq!(serde_json::to_value(&of_ben[0].audience).unwrap(), managers_and_ben);
    }

    async fn whoever_invites_is_forgotten_in_the_invitations(test: TestDb) {
        let office = Office::open(&test).await;
        let invitation_id = office.invite("ben@example.com").await.id;
        test.clock.advance(std::time::Duration::from_mins(2));
        let again = ResendInvitation { workspace: "engines".into(), invitation_id };
        office.identity.resend_invitation(Origin::user(office.ada), again).await.unwrap();
        let names = async || -> Vec<Value> {
            let of_ada = json!(office.ada);
            let data = events(&test).await.into_iter().map(|event| serde_json::from_str::<Value>(event.data.get()).unwrap());
            data.filter(|data| data["invited_by"] == of_ada).map(|data| data["invited_by_name"].clone()).collect()
        };
        let forget = async |user: UserId| {
            let uow = UnitOfWork::new(test.db.clone());
            uow.run(Origin::system("tests"), async |tx| tx.forget(user, Forgetting::UntilNow, None).await).await.unwrap()
        };
        assert!(forget(office.ben).await);
        assert_eq!(names().await, vec![json!("Ada Lovelace"); 3], "they name Ada, and not Ben");
        assert!(forget(office.ada).await);
        assert_eq!(names().await, vec![json!({ "$forgotten": true }); 3]);
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
