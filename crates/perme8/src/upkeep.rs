//! What happens because time passes: schedules, and the worker of their chores.

use std::time::Duration;

use agents::{Agents, CloseInterruptedQueries, PurgeAgentQueries};
use async_trait::async_trait;
use chat::{Chat, Reconcile};
use documents::{Documents, PurgeTrash};
use erm::{Erm, PurgeDeleted};
use identity::{ExpireInvitations, Identity, PurgeExpired};
use llm::{CloseAbandoned, Ledger, PurgeAccounts};
use mail::{Mailbox, PurgeMailbox};
use notifications::{Notifications, PurgeNotifications};
use perme8_events::{HandlerError, Job, JobRun, Origin, QueueOptions, Schedule, Worker};
use serde::{Deserialize, Serialize};

use crate::rate_limits::HostLimitStore;

/// So much is done in one transaction, so that a long list holds up nobody.
const AT_ONCE: u32 = 500;

/// So many documents end in one transaction: with each goes all that was ever written in it.
const DOCUMENTS_AT_ONCE: u32 = 100;

/// Something that has to be done from time to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Chore {
    /// Invitations that nobody has answered.
    ExpireInvitations,
    /// Sessions and tokens that have run out.
    PurgeExpired,
    /// Documents that have been in the trash for long.
    PurgeTrash,
    /// Entities and edges of graphs that were deleted long ago.
    PurgeGraphs,
    /// Old mails of the development mailbox.
    PurgeMailbox,
    /// Notifications that were read long ago, or never.
    PurgeNotifications,
    /// Calls of language models that a crash left open.
    CloseAbandonedCalls,
    /// Accounts of calls of language models that are old.
    PurgeAccounts,
    /// Agents of people and memberships that are gone without an event that told so.
    ReconcileAgents,
    /// Conversations whose owner, membership or project is gone without an event that told so.
    ReconcileChat,
    /// Questions to agents that nobody answers any more.
    CloseInterruptedQueries,
    /// Questions to agents that were answered long ago.
    PurgeAgentQueries,
    /// Rate limits of those who may ask as often as ever again.
    SweepRateLimits,
}

impl Job for Chore {
    const QUEUE: &'static str = "perme8.upkeep";
}

impl Chore {
    /// How much of it is done in one transaction.
    const fn at_once(self) -> u32 {
        match self {
            Self::PurgeTrash => DOCUMENTS_AT_ONCE,
            // They go through everything by themselves, and would find the same again.
            Self::ReconcileAgents | Self::ReconcileChat => u32::MAX,
            Self::CloseAbandonedCalls
            | Self::PurgeAccounts
            | Self::ExpireInvitations
            | Self::PurgeExpired
            | Self::PurgeGraphs
            | Self::PurgeMailbox
            | Self::PurgeNotifications
            | Self::CloseInterruptedQueries
            | Self::PurgeAgentQueries
            | Self::SweepRateLimits => AT_ONCE,
        }
    }
}

/// When each chore is done, spread over the hour.
pub(crate) fn schedules() -> [Schedule; 13] {
    [
        ("agents.reconcile", "*/5 * * * *", Chore::ReconcileAgents),
        ("chat.reconcile", "*/5 * * * *", Chore::ReconcileChat),
        ("llm.abandoned", "*/5 * * * *", Chore::CloseAbandonedCalls),
        ("agents.close_interrupted", "*/5 * * * *", Chore::CloseInterruptedQueries),
        ("erm.purge", "3 * * * *", Chore::PurgeGraphs),
        ("identity.expiry", "7 * * * *", Chore::ExpireInvitations),
        ("perme8.rate_limits", "14 * * * *", Chore::SweepRateLimits),
        ("identity.purge", "22 * * * *", Chore::PurgeExpired),
        ("documents.purge", "29 * * * *", Chore::PurgeTrash),
        ("mail.purge", "37 * * * *", Chore::PurgeMailbox),
        ("agents.purge", "44 * * * *", Chore::PurgeAgentQueries),
        ("notifications.purge", "52 * * * *", Chore::PurgeNotifications),
        ("llm.purge", "58 * * * *", Chore::PurgeAccounts),
    ]
    .map(|(name, pattern, chore)| {
        Schedule::new(name, pattern, chore).expect("these patterns come true")
    })
}

