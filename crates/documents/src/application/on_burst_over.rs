//! When people have stopped writing for a while, others are told what they wrote.

use async_trait::async_trait;
use perme8_events::{
    Envelope, EventHandler, HandlerError, Subscriber, Subscription, Timer, TimerFired,
};

use crate::{
    application::{bursts, contents::replica, notes::Notes, ports::Documents},
    domain::{burst::Burst, loose::Loose, references::DocumentId},
};

pub(crate) const NAME: &str = "documents.on_burst_over";
const TIMER: &str = "burst";

/// Ends the burst of a note, unless somebody goes on.
///
/// The timer is set with the first edit and not moved with each one of the others: whoever is told too early sets it again.
///
/// Hears [`TimerFired`], and emits [`NoteContentUpdated`](crate::NoteContentUpdated).
#[derive(Debug, Clone, Copy)]
pub struct OnBurstOver;

/// The timer of the burst of a document.
pub(crate) fn timer(document: DocumentId, burst: Burst) -> Timer {
    Timer::new(NAME, document.to_string(), TIMER, burst.ends_at())
}

// The default partition key is right: the timers of a document are one aggregate.
impl Subscriber for OnBurstOver {
    fn name(&self) -> &'static str {
        NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<TimerFired>()] }
    }
}

#[async_trait]
impl<T: Notes + Documents> EventHandler<T> for OnBurstOver {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let fired: Option<TimerFired> = event.decode()?;
        let Some(fired) = fired.filter(|fired| fired.owner == NAME) else { return Ok(()) };
        let id: DocumentId = fired.instance.parse().map_err(HandlerError::permanent)?;
        let Some(stored) = tx.lock_note(id).await? else { return Ok(()) };
        let Some(burst) = stored.burst else { return Ok(()) };
        if burst.ends_at() > tx.now() {
            tx.set_timer(timer(id, burst));
            return Ok(());
        }
        let Some(document) = tx.load(id).await? else { return Ok(()) };
        let note = stored.open(replica(tx)).map_err(HandlerError::permanent)?;
        let (text, _) = stored.text_of(&note);
        if Loose::of(&stored).is_due() {
            tx.compact(stored.id, stored.head, &note.snapshot()).await?;
        }
        if document.is_trashed() {
            // Nobody but who may take it out again knows of it.
            bursts::keep(tx, &document, &text).await?;
            return Ok(());
        }
        tx.touch(&document).await?;
        Ok(bursts::end(tx, &document, &text).await?)
    }
}

#[cfg(test)]
mod tests;
