//! Who has agents, and where.

use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use uuid::Uuid;

/// The first people behind `after` who have agents, in the order of their ids.
pub(crate) async fn owners(
    db: &Db,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<UserId>, StorageError> {
    let query = db.query(sql!(
        "SELECT DISTINCT owner_id FROM agents_agents WHERE owner_id > $1 ORDER BY owner_id LIMIT $2"
    ));
    let after = after.unwrap_or(UserId::new(Uuid::nil()));
    let rows: Vec<(UserId,)> = query.bind(after).bind(i64::from(limit)).all().await?;
    Ok(rows.into_iter().map(|(owner,)| owner).collect())
}

/// The first people and workspaces behind `after` where they have agents, in the order of their ids.
pub(crate) async fn memberships(
    db: &Db,
    after: Option<(UserId, WorkspaceId)>,
    limit: u32,
) -> Result<Vec<(UserId, WorkspaceId)>, StorageError> {
    let query = db.query(sql!(
        "SELECT DISTINCT user_id, workspace_id FROM agents_placements
         WHERE (user_id, workspace_id) > ($1, $2) ORDER BY user_id, workspace_id LIMIT $3"
    ));
    let first = (UserId::new(Uuid::nil()), WorkspaceId::new(Uuid::nil()));
    let (user, workspace) = after.unwrap_or(first);
    query.bind(user).bind(workspace).bind(i64::from(limit)).all().await
}