/// Does the chores of each of these.
#[derive(Debug)]
pub(crate) struct Upkeep {
    pub(crate) identity: Identity,
    pub(crate) documents: Documents,
    pub(crate) erm: Erm,
    pub(crate) ledger: Ledger,
    /// So long the ledger keeps what was asked.
    pub(crate) usage_kept: Duration,
    pub(crate) agents: Agents,
    pub(crate) mailbox: Mailbox,
    pub(crate) notifications: Notifications,
    pub(crate) rate_limits: HostLimitStore,
    pub(crate) chat: Chat,
}

impl Upkeep {
    /// Everything that people talk about, page by page: how much of what is gone it was left with.
    async fn reconcile_chat(&self, run: &JobRun) -> Result<u64, HandlerError> {
        let (mut found, mut after) = (0, None);
        while !run.is_stopped() {
            let (origin, command) =
                (Origin::system("chat.reconcile"), Reconcile { after, limit: AT_ONCE });
            let page = self.chat.reconcile(origin, command).await?;
            found += page.found;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// One part of a chore: how much was done, at most [so much](Chore::at_once).
    async fn part(&self, chore: Chore, run: &JobRun) -> Result<u64, HandlerError> {
        match chore {
            Chore::ReconcileAgents => {
                let origin = Origin::system("agents.reconcile");
                let found = self.agents.reconcile(&origin, || run.is_stopped()).await?;
                reconciled("agents", found);
                Ok(found)
            }
            Chore::ReconcileChat => {
                let found = self.reconcile_chat(run).await?;
                reconciled("chat", found);
                Ok(found)
            }
            Chore::ExpireInvitations => {
                let origin = Origin::system("identity.expiry");
                let command = ExpireInvitations { limit: AT_ONCE };
                Ok(self.identity.expire_invitations(origin, command).await? as u64)
            }
            Chore::PurgeExpired => {
                let origin = Origin::system("identity.purge");
                Ok(self.identity.purge_expired(origin, PurgeExpired { limit: AT_ONCE }).await?)
            }
            Chore::PurgeTrash => {
                let origin = Origin::system("documents.purge");
                Ok(self
                    .documents
                    .purge_trash(origin, PurgeTrash { limit: chore.at_once() })
                    .await?)
            }
            Chore::PurgeGraphs => {
                let origin = Origin::system("erm.purge");
                Ok(self.erm.purge_deleted(origin, PurgeDeleted { limit: AT_ONCE }).await?)
            }
            Chore::CloseAbandonedCalls => {
                let origin = Origin::system("llm.abandoned");
                Ok(self.ledger.close_abandoned(origin, CloseAbandoned { limit: AT_ONCE }).await?)
            }
            Chore::PurgeAccounts => {
                let origin = Origin::system("llm.purge");
                let command = PurgeAccounts { kept: self.usage_kept, limit: AT_ONCE };
                Ok(self.ledger.purge(origin, command).await?)
            }
            Chore::PurgeMailbox => {
                let origin = Origin::system("mail.purge");
                Ok(self.mailbox.purge(origin, PurgeMailbox { limit: AT_ONCE }).await?)
            }
            Chore::PurgeNotifications => {
                let origin = Origin::system("notifications.purge");
                Ok(self.notifications.purge(origin, PurgeNotifications { limit: AT_ONCE }).await?)
            }
            Chore::CloseInterruptedQueries => {
                let origin = Origin::system("agents.close_interrupted");
                let command = CloseInterruptedQueries { limit: AT_ONCE };
                Ok(self.agents.close_interrupted_queries(origin, command).await?)
            }
            Chore::PurgeAgentQueries => {
                let origin = Origin::system("agents.purge");
                let command = PurgeAgentQueries { limit: AT_ONCE };
                Ok(self.agents.purge_agent_queries(origin, command).await?)
            }
            Chore::SweepRateLimits => Ok(self.rate_limits.sweep(AT_ONCE).await?),
        }
    }
}

#[async_trait]
impl Worker for Upkeep {
    type Job = Chore;
    /// How much was done.
    type Done = u64;

    fn options(&self) -> QueueOptions {
        QueueOptions { concurrency: 1, timeout: Duration::from_mins(10), ..QueueOptions::DEFAULT }
    }

    async fn work(&self, chore: Chore, run: &JobRun) -> Result<u64, HandlerError> {
        let mut done = 0;
        while !run.is_stopped() {
            let part = self.part(chore, run).await?;
            done += part;
            if part < u64::from(chore.at_once()) {
                break;
            }
        }
        Ok(done)
    }
}

/// Measures how much was left of what is gone, in a context whose events should have seen to it.
fn reconciled(context: &'static str, found: u64) {
    metrics::counter!("perme8_reconciled_total", "context" => context).increment(found);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_can_be_kept() {
        assert_eq!(schedules().len(), 13);
    }
}
