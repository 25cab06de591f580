//! The only struct through which others use this context.

use std::sync::Arc;

use perme8_events::{
    Origin, StorageError, UserId,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        delete_notification::{DeleteNotification, DeleteNotificationError},
        mark_all_read::{MarkAllRead, MarkAllReadError},
        mark_read::{MarkRead, MarkReadError},
        ports::{Directory, DocumentDirectory, ProjectDirectory},
        preference_list::PreferenceList,
        present::{Directories, present},
        purge_notifications::{PurgeNotifications, PurgeNotificationsError},
        read_models::{ListNotifications, NotificationPage, NotificationSummary, QueryError},
        set_preferences::{SetPreferences, SetPreferencesError},
    },
    domain::{
        notification::{Notification, NotificationId},
        preferences::Preferences,
    },
    infrastructure::{notification_queries, preference_store},
};

/// What people are told, as they see it: everybody sees their own, and what is somebody else's is not there.
///
/// # Examples
///
/// ```
/// use notifications::{ListNotifications, MarkAllRead, Notifications};
/// use perme8_events::{Origin, UserId};
///
/// async fn catch_up(
///     notifications: Notifications,
///     reader: UserId,
/// ) -> Result<Vec<String>, Box<dyn std::error::Error>> {
///     let origin = Origin::user(reader);
///     let unread = ListNotifications { unread_only: true, ..ListNotifications::default() };
///     let page = notifications.list(&origin, unread).await?;
///     notifications.mark_all_read(origin, MarkAllRead).await?;
///     Ok(page.notifications.into_iter().map(|told| told.title).collect())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Notifications {
    db: Db,
    uow: UnitOfWork,
    directories: Directories,
}

/// Whether an error of a use case is only that a race was lost, which may not come up again.
macro_rules! lost_a_race {
    ($Error:ident) => {
        |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable())
    };
}

impl Notifications {
    /// On this database; the others know what things are called today, and who sees them.
    #[must_use]
    pub fn new(
        db: Db,
        people: Arc<dyn Directory>,
        projects: Arc<dyn ProjectDirectory>,
        documents: Arc<dyn DocumentDirectory>,
    ) -> Self {
        let directories = Directories { people, projects, documents };
        Self { uow: UnitOfWork::new(db.clone()), db, directories }
    }

