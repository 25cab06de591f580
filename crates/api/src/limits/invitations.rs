//! Invitations are mails to people who have not asked for any: so many by whoever invites, and so many to an address, whichever
//! workspaces they are for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use identity::{QueryError, WorkspaceRef};

use crate::{
    auth::Caller,
    error::ApiError,
    limits::{
        Limiter, Looked,
        bucket::{Account, Bucket},
        store::Spending,
        strict::ROUNDS,
    },
    state::Api,
};

/// The mails that somebody may send by inviting; they are spent.
#[derive(Debug, Default)]
pub(crate) struct Mails {
    /// For each address what was spent for it, or how long it gets no further mail.
    to: BTreeMap<Account, Result<Spending, TimeDelta>>,
    /// What was spent of the inviter.
    by: Option<(Limiter, Spending)>,
}

impl Api {
    /// Spends a mail by the caller to each of these addresses that may get one. What is no address gets none anyway.
    ///
    /// Nothing is spent where the caller does not manage the workspace: nobody is kept from being invited by strangers.
    pub(crate) async fn mails<'a>(
        &self,
        caller: &Caller,
        workspace: &WorkspaceRef,
        emails: impl Iterator<Item = &'a str> + Send,
    ) -> Result<Mails, ApiError> {
        let Some(limiter) = &self.limiter else { return Ok(Mails::default()) };
        match self.identity.workspace(&caller.origin, workspace).await {
            Ok(found) if found.role.is_manager() => {}
            // The facade says why not.
            Ok(_) | Err(QueryError::NotFound | QueryError::Forbidden) => {
                return Ok(Mails::default());
            }
            Err(QueryError::Storage(error)) => return Err(error.into()),
        }
        let inviter = Bucket::inviter(caller.user.id);
        let accounts = emails.filter_map(Account::at).collect();
        for _ in 0..ROUNDS {
            let mails = limiter.mails(self, &inviter, &accounts).await?;
            if limiter.store.spend(&mails.spendings()).await? {
                return Ok(mails);
            }
        }
        Err(ApiError::rate_limited(TimeDelta::zero()))
    }
}

impl Limiter {
    async fn mails(
        &self,
        api: &Api,
        inviter: &Bucket,
        accounts: &BTreeSet<Account>,
    ) -> Result<Mails, ApiError> {
        let invitees: Vec<_> = accounts.iter().map(Bucket::invitee).collect();
        let buckets: Vec<_> = invitees.iter().chain([inviter]).cloned().collect();
        let kept = Looked::at(self, api.options.clock.now(), &buckets).await?;
        let spendings = invitees.iter().map(|bucket| kept.spending(bucket, 1));
        let to: BTreeMap<_, _> = accounts.iter().cloned().zip(spendings).collect();
        let count = number(to.values().flatten().count());
        let by = kept.spending(inviter, count).map_err(ApiError::rate_limited)?;
        Ok(Mails { to, by: Some((self.clone(), by)) })
    }
}

impl Mails {
    /// In one order, so that those who invite at the same time never wait for each other.
    fn spendings(&self) -> Vec<Spending> {
        let by = self.by.iter().map(|(_, by)| by);
        by.chain(self.to.values().flatten()).cloned().collect()
    }

    /// How long this address gets no mail; none if one may go there.
    pub(crate) fn wait(&self, email: &str) -> Option<TimeDelta> {
        self.to.get(&Account::at(email)?)?.as_ref().err().copied()
    }

    /// Gives back all but these: no other mail went out.
    pub(crate) async fn were_sent_to<'a>(self, emails: impl Iterator<Item = &'a str> + Send) {
        let Some((limiter, by)) = self.by else { return };
        let sent: BTreeSet<_> = emails.filter_map(Account::at).collect();
        let unsent = self.to.into_iter().filter(|(account, _)| !sent.contains(account));
        let mut unsent: Vec<_> = unsent.filter_map(|(_, spending)| spending.ok()).collect();
        if unsent.is_empty() {
            return;
        }
        // Of a list that was longer than its inviter may ever send, less was spent than there are rows.
        let of_sent = limiter.limits.inviter.cost(number(sent.len()));
        unsent.insert(0, Spending { cost: by.cost - of_sent, ..by });
        limiter.give_back(unsent).await;
    }
}

fn number(count: usize) -> u32 {
    count.try_into().expect("lists are short")
}
