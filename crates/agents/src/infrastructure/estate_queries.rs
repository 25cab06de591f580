//! Who has agents or has asked some, and where.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use uuid::Uuid;

/// Where somebody has agents or has asked some, and since when that last was more.
pub(crate) type Presence = (UserId, WorkspaceId, DateTime<Utc>);

/// The first people behind `after` who have agents or have asked some, in the order of their ids.
pub(crate) async fn people(
    db: &Db,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<UserId>, StorageError> {
    let query = db.query(sql!(
        "SELECT person FROM
            (SELECT DISTINCT owner_id AS person FROM agents_agents WHERE owner_id > $1 ORDER BY owner_id LIMIT $2) AS owners
         UNION
         SELECT person FROM
            (SELECT DISTINCT user_id AS person FROM agents_queries WHERE user_id > $1 ORDER BY user_id LIMIT $2) AS askers
         ORDER BY person LIMIT $2"
    ));
    let after = after.unwrap_or(UserId::new(Uuid::nil()));
    let rows: Vec<(UserId,)> = query.bind(after).bind(i64::from(limit)).all().await?;
    Ok(rows.into_iter().map(|(person,)| person).collect())
}

/// The first people and workspaces behind `after` where they have agents or have asked some, in the order of their ids.
pub(crate) async fn presences(
    db: &Db,
    after: Option<(UserId, WorkspaceId)>,
    limit: u32,
) -> Result<Vec<Presence>, StorageError> {
    let query = db.query(sql!(
        "SELECT user_id, workspace_id, max(since) FROM
            (SELECT * FROM
                (SELECT user_id, workspace_id, max(added_at) AS since FROM agents_placements
                 WHERE (user_id, workspace_id) > ($1, $2)
                 GROUP BY user_id, workspace_id ORDER BY user_id, workspace_id LIMIT $3) AS placed
             UNION ALL
             SELECT * FROM
                (SELECT user_id, workspace_id, max(started_at) AS since FROM agents_queries
                 WHERE workspace_id IS NOT NULL AND (user_id, workspace_id) > ($1, $2)
                 GROUP BY user_id, workspace_id ORDER BY user_id, workspace_id LIMIT $3) AS asked) AS present
         GROUP BY user_id, workspace_id ORDER BY user_id, workspace_id LIMIT $3"
    ));
    let first = (UserId::new(Uuid::nil()), WorkspaceId::new(Uuid::nil()));
    let (user, workspace) = after.unwrap_or(first);
    query.bind(user).bind(workspace).bind(i64::from(limit)).all().await
}