    /// A page of the actor's notifications, newest first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn list(
        &self,
        origin: &Origin,
        wanted: ListNotifications,
    ) -> Result<NotificationPage, QueryError> {
        let reader = reader(origin)?;
        let (found, next) = notification_queries::list(&self.db, reader, wanted).await?;
        let notifications = self.presented(reader, found).await?;
        Ok(NotificationPage { notifications, next })
    }

    /// A notification of the actor; nothing when there is none, or no longer.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(notification.id = %id))]
    pub async fn find(
        &self,
        origin: &Origin,
        id: NotificationId,
    ) -> Result<Option<NotificationSummary>, QueryError> {
        match notification_queries::find(&self.db, reader(origin)?, id).await? {
            Some(found) => Ok(Some(self.shown(found).await?)),
            None => Ok(None),
        }
    }

    /// How many notifications the actor has not read.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn unread_count(&self, origin: &Origin) -> Result<u64, QueryError> {
        Ok(notification_queries::unread_count(&self.db, reader(origin)?).await?)
    }

    /// Marks a notification of the actor as read. When it was read before, that time stays.
    ///
    /// # Errors
    ///
    /// [`MarkReadError`].
    #[tracing::instrument(skip_all, fields(notification.id = %command.notification_id))]
    pub async fn mark_read(
        &self,
        origin: Origin,
        command: MarkRead,
    ) -> Result<NotificationSummary, MarkReadError> {
        let again = lost_a_race!(MarkReadError);
        let attempt = || self.uow.run(origin.clone(), async |tx| command.execute(tx).await);
        Ok(self.shown(self.uow.retry(again, attempt).await?).await?)
    }

    /// Marks everything as read that the actor has been told up to now; gives how many notifications became read.
    ///
    /// # Errors
    ///
    /// [`MarkAllReadError`].
    #[tracing::instrument(skip_all)]
    pub async fn mark_all_read(
        &self,
        origin: Origin,
        command: MarkAllRead,
    ) -> Result<u64, MarkAllReadError> {
        let again = lost_a_race!(MarkAllReadError);
        let attempt = || self.uow.run(origin.clone(), async |tx| command.execute(tx).await);
        self.uow.retry(again, attempt).await
    }

    /// Deletes a notification of the actor.
    ///
    /// # Errors
    ///
    /// [`DeleteNotificationError`].
    #[tracing::instrument(skip_all, fields(notification.id = %command.notification_id))]
    pub async fn delete(
        &self,
        origin: Origin,
        command: DeleteNotification,
    ) -> Result<(), DeleteNotificationError> {
        let again = lost_a_race!(DeleteNotificationError);
        let attempt = || self.uow.run(origin.clone(), async |tx| command.execute(tx).await);
        self.uow.retry(again, attempt).await
    }

    /// Of what the actor is told, and how.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn preferences(&self, origin: &Origin) -> Result<PreferenceList, QueryError> {
        let person = reader(origin)?;
        let chosen = preference_store::of(&self.db, person).await?;
        let chosen = chosen.unwrap_or_else(|| Preferences::of(person));
        Ok(PreferenceList::of(&chosen, &self.directories.people.workspaces_of(person).await?))
    }

    /// Chooses of what the actor is told, and how, instead of what was chosen before.
    ///
    /// # Errors
    ///
    /// [`SetPreferencesError`].
    #[tracing::instrument(skip_all)]
    pub async fn set_preferences(
        &self,
        origin: Origin,
        command: SetPreferences,
    ) -> Result<PreferenceList, SetPreferencesError> {
        let person = origin.actor().user().ok_or(SetPreferencesError::Forbidden)?;
        let workspaces = self.directories.people.workspaces_of(person).await?;
        // Whoever chooses at the same time is overruled by the last one.
        let again = lost_a_race!(SetPreferencesError);
        let attempt =
            || self.uow.run(origin.clone(), async |tx| command.execute(tx, &workspaces).await);
        Ok(PreferenceList::of(&self.uow.retry(again, attempt).await?, &workspaces))
    }

    /// Forgets what nobody needs to be told any more, and says how much; less than the limit means that nothing is left. Only
    /// the system may.
    ///
    /// # Errors
    ///
    /// [`PurgeNotificationsError`].
    #[tracing::instrument(skip_all)]
    pub async fn purge(
        &self,
        origin: Origin,
        command: PurgeNotifications,
    ) -> Result<u64, PurgeNotificationsError> {
        self.uow.run(origin, async |tx| command.execute(tx).await).await
    }

    /// As their reader sees them today.
    async fn presented(
        &self,
        reader: UserId,
        told: Vec<Notification>,
    ) -> Result<Vec<NotificationSummary>, StorageError> {
        present(&self.directories, reader, told).await
    }

    /// As its reader sees it today.
    async fn shown(&self, told: Notification) -> Result<NotificationSummary, StorageError> {
        let shown = self.presented(told.user_id, vec![told]).await?;
        Ok(shown.into_iter().next().expect("what is told is shown"))
    }
}

/// Whose notifications are meant.
fn reader(origin: &Origin) -> Result<UserId, QueryError> {
    origin.actor().user().ok_or(QueryError::Forbidden)
}

pub(crate) mod announcer;
pub(crate) mod clearer;
#[cfg(test)]
mod matrix;

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles only if every future of the facade can be moved between threads, as the HTTP server needs it.
    #[expect(dead_code, reason = "the compiler is the test")]
    fn futures_are_send(notifications: &Notifications, origin: &Origin, id: NotificationId) {
        fn send<T: Send>(_: T) {}
        send(notifications.list(origin, ListNotifications::default()));
        send(notifications.find(origin, id));
        send(notifications.unread_count(origin));
        send(notifications.mark_read(origin.clone(), MarkRead { notification_id: id }));
        send(notifications.mark_all_read(origin.clone(), MarkAllRead));
        send(notifications.delete(origin.clone(), DeleteNotification { notification_id: id }));
        send(notifications.preferences(origin));
        let preferences = SetPreferences { digest_hour: 8, preferences: Vec::new() };
        send(notifications.set_preferences(origin.clone(), preferences));
        send(notifications.purge(origin.clone(), PurgeNotifications { limit: 1 }));
    }
}
