//! What somebody else runs beside a host: a notebook of what is said of people, and a clerk who handles nothing.

use async_trait::async_trait;
use identity::ProfileUpdated;
use perme8_events::{
    Envelope, EventHandler, HandlerError, HandlerOptions, Origin, PersonForgotten, StorageError,
    Subscriber, Subscription, UserId,
    host::RuntimeBuilder,
    sql,
    sql::{Db, Tx, UnitOfWork},
};
use serde::Deserialize;

/// The table of the notebook.
pub(crate) const NOTES: &str = "notebook_notes";

/// Who handles nothing, and so has dead letters.
pub(crate) const CLERK: &str = "clerk.people";

pub(crate) async fn set_up(db: &Db) {
    let table = sql!(
        "CREATE TABLE notebook_notes (position bigint NOT NULL, person text NOT NULL, words text NOT NULL)"
    );
    UnitOfWork::new(db.clone())
        .run(Origin::system("notebook"), async |tx| tx.query(table).exec().await.map(drop))
        .await
        .unwrap_or_else(|error: StorageError| panic!("there is no notebook: {error:?}"));
}

/// A notebook that drops what it has of those who are forgotten.
pub(crate) fn listening(runtime: RuntimeBuilder) -> RuntimeBuilder {
    runtime.handler(Notebook { listens: true }).handler(Clerk)
}

/// The negative control: a notebook that keeps everything.
pub(crate) fn deaf(runtime: RuntimeBuilder) -> RuntimeBuilder {
    runtime.handler(Notebook { listens: false }).handler(Clerk)
}

/// Notes every word that is said of people and of their keys.
struct Notebook {
    listens: bool,
}

/// Whom an event is about.
#[derive(Deserialize)]
struct About {
    user_id: UserId,
}

impl Subscriber for Notebook {
    fn name(&self) -> &'static str {
        "notebook.people"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const {
            &[
                Subscription::Aggregate { context: "identity", aggregate_type: "user" },
                Subscription::Aggregate { context: "identity", aggregate_type: "api_key" },
                Subscription::to::<PersonForgotten>(),
            ]
        }
    }

    // One partition, so that it hears of nothing that was said of somebody behind that they are forgotten.
    fn options(&self) -> HandlerOptions {
        HandlerOptions { partitions: 1, ..HandlerOptions::DEFAULT }
    }
}

#[async_trait]
impl EventHandler<Tx> for Notebook {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        if let Some(PersonForgotten { user_id, .. }) = event.decode()? {
            if self.listens {
                tx.query(sql!("DELETE FROM notebook_notes WHERE person = $1"))
                    .bind(user_id.to_string())
                    .exec()
                    .await?;
            }
            return Ok(());
        }
        let About { user_id } = serde_json::from_str(event.data.get())?;
        tx.query(sql!("INSERT INTO notebook_notes (position, person, words) VALUES ($1, $2, $3)"))
            .bind(event.position.number())
            .bind(user_id.to_string())
            .bind(event.data.get())
            .exec()
            .await?;
        Ok(())
    }
}

/// Gives up whatever it is told.
struct Clerk;

impl Subscriber for Clerk {
    fn name(&self) -> &'static str {
        CLERK
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<ProfileUpdated>()] }
    }
}

#[async_trait]
impl EventHandler<Tx> for Clerk {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, _: &mut Tx, _: &Envelope, (): ()) -> Result<(), HandlerError> {
        Err(HandlerError::permanent("the office is closed"))
    }
}
