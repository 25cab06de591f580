//! Invitations that were there before the account.

use identity::{ConfirmUser, IssueConfirmation, MemberInvited, OnUserConfirmed, RegisterUser};
use perme8_events::host::Runtime;

use super::*;

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &MIGRATIONS];

    async fn waiting_invitations_are_announced_once(test: TestDb) {
        let office = Office::open(&test).await;
        let runtime = Runtime::builder(&test.db).handler(OnUserConfirmed).build();
        let mut driver = runtime.driver(None).await;
        let invitation = office.invite("Dan@example.com").await;
        office.invite("somebody@example.com").await;
        let announced = event_types(&test).await.iter().filter(|name| *name == "member_invited").count();
        assert_eq!(announced, 0);
        let dan = confirmed_user(&office.identity, "dan@example.com", "Dan", "Brown").await;
        driver.run_until_idle().await;
        driver.run_until_idle().await;
        let events = events(&test).await;
        let [confirmed, invited] = &events[events.len() - 2..] else { panic!("two more events") };
        assert_eq!(confirmed.event_type, "identity.user_confirmed");
        assert_eq!(invited.causation_id, Some(confirmed.event_id));
        assert_eq!((invited.actor.is_system(), invited.on_behalf_of), (true, Some(dan)));
        let invited: MemberInvited = invited.decode().unwrap().unwrap();
        assert_eq!((invited.user_id, invited.invitation_id), (dan, invitation.id));
    }

    async fn an_invitation_made_while_its_address_is_confirmed_is_announced_once(test: TestDb) {
        let office = Office::open(&test).await;
        let runtime = Runtime::builder(&test.db).handler(OnUserConfirmed).build();
        let mut driver = runtime.driver(None).await;
        let system = || Origin::system("identity.testing");
        for round in 0..8 {
            let email = format!("guest{round}@example.com");
            let register = RegisterUser {
                email: email.clone(),
                first_name: "Guest".to_owned(),
                last_name: "Example".to_owned(),
                password: None,
            };
            office.identity.register_user(Origin::anonymous(), register).await.unwrap();
            let issue = IssueConfirmation { email: email.clone() };
            let token = office.identity.issue_confirmation(system(), issue).await.unwrap();
            let confirm = office.identity.confirm_user(Origin::anonymous(), ConfirmUser { token, password: None });
            let (confirmed, _) = tokio::join!(confirm, office.invite(&email));
            confirmed.unwrap();
            driver.run_until_idle().await;
            let announced = event_types(&test).await.iter().filter(|name| *name == "member_invited").count();
            assert_eq!(announced, round + 1);
        }
    }
}
