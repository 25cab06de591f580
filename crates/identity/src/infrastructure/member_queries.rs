//! The members of a workspace, in pages.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    application::read_models::{ListMembers, MemberPlace, MemberSummary, MembersPage},
    domain::folded::folded,
    infrastructure::rows::role,
};

/// So many are read at once while somebody is searched for.
const BATCH: usize = 500;

#[derive(FromRow)]
struct MemberSummaryRow {
    user_id: UserId,
    email: String,
    first_name: String,
    last_name: String,
    role: String,
    joined_at: DateTime<Utc>,
}

impl TryFrom<MemberSummaryRow> for MemberSummary {
    type Error = StorageError;

    fn try_from(row: MemberSummaryRow) -> Result<Self, StorageError> {
        let MemberSummaryRow { user_id, email, first_name, last_name, role: word, joined_at } = row;
        Ok(Self { user_id, email, first_name, last_name, role: role(&word)?, joined_at })
    }
}

/// A page of the members, oldest first.
///
/// Whoever is searched for is recognised here and not by the database, whose two engines fold letters differently; a search
/// reads the members in batches until the page is full.
pub(crate) async fn members(
    db: &Db,
    workspace: WorkspaceId,
    asked: &ListMembers,
) -> Result<MembersPage, StorageError> {
    let words = folded(asked.search.as_deref().unwrap_or_default());
    let words: Vec<&str> = words.split_whitespace().collect();
    let limit = usize::from(asked.limit.max(1));
    // One more than wanted, which shows that there are more.
    let batch = if words.is_empty() { limit + 1 } else { BATCH };
    let (mut members, mut after) = (Vec::new(), asked.after);
    loop {
        let found = next(db, workspace, after, batch).await?;
        let is_last = found.len() < batch;
        after = found.last().map(MemberSummary::place);
        members.extend(found.into_iter().filter(|member| is_meant(member, &words)));
        if is_last || members.len() > limit {
            break;
        }
    }
    let has_more = members.len() > limit;
    members.truncate(limit);
    let next = members.last().map(MemberSummary::place).filter(|_| has_more);
    Ok(MembersPage { members, next })
}

async fn next(
    db: &Db,
    workspace: WorkspaceId,
    after: Option<MemberPlace>,
    batch: usize,
) -> Result<Vec<MemberSummary>, StorageError> {
    let batch = i64::try_from(batch).map_err(StorageError::new)?;
    // Before everybody, if behind nobody.
    let first = MemberPlace { joined_at: DateTime::UNIX_EPOCH, user_id: UserId::new(Uuid::nil()) };
    let MemberPlace { joined_at, user_id } = after.unwrap_or(first);
    let query = db.query(sql!(
        "SELECT m.user_id, u.email, u.first_name, u.last_name, m.role, m.joined_at
         FROM identity_members m
         JOIN identity_users u ON u.id = m.user_id
         WHERE m.workspace_id = $1 AND (m.joined_at, m.user_id) > ($3, $4)
         ORDER BY m.joined_at, m.user_id LIMIT $2"
    ));
    let rows: Vec<MemberSummaryRow> =
        query.bind(workspace).bind(batch).bind(joined_at).bind(user_id).all().await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Whether each of the words occurs in name or address.
fn is_meant(member: &MemberSummary, words: &[&str]) -> bool {
    let MemberSummary { first_name, last_name, email, .. } = member;
    let text = folded(&format!("{first_name} {last_name} {email}"));
    words.iter().all(|word| text.contains(word))
}
