//! The tables of this context in memory.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use identity::InvitationId;
use perme8_events::{
    EventId, Position, StorageError, Store, Transaction as _, UserId, WorkspaceId, testing::FakeTx,
};

use crate::{
    application::ports::{Accesses, Answers, Inboxes, People},
    domain::{
        action::NotificationAction,
        notification::{Notification, NotificationId},
        preferences::Preferences,
    },
};

/// The tables of this context in memory.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(super) notifications: BTreeMap<NotificationId, Notification>,
    answers: BTreeMap<InvitationId, (NotificationAction, DateTime<Utc>)>,
    gone: BTreeMap<UserId, DateTime<Utc>>,
    losses: BTreeMap<(Option<UserId>, WorkspaceId), Position>,
    pub(super) preferences: BTreeMap<UserId, Preferences>,
    pub(super) digests: BTreeMap<UserId, DateTime<Utc>>,
}

impl Memory {
    /// With these notifications.
    pub(crate) fn with(notifications: Vec<Notification>) -> Self {
        let notifications =
            notifications.into_iter().map(|notification| (notification.id, notification)).collect();
        Self { notifications, ..Self::default() }
    }

    /// Every notification, by id.
    pub(crate) fn notifications(&self) -> impl Iterator<Item = &Notification> {
        self.notifications.values()
    }

    fn is_taken(&self, new: &Notification) -> bool {
        self.notifications().any(|old| {
            let same_question = new.invitation_id.is_some()
                && (old.user_id, old.notification_type, old.invitation_id)
                    == (new.user_id, new.notification_type, new.invitation_id);
            old.id == new.id
                || same_question
                || (old.user_id, old.source.event_id) == (new.user_id, new.source.event_id)
        })
    }
}

impl Store<Notification> for FakeTx<Memory> {
    async fn store(&mut self, notification: &mut Notification) -> Result<(), StorageError> {
        let stored =
            self.state.notifications.get(&notification.id).map_or(0, |stored| stored.version);
        if stored != notification.version || (stored == 0 && self.state.is_taken(notification)) {
            return Err(StorageError::conflict());
        }
        notification.version += 1;
        if notification.is_deleted {
            self.state.notifications.remove(&notification.id);
        } else {
            self.state.notifications.insert(notification.id, notification.clone());
        }
        Ok(())
    }
}

impl Inboxes for FakeTx<Memory> {
    async fn who_was_told(
        &mut self,
        people: &[UserId],
        of: EventId,
    ) -> Result<BTreeSet<UserId>, StorageError> {
        let told = self.state.notifications().filter(|told| told.source.event_id == of);
        Ok(told.map(|told| told.user_id).filter(|person| people.contains(person)).collect())
    }

    async fn notification_of(
        &mut self,
        user: UserId,
        id: NotificationId,
    ) -> Result<Option<Notification>, StorageError> {
        Ok(self.state.notifications.get(&id).filter(|found| found.user_id == user).cloned())
    }

    async fn asking_about(
        &mut self,
        invitation: InvitationId,
    ) -> Result<Vec<Notification>, StorageError> {
        let asking = self
            .state
            .notifications()
            .filter(|question| question.invitation_id == Some(invitation));
        let mut asking: Vec<_> = asking.cloned().collect();
        asking.sort_by_key(|question| question.user_id);
        Ok(asking)
    }

    async fn pointing_into(
        &mut self,
        workspace: WorkspaceId,
        user: Option<UserId>,
        before: Position,
        after: Option<(UserId, NotificationId)>,
        limit: u32,
    ) -> Result<Vec<Notification>, StorageError> {
        let pointing = self.state.notifications().filter(|notification| {
            user.is_none_or(|user| notification.user_id == user)
                && notification.workspace_id == Some(workspace)
                && notification.source.position < before
                && Some((notification.user_id, notification.id)) > after
        });
        let mut pointing: Vec<_> = pointing.cloned().collect();
        pointing.sort_by_key(|notification| (notification.user_id, notification.id));
        pointing.truncate(usize::try_from(limit).expect("tests count in small numbers"));
        Ok(pointing)
    }

