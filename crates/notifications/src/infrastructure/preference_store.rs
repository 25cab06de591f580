//! Of what people want to be told, in their tables.

use std::collections::BTreeMap;

use perme8_events::{
    Load, StorageError, Store, UserId, WorkspaceId, sql,
    sql::{Db, Tx},
};
use sqlx::types::Json;

use crate::{
    application::ports::{Wish, Wishes},
    domain::{
        notification_type::NotificationType,
        preferences::{DigestHour, Preferences},
    },
};

/// A delivery beside the preferences that it belongs to; without one where nothing was chosen but the hour.
#[derive(sqlx::FromRow)]
struct Row {
    digest_hour: i64,
    version: i64,
    notification_type: Option<String>,
    workspace_id: Option<WorkspaceId>,
    delivery: Option<String>,
}

/// In one statement, so that whoever only looks needs no transaction.
macro_rules! select_preferences {
    () => {
        "SELECT p.digest_hour, p.version, d.notification_type, d.workspace_id, d.delivery \
         FROM notifications_preferences p LEFT JOIN notifications_deliveries d ON d.user_id = p.user_id \
         WHERE p.user_id = $1"
    };
}

fn preferences(user_id: UserId, rows: Vec<Row>) -> Result<Option<Preferences>, StorageError> {
    let Some(Row { digest_hour, version, .. }) = rows.first() else { return Ok(None) };
    let (digest_hour, version) = (hour(*digest_hour)?, *version);
    let mut preferences = Preferences { digest_hour, version, ..Preferences::of(user_id) };
    for Row { notification_type, workspace_id, delivery, .. } in rows {
        let (Some(kind), Some(delivery)) = (notification_type, delivery) else { continue };
        let kind = kind.parse().map_err(StorageError::new)?;
        let delivery = delivery.parse().map_err(StorageError::new)?;
        preferences.deliveries.insert((kind, workspace_id), delivery);
    }
    Ok(Some(preferences))
}

fn hour(stored: i64) -> Result<DigestHour, StorageError> {
    let hour = u8::try_from(stored).ok().and_then(DigestHour::new);
    hour.ok_or_else(|| StorageError::new(format!("{stored} is no hour of a day")))
}

/// What a person chose; none if that person never did.
pub(crate) async fn of(db: &Db, person: UserId) -> Result<Option<Preferences>, StorageError> {
    let rows = db.query(sql!(select_preferences!())).bind(person).all().await?;
    preferences(person, rows)
}

impl Load<Preferences> for Tx {
    async fn load(&mut self, person: UserId) -> Result<Option<Preferences>, StorageError> {
        let rows = self.query(sql!(select_preferences!())).bind(person).all().await?;
        preferences(person, rows)
    }
}

impl Store<Preferences> for Tx {
    async fn store(&mut self, preferences: &mut Preferences) -> Result<(), StorageError> {
        let Preferences { user_id, digest_hour, deliveries, version } = preferences;
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO notifications_preferences (user_id, digest_hour, version) VALUES ($1, $2, $3 + 1) \
                 ON CONFLICT (user_id) DO NOTHING"
            )
        } else {
            sql!(
                "UPDATE notifications_preferences SET digest_hour = $2, version = version + 1 \
                 WHERE user_id = $1 AND version = $3"
            )
        };
        self.query(statement)
            .bind(*user_id)
            .bind(i64::from(digest_hour.number()))
            .bind(*version)
            .write(version)
            .await?;
        self.query(sql!("DELETE FROM notifications_deliveries WHERE user_id = $1"))
            .bind(*user_id)
            .exec()
            .await?;
        let chosen: Vec<_> = deliveries
            .iter()
            .map(|((kind, workspace), delivery)| (kind.as_str(), workspace, delivery.as_str()))
            .collect();
        self.query(sql!(
            sqlite: "INSERT INTO notifications_deliveries (user_id, notification_type, workspace_id, delivery)
                     SELECT $1, value ->> 0, unhex(value ->> 1, '-'), value ->> 2 FROM json_each($2)",
            postgres: "INSERT INTO notifications_deliveries (user_id, notification_type, workspace_id, delivery)
                       SELECT $1::uuid, value ->> 0, (value ->> 1)::uuid, value ->> 2
                       FROM jsonb_array_elements($2::jsonb) AS value"
        ))
        .bind(*user_id)
        .bind(Json(chosen))
        .exec()
        .await?;
        Ok(())
    }
}

impl Wishes for Tx {
    async fn wishes(
        &mut self,
        people: &[UserId],
        kind: NotificationType,
        workspace: Option<WorkspaceId>,
    ) -> Result<BTreeMap<UserId, Wish>, StorageError> {
        // Exceptions come last, and win.
        let rows: Vec<(UserId, String, i64)> = self
            .query(sql!(
                sqlite: "SELECT d.user_id, d.delivery, p.digest_hour FROM notifications_deliveries d
                         JOIN notifications_preferences p ON p.user_id = d.user_id
                         WHERE d.notification_type = $1 AND (d.workspace_id IS NULL OR d.workspace_id = $2)
                           AND d.user_id IN (SELECT unhex(value, '-') FROM json_each($3))
                         ORDER BY d.workspace_id IS NOT NULL",
                postgres: "SELECT d.user_id, d.delivery, p.digest_hour FROM notifications_deliveries d
                           JOIN notifications_preferences p ON p.user_id = d.user_id
                           WHERE d.notification_type = $1 AND (d.workspace_id IS NULL OR d.workspace_id = $2)
                             AND d.user_id IN (SELECT value::uuid FROM jsonb_array_elements_text($3::jsonb) AS value)
                           ORDER BY d.workspace_id IS NOT NULL"
            ))
            .bind(kind.as_str())
            .bind(workspace)
            .bind(Json(people))
            .all()
            .await?;
        let wishes = rows.into_iter().map(|(person, delivery, digest_hour)| {
            let delivery = delivery.parse().map_err(StorageError::new)?;
            Ok((person, Wish { delivery, digest_hour: hour(digest_hour)? }))
        });
        wishes.collect()
    }
}
