//! Once a day a mail lists what somebody has not read.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use mail::{Correspondent, Stationery};
use perme8_events::{
    Envelope, EventHandler, HandlerError, NewJob, Subscriber, Subscription, Timer, TimerFired,
    UserId,
};

use crate::{
    application::ports::{Addressee, Digests, Directory},
    domain::digest_letter::{DIGEST, digest},
};

const NAME: &str = "notifications.on_digest_due";
const TIMER: &str = "digest";

/// Writes the mail of the day, if anything is left in it that was not read meanwhile.
///
/// What waits is taken, the mail enqueued and the checkpoint moved in one transaction: a timer that is heard of twice finds
/// nothing.
///
/// Hears [`TimerFired`].
#[derive(Debug, Clone)]
pub struct OnDigestDue {
    directory: Arc<dyn Directory>,
    stationery: Stationery,
}

/// The timer of somebody's next mail. Setting it again for the same instant changes nothing.
pub(crate) fn timer(user: UserId, due_at: DateTime<Utc>) -> Timer {
    Timer::new(NAME, user.to_string(), TIMER, due_at)
}

/// To whom the mail goes that is due, as found out before the transaction.
#[derive(Debug)]
pub struct DueDigest(Option<(UserId, TimerFired, Option<Addressee>)>);

impl OnDigestDue {
    /// Asks `directory` for addresses, and writes on `stationery`.
    #[must_use]
    pub fn new(directory: Arc<dyn Directory>, stationery: Stationery) -> Self {
        Self { directory, stationery }
    }
}

// The default partition key is right: the timers of a person are one aggregate.
impl Subscriber for OnDigestDue {
    fn name(&self) -> &'static str {
        NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<TimerFired>()] }
    }
}

#[async_trait]
impl<T: Digests> EventHandler<T> for OnDigestDue {
    type Facts = DueDigest;

    async fn gather(&self, event: &Envelope) -> Result<DueDigest, HandlerError> {
        let fired: Option<TimerFired> = event.decode()?;
        let Some(fired) = fired.filter(|fired| fired.owner == NAME) else {
            return Ok(DueDigest(None));
        };
        let user = fired.instance.parse().map_err(HandlerError::permanent)?;
        Ok(DueDigest(Some((user, fired, self.directory.addressee(user).await?))))
    }

    async fn handle(
        &self,
        tx: &mut T,
        _: &Envelope,
        DueDigest(due): DueDigest,
    ) -> Result<(), HandlerError> {
        let Some((user, TimerFired { due_at, .. }, addressee)) = due else { return Ok(()) };
        let unread = tx.take_digest(user, due_at).await?;
        // Whoever is gone, or has no confirmed address, gets no mail.
        let Some(Addressee { name, email }) = addressee.filter(|_| !unread.is_empty()) else {
            return Ok(());
        };
        let Ok(to) = Correspondent::new(&email, &name) else {
            tracing::warn!("an address takes no mail: nothing is sent");
            return Ok(());
        };
        let letter = digest(&self.stationery, &name, &unread);
        let mail = self.stationery.mail(DIGEST, to, &letter, None);
        // No idempotency key: what was taken is taken once, and more may be due at the same hour.
        tx.enqueue(NewJob::new(mail));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use perme8_events::{
        Actor, Transaction as _,
        testing::{FakeTx, envelope},
    };

    use super::*;
    use crate::{
        application::ports::MockDirectory,
        domain::notification::Notification,
        testing::{ADA, BOB, Memory, deliver, id, notification},
    };

    fn fired(owner: &str, due_at: DateTime<Utc>) -> Envelope {
        let (owner, instance) = (owner.to_owned(), ADA.to_string());
        let fired = TimerFired { owner, instance, timer: TIMER.to_owned(), due_at };
        envelope(1, Actor::System(NAME.into()), &fired)
    }

    /// Two of Ada wait for her mail, of which one may have been read; one of Bob does, too.
    async fn waiting(is_read: bool) -> (FakeTx<Memory>, DateTime<Utc>) {
        let waits = |number, user| {
            let told = notification(number, user);
            let invitation_id = Some(id(number));
            let read_at = Some(told.created_at).filter(|_| is_read);
            Notification { awaits_digest: true, invitation_id, read_at, ..told }
        };
        let told =
            vec![waits(1, ADA), waits(3, BOB), Notification { read_at: None, ..waits(5, ADA) }];
        let mut tx = FakeTx::new(Memory::with(told));
        let due = tx.now() + TimeDelta::hours(1);
        assert_eq!(tx.digest_at(ADA, due).await.unwrap(), due);
        (tx, due)
    }

    async fn check(tx: &mut FakeTx<Memory>, event: &Envelope) -> usize {
        let on = Stationery::new("Perme8", "https://perme8.example".parse().unwrap());
        let handler = OnDigestDue::new(MockDirectory::acme().shared(), on);
        deliver(&handler, tx, event).await;
        let transcript = tx.transcript();
        assert_eq!(transcript.matches("enqueue mail.outgoing").count(), transcript.lines().count());
        transcript.lines().count()
    }

    #[tokio::test]
    async fn one_mail_lists_what_waits() {
        let (mut tx, due) = waiting(false).await;
        assert_eq!(check(&mut tx, &fired(NAME, due)).await, 1);
        let transcript = tx.transcript();
        assert!(transcript.contains("2 unread notifications") && transcript.contains("ada@"));
        // The timer may be heard of again.
        assert_eq!(check(&mut tx, &fired(NAME, due)).await, 1);
        let left: Vec<_> = tx.state.notifications().filter(|told| told.awaits_digest).collect();
        assert_eq!(left.iter().map(|told| told.user_id).collect::<Vec<_>>(), [BOB]);
    }

    #[tokio::test]
    async fn what_was_read_meanwhile_is_left_out() {
        let (mut tx, due) = waiting(true).await;
        assert_eq!(check(&mut tx, &fired(NAME, due)).await, 1);
        assert!(tx.transcript().contains("1 unread notification on"));
    }

    #[tokio::test]
    async fn nothing_is_sent_when_nothing_is_unread() {
        let mut tx = FakeTx::new(Memory::default());
        let due = tx.now();
        tx.digest_at(ADA, due).await.unwrap();
        assert_eq!(check(&mut tx, &fired(NAME, due)).await, 0);
    }

    #[tokio::test]
    async fn timers_of_others_and_of_other_days_are_nothing_to_it() {
        let (mut tx, due) = waiting(false).await;
        assert_eq!(check(&mut tx, &fired("perme8.onboarding", due)).await, 0);
        assert_eq!(check(&mut tx, &fired(NAME, due - TimeDelta::days(1))).await, 0);
        assert_eq!(tx.state.notifications().filter(|told| told.awaits_digest).count(), 3);
    }
}
