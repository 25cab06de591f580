//! What happens because time passes.

use std::{error::Error, time::Duration};

use identity::{ExpireInvitations, Identity, PurgeExpired};
use mail::{Mailbox, PurgeMailbox};
use perme8_events::{Origin, host::Tasks};
use tokio::time::MissedTickBehavior;

/// How often the host looks for what is overdue.
const HOURLY: Duration = Duration::from_hours(1);
/// So much is done in one transaction, so that a long list holds up nobody.
const AT_ONCE: u32 = 500;

/// Runs the timers of the host until its tasks are stopped.
pub(crate) fn start(identity: &Identity, mailbox: &Mailbox, tasks: &Tasks) {
    let expiring = identity.clone();
    hourly(tasks, "identity.expiry", move || {
        let identity = expiring.clone();
        async move {
            let origin = Origin::system("identity.expiry");
            let command = ExpireInvitations { limit: AT_ONCE };
            identity.expire_invitations(origin, command).await.map(|expired| expired as u64)
        }
    });
    let purging = identity.clone();
    hourly(tasks, "identity.purge", move || {
        let identity = purging.clone();
        async move {
            let origin = Origin::system("identity.purge");
            identity.purge_expired(origin, PurgeExpired { limit: AT_ONCE }).await
        }
    });
    let mailbox = mailbox.clone();
    hourly(tasks, "mail.purge", move || {
        let mailbox = mailbox.clone();
        async move { mailbox.purge(Origin::system("mail.purge"), PurgeMailbox { limit: AT_ONCE }).await }
    });
}

/// Does something every hour, one part after another until a part is not full.
fn hourly<E, F>(tasks: &Tasks, name: &'static str, part: impl Fn() -> F + Send + 'static)
where
    E: Error + Send + 'static,
    F: Future<Output = Result<u64, E>> + Send,
{
    let token = tasks.token();
    tasks.spawn(name, async move {
        let mut interval = tokio::time::interval(HOURLY);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while token.run_until_cancelled(interval.tick()).await.is_some() {
            while !token.is_cancelled() {
                match part().await {
                    Ok(0) => break,
                    Ok(done) => {
                        tracing::info!(timer = name, done, "the timer has done its work");
                        if done < u64::from(AT_ONCE) {
                            break;
                        }
                    }
                    Err(error) => {
                        let error = &error as &dyn Error;
                        tracing::warn!(timer = name, error, "the timer tries again in an hour");
                        break;
                    }
                }
            }
        }
    });
}
