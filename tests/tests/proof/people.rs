//! People of whom everything that identifies them is a word that stands nowhere else.

use rand::{RngExt as _, rngs::StdRng};
use scenarios::{Persona, Scenario};
use serde_json::json;

/// A word that nothing else in a database is like.
pub(crate) fn word(chance: &mut StdRng) -> String {
    format!("seed{:016x}", chance.random::<u64>())
}

/// Where mails for a word go.
pub(crate) fn email(word: &str) -> String {
    format!("{word}@example.com")
}

/// What is said of a person, in the order in which it is.
#[derive(Debug)]
pub(crate) struct Person {
    address: String,
    first_name: String,
    last_name: String,
    /// What a key is called, and what it is for.
    key: String,
    purpose: String,
    /// The same later on.
    next_key: String,
    next_purpose: String,
    next_first_name: String,
    next_address: String,
    /// What an operator takes the first name for.
    pub(crate) edited: String,
}

impl Person {
    pub(crate) fn drawn(chance: &mut StdRng) -> Self {
        let mut word = || word(chance);
        Self {
            address: word(),
            first_name: word(),
            last_name: word(),
            key: word(),
            purpose: word(),
            next_key: word(),
            next_purpose: word(),
            next_first_name: word(),
            next_address: word(),
            edited: word(),
        }
    }

    /// What events say of them.
    pub(crate) fn said(&self) -> [&str; 9] {
        let Self {
            address,
            first_name,
            last_name,
            key,
            purpose,
            next_key,
            next_purpose,
            next_first_name,
            next_address,
            edited: _,
        } = self;
        [
            address,
            first_name,
            last_name,
            key,
            purpose,
            next_key,
            next_purpose,
            next_first_name,
            next_address,
        ]
    }

    /// All of it.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.said().into_iter().chain([self.edited.as_str()])
    }

    /// Makes an account and a key, and calls the key otherwise.
    pub(crate) async fn arrive(&self, scenario: &Scenario) -> Persona {
        let stranger = scenario.stranger();
        let account = json!({
            "email": email(&self.address),
            "first_name": self.first_name,
            "last_name": self.last_name,
            "password": stranger.password(),
        });
        stranger.post("/api/users").json(account).await.is(201);
        let persona = scenario.confirm(&self.address).await;
        let key = json!({ "name": self.key, "description": self.purpose });
        let made = persona.post("/api/api-keys").json(key).await.is(201);
        let path = format!("/api/api-keys/{}", made.data()["id"].as_str().unwrap());
        let next = json!({ "name": self.next_key, "description": self.next_purpose });
        persona.patch(&path).json(next).await.is(200);
        persona
    }

    /// Is called otherwise from now on, and has another address.
    pub(crate) async fn change(&self, scenario: &mut Scenario) -> Persona {
        // Whoever takes another address has shown a short while ago who they are.
        let persona = scenario.confirmed(&self.address).await;
        let name = json!({ "first_name": self.next_first_name });
        persona.patch("/api/me").json(name).await.is(200);
        let address = json!({ "email": email(&self.next_address) });
        persona.post("/api/me/email").json(address).await.is(202);
        let link = scenario.link(&self.next_address).await;
        persona.put(&format!("/api/me{link}")).await.is(200);
        persona
    }
}
