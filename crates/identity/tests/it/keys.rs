//! API keys: what holds while several people and programs act at once.

use identity::{
    ApiKeyId, ChangePassword, CreateApiKey, CreateApiKeyError, IssueApiKey, IssuedApiKey, KeyScope,
    LogIn, Permissions, QueryError, RevokeApiKey, UpdateApiKey,
    testing::{PASSWORD, user_with_password},
};
use perme8_events::Actor;

use super::*;

/// How often each race is run: who is first differs.
const ROUNDS: usize = 8;

/// A key that may everything, and reaches nothing.
fn wide() -> CreateApiKey {
    CreateApiKey {
        session_id: None,
        name: "Robot".to_owned(),
        description: None,
        permissions: None,
        workspace_access: Vec::new(),
        expires_at: None,
    }
}

fn nothing(id: ApiKeyId) -> UpdateApiKey {
    UpdateApiKey {
        id,
        session_id: None,
        name: None,
        description: None,
        permissions: None,
        workspace_access: None,
        expiry: None,
    }
}

impl Office {
    /// A key of Ada.
    async fn key(&self, key: CreateApiKey) -> IssuedApiKey {
        let command = IssueApiKey { email: "ada@example.com".to_owned(), key };
        self.identity.issue_api_key(Origin::system("identity.testing"), command).await.unwrap()
    }

    /// Ada acts by a key.
    fn by(&self, key: &IssuedApiKey) -> Origin {
        let actor = Actor::ApiKey { id: key.key.id.uuid(), user: self.ada };
        Origin::system("identity.testing").of(actor)
    }

    async fn good_keys(&self) -> usize {
        let keys = self.identity.api_keys(&Origin::user(self.ada)).await.unwrap();
        keys.iter().filter(|key| key.is_active).count()
    }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &MIGRATIONS];

    async fn nothing_is_left_of_a_key_that_is_revoked_while_it_makes_another(test: TestDb) {
        let office = Office::open(&test).await;
        for _ in 0..ROUNDS {
            let key = office.key(wide()).await;
            let (made, revoked) = tokio::join!(
                office.identity.create_api_key(office.by(&key), wide()),
                office.identity.revoke_api_key(Origin::user(office.ada), RevokeApiKey { id: key.key.id })
            );
            revoked.unwrap();
            assert!(matches!(made, Ok(_) | Err(CreateApiKeyError::Forbidden)), "{made:?}");
            assert_eq!(office.good_keys().await, 0);
        }
    }

    async fn no_key_is_wider_than_one_that_was_narrowed_before(test: TestDb) {
        let office = Office::open(&test).await;
        for _ in 0..ROUNDS {
            let key = office.key(wide()).await;
            let less = Some(Permissions(Some(vec!["api_keys:write".to_owned()])));
            let narrow = UpdateApiKey { permissions: less, ..nothing(key.key.id) };
            let (made, narrowed) = tokio::join!(
                office.identity.create_api_key(office.by(&key), wide()),
                office.identity.update_api_key(office.by(&key), narrow)
            );
            let (made, narrowed) = (made.unwrap().key, narrowed.unwrap());
            // Whichever of them was first, their order is that of the log.
            let names = event_types(&test).await;
            let is_made_last = names.last().is_some_and(|name| name == "api_key_created");
            assert_eq!(made.permissions == narrowed.permissions, is_made_last);
        }
    }

    async fn no_session_makes_a_key_after_it_was_ended(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..3 {
            let email = format!("eve{round}@example.com");
            let eve = user_with_password(&office.identity, &email, "Eve", "Example").await;
            let log_in = async || {
                let command = LogIn { email: email.clone(), password: PASSWORD.into() };
                office.identity.log_in(Origin::anonymous(), command).await.unwrap().session_id
            };
            let (stolen, own) = (log_in().await, log_in().await);
            let another = ChangePassword {
                session_id: own,
                password: "purple elephants sing at noon".into(),
                current_password: None,
            };
            let by_stolen = CreateApiKey { session_id: Some(stolen), ..wide() };
            let change = async {
                office.identity.change_password(Origin::user(eve), another).await.unwrap();
                office.identity.api_keys(&Origin::user(eve)).await.unwrap().len()
            };
            let make = office.identity.create_api_key(Origin::user(eve), by_stolen);
            let (made, seen_afterwards) = tokio::join!(make, change);
            assert!(matches!(made, Ok(_) | Err(CreateApiKeyError::NotFresh)), "{made:?}");
            assert_eq!(seen_afterwards, usize::from(made.is_ok()));
        }
    }

    async fn a_key_is_read_as_it_was_or_as_it_is(test: TestDb) {
        let office = Office::open(&test).await;
        let scopes = |scope: &str| Some(Permissions(Some(vec![scope.to_owned()])));
        let there = |id| UpdateApiKey {
            permissions: scopes("agents:read"),
            workspace_access: Some(vec!["engines".to_owned()]),
            ..nothing(id)
        };
        let nowhere = |id| UpdateApiKey {
            permissions: scopes("chat:read"),
            workspace_access: Some(Vec::new()),
            ..nothing(id)
        };
        let access = vec!["engines".to_owned()];
        let maker = office.key(CreateApiKey { workspace_access: access, ..wide() }).await;
        let key = office.key(wide()).await;
        let change = async {
            for _ in 0..ROUNDS {
                for command in [there(key.key.id), nowhere(key.key.id)] {
                    office.identity.update_api_key(office.by(&maker), command).await.unwrap();
                }
            }
        };
        let read = async {
            for _ in 0..4 * ROUNDS {
                let read = office.identity.authenticate_key(&key.token).await.unwrap().unwrap();
                if !read.may(KeyScope::DocumentsRead) {
                    assert_eq!(read.may(KeyScope::AgentsRead), read.reaches(office.engines.id));
                }
            }
        };
        tokio::join!(change, read);
    }

    async fn a_key_that_is_revoked_or_deals_with_no_keys_sees_none(test: TestDb) {
        let office = Office::open(&test).await;
        let permissions = Some(Permissions(Some(vec!["agents:read".to_owned()])));
        let reader = office.key(CreateApiKey { permissions, ..wide() }).await;
        let revoked = office.key(wide()).await;
        assert_eq!(office.identity.api_keys(&office.by(&revoked)).await.unwrap().len(), 2);
        let revoke = RevokeApiKey { id: revoked.key.id };
        office.identity.revoke_api_key(Origin::user(office.ada), revoke).await.unwrap();
        for key in [&reader, &revoked] {
            let listed = office.identity.api_keys(&office.by(key)).await;
            assert!(matches!(listed, Err(QueryError::Forbidden)), "{listed:?}");
        }
    }
}
