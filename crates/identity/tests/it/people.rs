//! Registering, confirming, logging in and out.

use std::time::Duration;

use identity::{
    ConfirmUser, ConfirmUserError, Identity, IssueConfirmation, IssueConfirmationError, LogIn,
    LogInError, LogOut, LogOutError, PurgeExpired, PurgeExpiredError, RegisterUser,
    RegisterUserError, Secret, UserLoggedIn,
    testing::{PASSWORD, confirmed_user, user_with_password},
};
use perme8_events::{Actor, Client, Origin};

use super::*;

fn log_in(email: &str, password: &str) -> LogIn {
    LogIn { email: email.to_owned(), password: password.into() }
}

fn visitor() -> Origin {
    Origin::anonymous()
}

fn of_ben(first_name: &str) -> RegisterUser {
    RegisterUser {
        email: "Ben@example.com".to_owned(),
        first_name: first_name.to_owned(),
        last_name: "Franklin".to_owned(),
        password: None,
    }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &MIGRATIONS];

    async fn from_registration_to_logging_out(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let ada = user_with_password(&identity, "Ada@Example.com", "Ada", "Lovelace").await;
        let login = identity.log_in(visitor(), log_in("ADA@example.com", PASSWORD)).await.unwrap();
        assert_eq!(login.user.id, ada);
        let found = identity.authenticate(&login.token).await.unwrap().unwrap();
        assert_eq!((found.user, found.session_id, found.expires_at), (login.user, login.session_id, login.expires_at));
        let log_out = LogOut { session_id: login.session_id };
        identity.log_out(Origin::user(ada), log_out.clone()).await.unwrap();
        assert_eq!(identity.authenticate(&login.token).await.unwrap(), None);
        let again = identity.log_out(Origin::user(ada), log_out).await;
        assert!(matches!(again, Err(LogOutError::SessionNotFound)));
        assert_eq!(event_types(&test).await, ["user_registered", "user_confirmed", "user_logged_in", "user_logged_out"]);
    }

    async fn the_secret_shows_who_acts(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let ada = user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        let client = Client::new("192.0.2.7", None);
        let origin = visitor().with_request_id("req-1").with_client(client);
        let login = identity.log_in(origin, log_in("ada@example.com", PASSWORD)).await.unwrap();
        let events = events(&test).await;
        assert_eq!(events[0].actor, Actor::Anonymous, "nobody has proven anything by registering");
        assert_eq!(events[1].actor, Actor::User(ada));
        assert_eq!(events[2].actor, Actor::User(ada));
        assert_eq!(events[2].metadata["request_id"], "req-1");
        let event: UserLoggedIn = events[2].decode().unwrap().unwrap();
        assert_eq!(event.session_id, login.session_id);
    }

    async fn every_failed_login_is_the_same(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        confirmed_user(&identity, "ben@example.com", "Ben", "Franklin").await;
        let unconfirmed = RegisterUser {
            email: "cyd@example.com".to_owned(),
            first_name: "Cyd".to_owned(),
            last_name: "Charisse".to_owned(),
            password: Some(PASSWORD.into()),
        };
        identity.register_user(visitor(), unconfirmed).await.unwrap();
        for (email, password) in [
            ("ada@example.com", "wrong"),
            ("ben@example.com", PASSWORD),
            ("cyd@example.com", PASSWORD),
            ("nobody@example.com", PASSWORD),
            ("\0", PASSWORD),
        ] {
            let outcome = identity.log_in(visitor(), log_in(email, password)).await;
            assert!(matches!(outcome, Err(LogInError::Rejected)), "{email:?}");
        }
    }

    async fn sessions_end_after_14_days(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        let login = identity.log_in(visitor(), log_in("ada@example.com", PASSWORD)).await.unwrap();
        test.clock.advance(Duration::from_hours(14 * 24) - Duration::from_secs(1));
        assert!(identity.authenticate(&login.token).await.unwrap().is_some());
        test.clock.advance(Duration::from_secs(1));
        assert_eq!(identity.authenticate(&login.token).await.unwrap(), None);
        for token in ["", "no token", "\0"] {
            assert_eq!(identity.authenticate(&token.into()).await.unwrap(), None);
        }
    }

    async fn an_address_belongs_to_one_account(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        confirmed_user(&identity, "ada@example.com", "Ada", "Lovelace").await;
        let command = RegisterUser {
            email: "ADA@Example.com".to_owned(),
            first_name: "Another".to_owned(),
            last_name: "Ada".to_owned(),
            password: None,
        };
        let Err(RegisterUserError::Invalid(errors)) = identity.register_user(visitor(), command).await else {
            panic!("the address is taken")
        };
        assert_eq!(errors.to_string(), "email has already been taken");
    }

    async fn a_strangers_password_does_not_survive_the_confirmation(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let by_a_stranger = RegisterUser {
            email: "ada@example.com".to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            password: Some("known to a stranger".into()),
        };
        identity.register_user(visitor(), by_a_stranger).await.unwrap();
        let issue = || IssueConfirmation { email: "ada@example.com".to_owned() };
        let refused = identity.issue_confirmation(visitor(), issue()).await;
        assert!(matches!(refused, Err(IssueConfirmationError::Forbidden)), "tokens are for the mail alone");
        let system = || Origin::system("identity.testing");
        let token = identity.issue_confirmation(system(), issue()).await.unwrap();
        let other = identity.issue_confirmation(system(), issue()).await.unwrap();
        let command = ConfirmUser { token: token.clone(), password: None };
        let ada = identity.confirm_user(visitor(), command).await.unwrap();
        assert!(!ada.has_password);
        let stranger = identity.log_in(visitor(), log_in("ada@example.com", "known to a stranger")).await;
        assert!(matches!(stranger, Err(LogInError::Rejected)));
        for token in [token, other, Secret::new("no token")] {
            let again = identity.confirm_user(visitor(), ConfirmUser { token, password: None }).await;
            assert!(matches!(again, Err(ConfirmUserError::InvalidToken)));
        }
    }

    async fn what_has_expired_is_purged_by_the_system_alone(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        for _ in 0..3 {
            identity.log_in(visitor(), log_in("ada@example.com", PASSWORD)).await.unwrap();
        }
        identity.register_user(visitor(), of_ben("Ben")).await.unwrap();
        let issue = IssueConfirmation { email: "ben@example.com".to_owned() };
        identity.issue_confirmation(Origin::system("identity.testing"), issue).await.unwrap();
        let purge = |origin, limit| identity.purge_expired(origin, PurgeExpired { limit });
        let system = || Origin::system("identity.expiry");
        assert_eq!(purge(system(), 9).await.unwrap(), 0);
        test.clock.advance(Duration::from_hours(14 * 24));
        assert!(matches!(purge(visitor(), 9).await, Err(PurgeExpiredError::Forbidden)));
        for purged in [3, 1, 0] {
            assert_eq!(purge(system(), 2).await.unwrap(), purged);
        }
    }

    async fn an_address_that_nobody_confirmed_can_be_registered_anew(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let squatter = identity.register_user(visitor(), of_ben("Mallory")).await.unwrap();
        let issue = || IssueConfirmation { email: "ben@example.com".to_owned() };
        let system = || Origin::system("identity.testing");
        let stale = identity.issue_confirmation(system(), issue()).await.unwrap();
        let ben = identity.register_user(visitor(), of_ben("Ben")).await.unwrap();
        assert_eq!((ben.id, ben.first_name.as_str()), (squatter.id, "Ben"));
        let stale = identity.confirm_user(visitor(), ConfirmUser { token: stale, password: None }).await;
        assert!(matches!(stale, Err(ConfirmUserError::InvalidToken)));
        let token = identity.issue_confirmation(system(), issue()).await.unwrap();
        identity.confirm_user(visitor(), ConfirmUser { token, password: None }).await.unwrap();
        assert!(matches!(identity.register_user(visitor(), of_ben("Mallory")).await, Err(RegisterUserError::Invalid(_))));
        assert_eq!(event_types(&test).await, ["user_registered", "magic_link_requested", "user_confirmed"]);
    }

    async fn the_directory_knows_people(test: TestDb) {
        let office = Office::open(&test).await;
        let ben = office.directory.user(office.ben).await.unwrap().unwrap();
        assert_eq!((ben.name.as_str(), ben.email.as_str(), ben.confirmed), ("Ben Franklin", "ben@example.com", true));
        let found = office.directory.users(&[office.ben, perme8_events::Id::new(uuid::Uuid::nil())]).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&ben));
        let by_email = office.directory.confirmed_user_by_email("BEN@example.com").await.unwrap();
        assert_eq!(by_email, Some(ben));
        for nobody in ["nobody@example.com", "no address", "\0"] {
            assert_eq!(office.directory.confirmed_user_by_email(nobody).await.unwrap(), None);
        }
    }
}
