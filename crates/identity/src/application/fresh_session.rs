//! Whether somebody has shown a moment ago who they are.

use perme8_events::{StorageError, UserId};

use crate::{application::ports::Sessions, domain::references::SessionId};

/// Whether the person has shown in this session, within the last 20 minutes, who they are.
///
/// What takes an account away from its person is not done with a session that was left open somewhere.
pub(crate) async fn is_fresh(
    tx: &mut impl Sessions,
    session: SessionId,
    user: UserId,
) -> Result<bool, StorageError> {
    let now = tx.now();
    Ok(tx.session(session, user).await?.is_some_and(|session| session.is_fresh(now)))
}
