//! Who is asking how much on this node, in memory.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use chrono::{DateTime, Utc};
use perme8_events::{UserId, WorkspaceId};

use crate::{
    application::locks::locked,
    domain::{
        call::Asker,
        failure::AskFailure,
        limits::{CallLimits, Spent},
    },
};

/// Nobody knows when an answer ends; whoever has to wait for one looks again then.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// With so many the map is tidied for the first time.
const MANY: usize = 1_024;

/// Whom a limit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    User(UserId),
    Workspace(WorkspaceId),
}

/// What everybody is asking on this node. Clones share it.
#[derive(Clone)]
pub(crate) struct Holders {
    limits: CallLimits,
    spent: Arc<Mutex<Accounts>>,
}

struct Accounts {
    of: HashMap<Holder, Spent>,
    tidy_at: usize,
}

impl Holders {
    pub(crate) fn new(limits: CallLimits) -> Self {
        let accounts = Accounts { of: HashMap::new(), tidy_at: MANY };
        Self { limits, spent: Arc::new(Mutex::new(accounts)) }
    }

    /// One more answer, for those who may have it; it is being written until the slot is dropped.
    pub(crate) fn admit(&self, asker: &Asker, now: DateTime<Utc>) -> Result<Slot, AskFailure> {
        let user = Some(Holder::User(asker.user_id));
        let holders = [user, asker.workspace_id.map(Holder::Workspace)];
        let holders: Vec<Holder> = holders.into_iter().flatten().collect();
        let mut accounts = self.accounts();
        for holder in &holders {
            let (at_once, per_minute) = self.limit(*holder);
            let Some(spent) = accounts.of.get(holder) else { continue };
            if spent.running >= at_once {
                return Err(AskFailure::Busy { retry_after: LOOK_AGAIN });
            }
            if let Some(wait) = spent.wait(now, per_minute) {
                let retry_after = wait.to_std().unwrap_or_default();
                return Err(AskFailure::RateLimited { retry_after });
            }
        }
        if accounts.of.len() >= accounts.tidy_at {
            accounts.of.retain(|_, spent| !spent.is_nothing(now));
            accounts.tidy_at = MANY.max(accounts.of.len() * 2);
        }
        for holder in &holders {
            let (_, per_minute) = self.limit(*holder);
            let spent = accounts.of.entry(*holder).or_insert_with(|| Spent::nothing(now));
            spent.spend(now, per_minute);
        }
        drop(accounts);
        Ok(Slot { holders, of: self.clone(), is_used: false })
    }

    fn limit(&self, holder: Holder) -> (u32, u32) {
        let CallLimits { user_at_once, workspace_at_once, user_per_minute, workspace_per_minute } =
            self.limits;
        match holder {
            Holder::User(_) => (user_at_once, user_per_minute),
            Holder::Workspace(_) => (workspace_at_once, workspace_per_minute),
        }
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        locked(&self.spent)
    }
}

impl fmt::Debug for Holders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holders").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// An answer counts as being written as long as this lives.
#[derive(Debug)]
pub(crate) struct Slot {
    holders: Vec<Holder>,
    of: Holders,
    is_used: bool,
}

impl Slot {
    /// From now on it counts as asked in this minute, too.
    pub(crate) fn used(mut self) -> Self {
        self.is_used = true;
        self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut accounts = self.of.accounts();
        for holder in &self.holders {
            if let Some(spent) = accounts.of.get_mut(holder) {
                spent.release();
                if !self.is_used {
                    let (_, per_minute) = self.of.limit(*holder);
                    spent.give_back(per_minute);
                }
            }
        }
    }
}
