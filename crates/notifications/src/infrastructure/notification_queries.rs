//! What people ask about their notifications.

use perme8_events::{StorageError, UserId, sql, sql::Db};

use crate::{
    application::read_models::{ListNotifications, MAX_LIMIT, cut},
    domain::{
        cursor::Cursor,
        notification::{Notification, NotificationId},
    },
    infrastructure::row::{Row, notifications, select_notifications},
};

/// A page of the notifications of a person, newest first, and where the next begins.
pub(crate) async fn list(
    db: &Db,
    user: UserId,
    wanted: ListNotifications,
) -> Result<(Vec<Notification>, Option<Cursor>), StorageError> {
    let ListNotifications { unread_only, limit, after } = wanted;
    let limit = limit.clamp(1, MAX_LIMIT);
    // A statement for each case: one that fits all could not walk along an index.
    let query = match (unread_only, after) {
        (false, None) => db.query(sql!(select_notifications!(
            "WHERE user_id = $1 ORDER BY created_at DESC, notification_id DESC LIMIT $2"
        ))),
        (false, Some(_)) => db.query(sql!(select_notifications!(
            "WHERE user_id = $1 AND (created_at, notification_id) < ($2, $3) \
             ORDER BY created_at DESC, notification_id DESC LIMIT $4"
        ))),
        (true, None) => db.query(sql!(select_notifications!(
            "WHERE user_id = $1 AND read_at IS NULL ORDER BY created_at DESC, notification_id DESC LIMIT $2"
        ))),
        (true, Some(_)) => db.query(sql!(select_notifications!(
            "WHERE user_id = $1 AND read_at IS NULL AND (created_at, notification_id) < ($2, $3) \
             ORDER BY created_at DESC, notification_id DESC LIMIT $4"
        ))),
    };
    let query = query.bind(user);
    let query = match after {
        Some(cursor) => query.bind(cursor.created_at).bind(cursor.id),
        None => query,
    };
    // One more than wanted tells whether another page follows.
    let found = notifications(query.bind(i64::from(limit) + 1).all().await?)?;
    let limit = usize::try_from(limit).expect("a hundred fits everywhere");
    Ok(cut(found, limit))
}

/// A notification of a person.
pub(crate) async fn find(
    db: &Db,
    user: UserId,
    id: NotificationId,
) -> Result<Option<Notification>, StorageError> {
    let query =
        db.query(sql!(select_notifications!("WHERE user_id = $1 AND notification_id = $2")));
    let row: Option<Row> = query.bind(user).bind(id).opt().await?;
    row.map(Notification::try_from).transpose()
}

/// How many notifications a person has not read.
pub(crate) async fn unread_count(db: &Db, user: UserId) -> Result<u64, StorageError> {
    let count: i64 = db
        .query(sql!("SELECT count(*) FROM notifications_notifications WHERE user_id = $1 AND read_at IS NULL"))
        .bind(user)
        .scalar()
        .await?;
    Ok(u64::try_from(count).expect("nothing is counted below zero"))
}
