//! Reading the trail: who may see what of it at this moment, and what things are called now.

use std::collections::{HashMap, HashSet};

use api::{
    AuditActor, AuditEntry, AuditFilter, AuditPage, AuditPerson, AuditReader, AuditTrail,
    AuditTrailError,
};
use async_trait::async_trait;
use documents::{DocumentRestored, DocumentTrashed};
use identity::{Directory, SessionId};
use perme8_events::{
    Audience, Client, CorrelationId, DomainEvent as _, Position, Scope, Standing, Standings as _,
    StillFor, StorageError, UserId,
    sql::{Db, ReadModel},
};
use sqlx::types::Json;

use crate::{
    audit_log::{
        AuditLog,
        pages::{self, Row},
        shelf::Shelf,
    },
    sights::{Hideable, HostSights, told_of},
    standings::IdentityStandings,
};

/// Stands where a summary was, for those who must not read it any more.
const WITHHELD: &str = "withheld";

/// Reads what [`AuditLog`] keeps.
///
/// Names come from identity, addresses and user agents from the origins of the log, so that each is kept in one place and
/// what is erased there is gone from here.
#[derive(Debug, Clone)]
pub(crate) struct HostAuditTrail {
    db: Db,
    directory: Directory,
    sights: HostSights,
}

/// Whose requests a reader sees from where they came.
enum Sees {
    Everybodys,
    Those(UserId),
}

impl Sees {
    fn includes(&self, row: &Row) -> bool {
        match self {
            Self::Everybodys => true,
            Self::Those(user) => row.actor_id.or(row.on_behalf_of) == Some(*user),
        }
    }
}

impl HostAuditTrail {
    pub(crate) fn new(db: Db, directory: Directory) -> Self {
        Self { sights: HostSights::new(&db, directory.clone()), db, directory }
    }

    /// The rights of a reader, asked for each page: they end with the membership.
    async fn rights(&self, reader: AuditReader) -> Result<(Vec<Shelf>, Sees), AuditTrailError> {
        let (user, workspace) = match reader {
            AuditReader::Operator => return Ok((vec![Shelf::All], Sees::Everybodys)),
            AuditReader::Member { user, workspace } => (user, workspace),
        };
        let standings = IdentityStandings::new(self.directory.clone());
        let standing = standings.standing(user, workspace).await?;
        let standing = standing.ok_or(AuditTrailError::NotFound)?;
        let sees = match standing {
            Standing::Manager => Sees::Everybodys,
            Standing::Member => Sees::Those(user),
        };
        Ok((Shelf::open_to(user, workspace, standing), sees))
    }

    async fn clients(
        &self,
        rows: &[Row],
        sees: &Sees,
    ) -> Result<HashMap<CorrelationId, Client>, StorageError> {
        let theirs = rows.iter().filter(|row| sees.includes(row));
        let mut correlations: Vec<CorrelationId> = theirs.map(|row| row.correlation_id).collect();
        correlations.sort_unstable();
        correlations.dedup();
        Ok(self.db.clients(&correlations).await?.into_iter().collect())
    }

    /// Leaves out what something was called which the reader does not see any more; who is named by the audience knows it.
    async fn withhold(
        &self,
        trail: &ReadModel<'_>,
        rows: &mut [Row],
        reader: AuditReader,
    ) -> Result<(), StorageError> {
        let AuditReader::Member { user, workspace: _ } = reader else { return Ok(()) };
        let told = |row: &Row| {
            let is_named = row.audience.scopes().contains(&Scope::User(user));
            told_of(&row.event_type, &row.aggregate_id).filter(|_| !is_named)
        };
        let mut things: Vec<Hideable> = rows.iter().filter_map(told).collect();
        things.sort_unstable();
        things.dedup();
        if things.is_empty() {
            return Ok(());
        }
        let mut sights = self.sights.of(&things).await?;
        things.retain(|thing| !sights.contains_key(thing));
        if !things.is_empty() {
            let gone: Vec<String> = things.iter().map(ToString::to_string).collect();
            let ends = pages::ends(trail, &gone).await?;
            let shared = were_shared(&ends);
            let shared = things.into_iter().filter(|thing| shared.contains(&thing.to_string()));
            sights.extend(shared.map(|thing| (thing, StillFor::Everybody)));
        }
        for row in rows {
            let Some(thing) = told(row) else { continue };
            let still_for = sights.get(&thing).copied().unwrap_or(StillFor::Nobody);
            if !still_for.includes(user) {
                WITHHELD.clone_into(&mut row.summary);
            }
        }
        Ok(())
    }

