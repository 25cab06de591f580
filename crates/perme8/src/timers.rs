//! What happens because time passes.

use std::time::Duration;

use identity::{ExpireInvitations, ExpireInvitationsError, Identity};
use perme8_events::{Origin, host::Tasks};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often invitations that nobody answered are looked for.
const HOURLY: Duration = Duration::from_hours(1);
/// So many expire in one transaction, so that a long list holds up nobody.
const AT_ONCE: u32 = 500;

/// Runs the timers of the host until its tasks are stopped.
pub(crate) fn start(identity: &Identity, tasks: &Tasks) {
    let (identity, token) = (identity.clone(), tasks.token());
    tasks.spawn("identity.expiry", async move {
        let mut interval = tokio::time::interval(HOURLY);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while token.run_until_cancelled(interval.tick()).await.is_some() {
            match expire(&identity, &token).await {
                Ok(0) => {}
                Ok(expired) => {
                    tracing::info!(expired, "invitations that nobody answered have expired");
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "invitations expire later"
                    );
                }
            }
        }
    });
}

async fn expire(
    identity: &Identity,
    token: &CancellationToken,
) -> Result<usize, ExpireInvitationsError> {
    let mut total = 0;
    while !token.is_cancelled() {
        let origin = Origin::system("identity.expiry");
        let expired =
            identity.expire_invitations(origin, ExpireInvitations { limit: AT_ONCE }).await?;
        total += expired;
        if expired < AT_ONCE as usize {
            break;
        }
    }
    Ok(total)
}