    async fn read_up_to(
        &mut self,
        user: UserId,
        up_to: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StorageError> {
        let mut read = Vec::new();
        for notification in self.state.notifications.values_mut() {
            if notification.user_id == user
                && !notification.is_read()
                && notification.created_at <= up_to
            {
                notification.read_at = Some(up_to);
                notification.version += 1;
                read.push(notification.created_at);
            }
        }
        Ok(read)
    }

    async fn purge_read(&mut self, up_to: DateTime<Utc>, limit: u32) -> Result<u64, StorageError> {
        let read = self.state.notifications().filter_map(|old| Some((old.read_at?, old.id)));
        let read = read.filter(|(at, _)| *at <= up_to).collect();
        Ok(purge(&mut self.state.notifications, read, limit))
    }

    async fn purge_unread(
        &mut self,
        up_to: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let unread = self.state.notifications().filter(|old| !old.is_read());
        let unread = unread.map(|old| (old.created_at, old.id)).filter(|(at, _)| *at <= up_to);
        let unread = unread.collect();
        Ok(purge(&mut self.state.notifications, unread, limit))
    }
}

/// Removes at most so many of these, the oldest first.
fn purge<K: Ord, V>(
    table: &mut BTreeMap<K, V>,
    mut old: Vec<(DateTime<Utc>, K)>,
    limit: u32,
) -> u64 {
    old.sort();
    old.truncate(usize::try_from(limit).expect("tests count in small numbers"));
    old.iter().map(|(_, key)| u64::from(table.remove(key).is_some())).sum()
}

impl Answers for FakeTx<Memory> {
    async fn answer(
        &mut self,
        invitation: InvitationId,
    ) -> Result<Option<NotificationAction>, StorageError> {
        Ok(self.state.answers.get(&invitation).map(|(action, _)| *action))
    }

    async fn remember_answer(
        &mut self,
        invitation: InvitationId,
        action: NotificationAction,
    ) -> Result<(), StorageError> {
        let now = self.now();
        self.state.answers.entry(invitation).or_insert((action, now));
        Ok(())
    }

    async fn purge_answers(
        &mut self,
        up_to: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let answers = self.state.answers.iter();
        let old = answers.filter(|(_, (_, at))| *at <= up_to).map(|(id, (_, at))| (*at, *id));
        let old = old.collect();
        Ok(purge(&mut self.state.answers, old, limit))
    }
}

impl People for FakeTx<Memory> {
    async fn who_is_gone(&mut self, people: &[UserId]) -> Result<BTreeSet<UserId>, StorageError> {
        Ok(people.iter().copied().filter(|person| self.state.gone.contains_key(person)).collect())
    }

    async fn forget_person(&mut self, user: UserId) -> Result<(), StorageError> {
        let now = self.now();
        self.state.gone.entry(user).or_insert(now);
        self.state.notifications.retain(|_, notification| notification.user_id != user);
        self.state.losses.retain(|(person, _), _| *person != Some(user));
        self.state.preferences.remove(&user);
        self.state.digests.remove(&user);
        Ok(())
    }

    async fn purge_gone(&mut self, up_to: DateTime<Utc>, limit: u32) -> Result<u64, StorageError> {
        let old = self.state.gone.iter().filter(|(_, at)| **at <= up_to);
        let old = old.map(|(person, at)| (*at, *person)).collect();
        Ok(purge(&mut self.state.gone, old, limit))
    }
}

impl Accesses for FakeTx<Memory> {
    async fn last_losses(
        &mut self,
        people: &[UserId],
        workspace: WorkspaceId,
    ) -> Result<BTreeMap<UserId, Position>, StorageError> {
        let loss = |who: Option<UserId>| self.state.losses.get(&(who, workspace)).copied();
        let last = |person: UserId| loss(Some(person)).max(loss(None)).unwrap_or_default();
        Ok(people.iter().map(|person| (*person, last(*person))).collect())
    }

    async fn remember_loss(
        &mut self,
        user: Option<UserId>,
        workspace: WorkspaceId,
        at: Position,
    ) -> Result<(), StorageError> {
        let last = self.state.losses.entry((user, workspace)).or_default();
        *last = at.max(*last);
        Ok(())
    }
}