    async fn names(&self, rows: &[Row]) -> Result<HashMap<UserId, String>, StorageError> {
        let people = rows.iter().flat_map(|row| [row.actor_id, row.on_behalf_of]);
        let mut people: Vec<UserId> = people.flatten().collect();
        people.sort_unstable();
        people.dedup();
        self.directory.names(&people).await
    }
}

#[async_trait]
impl AuditTrail for HostAuditTrail {
    async fn page(
        &self,
        reader: AuditReader,
        filter: &AuditFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AuditPage, AuditTrailError> {
        let (shelves, sees) = self.rights(reader).await?;
        let trail = self.db.read_model(AuditLog::NAME).await?;
        // One more than wanted tells whether another page follows.
        let mut rows = pages::read(&trail, &shelves, filter, after, i64::from(limit) + 1).await?;
        let limit = limit as usize;
        let is_last = rows.len() <= limit;
        rows.truncate(limit);
        let next = rows.last().map(|row| Position::new(row.position)).filter(|_| !is_last);
        self.withhold(&trail, &mut rows, reader).await?;
        let (clients, names) = (self.clients(&rows, &sees).await?, self.names(&rows).await?);
        let entries = rows.into_iter().map(|row| {
            let client = clients.get(&row.correlation_id).filter(|_| sees.includes(&row));
            entry(row, client, &names)
        });
        Ok(AuditPage { entries: entries.collect(), next })
    }
}

/// The documents and agents that everybody saw in their workspace until they ended, or were put into the trash to do so.
fn were_shared(ends: &[(String, String, Json<Audience>)]) -> HashSet<String> {
    let mut in_trash = HashMap::new();
    let mut shared = HashSet::new();
    for (id, event_type, Json(audience)) in ends {
        let is_for_all = audience.scopes().iter().any(|scope| matches!(scope, Scope::Workspace(_)));
        match event_type.as_str() {
            DocumentTrashed::TYPE => drop(in_trash.insert(id, is_for_all)),
            DocumentRestored::TYPE => drop(in_trash.remove(id)),
            _ if in_trash.get(id).copied().unwrap_or(is_for_all) => {
                shared.insert(id.clone());
            }
            _ => {}
        }
    }
    shared
}

fn entry(row: Row, client: Option<&Client>, names: &HashMap<UserId, String>) -> AuditEntry {
    let Row {
        position,
        event_id,
        event_type,
        aggregate_type,
        aggregate_id,
        summary,
        actor_kind: kind,
        actor_id: user_id,
        actor_ref: reference,
        on_behalf_of,
        workspace_id,
        audience: Json(audience),
        correlation_id,
        causation_id,
        request_id,
        occurred_at,
    } = row;
    let name = |user: &UserId| names.get(user).cloned();
    AuditEntry {
        position: Position::new(position),
        event_id,
        occurred_at,
        event_type,
        summary,
        aggregate_type,
        aggregate_id,
        actor: AuditActor { kind, user_id, name: user_id.as_ref().and_then(name), reference },
        on_behalf_of: on_behalf_of.map(|user_id| AuditPerson { user_id, name: name(&user_id) }),
        workspace_id,
        audience,
        correlation_id,
        causation_id,
        request_id,
        address: client.map(|client| client.address().to_owned()),
        user_agent: client.and_then(Client::user_agent).map(str::to_owned),
        session_id: client.and_then(Client::session_id).map(SessionId::new),
    }
}
