//! Events about people, and a handler that keeps what they say.

use async_trait::async_trait;
use perme8_events::{
    Catalogue, DomainEvent, Envelope, EventHandler, HandlerError, HandlerOptions, PersonForgotten,
    Personal, Position, Subscriber, Subscription, UserId, catalogue, sql, sql::Tx,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{fixtures::user, probe::QUICK};

/// Emitted when somebody is met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "people.met", aggregate = "encounter", audience(operators))]
pub(crate) struct Met {
    #[event(aggregate_id)]
    pub(crate) place: String,
    pub(crate) user_id: UserId,
    #[event(personal = "user_id")]
    pub(crate) email: Personal<String>,
    /// What nobody has marked.
    pub(crate) remark: String,
}

catalogue!(EVENTS: Met);

pub(crate) const CATALOGUES: &[Catalogue] = &[EVENTS];

pub(crate) fn met(n: u128, email: &str) -> Met {
    Met {
        place: format!("place {n}"),
        user_id: user(n),
        email: email.to_owned().into(),
        remark: format!("remark{n:04}"),
    }
}

/// Notes the address of everybody who is met, fails where it is told to, and drops what it has of those who are forgotten.
pub(crate) struct Book {
    pub(crate) name: &'static str,
    pub(crate) fails_at: Option<&'static str>,
    pub(crate) drops: bool,
}

pub(crate) const NAME: &str = "tests.book";
pub(crate) const UNKNOWN: &str = "somebody";

impl Book {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, fails_at: None, drops: true }
    }

    pub(crate) const fn failing_at(place: &'static str) -> Self {
        Self { fails_at: Some(place), ..Self::new(NAME) }
    }

    async fn note(
        &self,
        tx: &mut Tx,
        n: u128,
        key: &str,
        at: Position,
    ) -> Result<(), HandlerError> {
        tx.query(sql!(
            "INSERT INTO probe_effects (handler, key, n, position) VALUES ($1, $2, $3, $4)"
        ))
        .bind(self.name)
        .bind(key)
        .bind(i64::try_from(n).map_err(HandlerError::permanent)?)
        .bind(at.number())
        .exec()
        .await?;
        Ok(())
    }
}

impl Subscriber for Book {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<Met>(), Subscription::to::<PersonForgotten>()] }
    }

    fn options(&self) -> HandlerOptions {
        QUICK
    }
}

#[async_trait]
impl EventHandler<Tx> for Book {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        if let Some(PersonForgotten { user_id, .. }) = event.decode()?
            && self.drops
        {
            let n = i64::try_from(user_id.uuid().as_u128()).map_err(HandlerError::permanent)?;
            tx.query(sql!("DELETE FROM probe_effects WHERE handler = $1 AND n = $2"))
                .bind(self.name)
                .bind(n)
                .exec()
                .await?;
        }
        let Some(Met { place, user_id, email, .. }) = event.decode()? else { return Ok(()) };
        if self.fails_at == Some(place.as_str()) {
            return Err(HandlerError::permanent("nobody goes there"));
        }
        let email = email.known().map_or(UNKNOWN, String::as_str);
        self.note(tx, user_id.uuid().as_u128(), email, event.position).await
    }
}
