//! What callers of the facade get to read of entries.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId, sql, sql::Db};
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use crate::{
    application::{
        knowledge::read_models::{
            EntryDetails, FoundEntries, FoundEntry, FoundEntryPlace, MOST_RELATIONS, OpenEntry,
            RelationDetails, RelationDirection,
        },
        read_models::items::EntityDetails,
    },
    domain::{
        knowledge::{
            ENTRY,
            entry::EntryList,
            layout::{self, preview},
            relation::RelationType,
            searched::Sought,
        },
        properties::Properties,
        references::{EdgeId, EntityId},
    },
    infrastructure::item_rows::{EntityRow, select_entities},
};

/// No entry was changed later: the last second of the year 9999.
const END_OF_TIME: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("there is such a second");

/// So many characters tell whether a body is longer than its preview.
const ENOUGH: i64 = 256;

/// An entry, and how it relates to others.
pub(crate) async fn entry(
    db: &Db,
    workspace: WorkspaceId,
    id: EntityId,
) -> Result<Option<OpenEntry>, StorageError> {
    let query = db.query(sql!(select_entities!(
        "WHERE id = $1 AND workspace_id = $2 AND entity_type = $3 AND deleted_at IS NULL"
    )));
    let row: Option<EntityRow> = query.bind(id).bind(workspace).bind(ENTRY).opt().await?;
    let entity = row.map(EntityDetails::try_from).transpose()?;
    let Some(entry) = entity.and_then(EntryDetails::of) else { return Ok(None) };
    let (relations, has_more_relations) = relations(db, workspace, id).await?;
    Ok(Some(OpenEntry { entry, relations, has_more_relations }))
}

#[derive(FromRow)]
struct RelationRow {
    id: EdgeId,
    edge_type: String,
    is_outgoing: bool,
    other_id: EntityId,
    properties: String,
    created_at: DateTime<Utc>,
}

/// The newest relations of the entry `$2` with others, from the table where they begin there, and where they end there.
macro_rules! select_relations {
    ($from:literal, $to:literal) => {
        concat!(
            "SELECT at.id, at.edge_type, at.is_outgoing, at.other_id, other.properties, at.created_at
             FROM (SELECT id, edge_type, true AS is_outgoing, target_id AS other_id, created_at FROM ",
            $from,
            " WHERE workspace_id = $1 AND source_id = $2 AND deleted_at IS NULL
              UNION ALL
              SELECT id, edge_type, false AS is_outgoing, source_id AS other_id, created_at FROM ",
            $to,
            " WHERE workspace_id = $1 AND target_id = $2 AND deleted_at IS NULL) AS at
             JOIN erm_entities AS other ON other.id = at.other_id
             WHERE at.edge_type IN ('relates_to', 'depends_on', 'prerequisite_for', 'example_of', 'part_of', 'supersedes')
               AND other.entity_type = $3 AND other.id <> $2
             ORDER BY at.created_at DESC, at.id DESC LIMIT $4"
        )
    };
}

/// The newest relations of an entry, and whether there are more.
async fn relations(
    db: &Db,
    workspace: WorkspaceId,
    entry: EntityId,
) -> Result<(Vec<RelationDetails>, bool), StorageError> {
    // From both ends, so that each is found by its index.
    let query = db.query(sql!(
        sqlite: select_relations!(
            "erm_edges INDEXED BY erm_edges_out",
            "erm_edges INDEXED BY erm_edges_in"
        ),
        postgres: select_relations!("erm_edges", "erm_edges")
    ));
    let most = i64::try_from(MOST_RELATIONS + 1).map_err(StorageError::new)?;
    let query = query.bind(workspace).bind(entry).bind(ENTRY).bind(most);
    let mut rows: Vec<RelationRow> = query.all().await?;
    let has_more = rows.len() > MOST_RELATIONS;
    rows.truncate(MOST_RELATIONS);
    let relations: Result<Vec<_>, _> = rows.into_iter().map(RelationDetails::try_from).collect();
    Ok((relations?, has_more))
}

impl TryFrom<RelationRow> for RelationDetails {
    type Error = StorageError;

    fn try_from(row: RelationRow) -> Result<Self, StorageError> {
        let RelationRow { id, edge_type, is_outgoing, other_id, properties, created_at } = row;
        let relation_type: RelationType = edge_type.parse().map_err(StorageError::new)?;
        let direction =
            if is_outgoing { RelationDirection::Outgoing } else { RelationDirection::Incoming };
        let properties: Properties = serde_json::from_str(&properties)?;
        let title = layout::text(&properties, layout::TITLE).to_owned();
        Ok(Self { id, relation_type, direction, entry: other_id, title, created_at })
    }
}

#[derive(FromRow)]
struct FoundRow {
    id: EntityId,
    title: Option<String>,
    category: Option<String>,
    tags: Option<String>,
    body: Option<String>,
    updated_at: DateTime<Utc>,
    score: i64,
}

/// A page of the entries that have a word in each range, out of those words; of each no more than is shown is read.
macro_rules! select_found {
    (
        $words:literal, $entities:literal, $said:literal,
        $title:literal, $category:literal, $tags:literal, $body:literal
    ) => {
        concat!(
            "SELECT page.id, ", $title, " AS title, ", $category, " AS category, ", $tags, " AS tags,
                    substr(", $body, ", 1, CAST($8 AS integer)) AS body, page.updated_at, page.score
             FROM (SELECT entity.id, entity.updated_at, found.score
                   FROM (SELECT best.entity_id, CAST(sum(best.weight) AS bigint) AS score
                         FROM (", $words, ") AS best
                         GROUP BY best.entity_id HAVING count(*) = $3) AS found
                   ", $entities, " AND entity.deleted_at IS NULL
                     AND (found.score, entity.updated_at, entity.id) < ($4, $5, $6)
                   ORDER BY found.score DESC, entity.updated_at DESC, entity.id DESC LIMIT $7) AS page
             JOIN (SELECT entity.id, ", $said, ") AS said ON said.id = page.id
             ORDER BY page.score DESC, page.updated_at DESC, page.id DESC"
        )
    };
}

/// A page of the entries that are sought, the best first, and where the next begins.
pub(crate) async fn found(
    db: &Db,
    workspace: WorkspaceId,
    sought: &Sought,
    limit: u8,
    after: Option<FoundEntryPlace>,
) -> Result<FoundEntries, StorageError> {
    let limit = usize::from(limit);
    let first = FoundEntryPlace {
        score: i64::MAX,
        updated_at: END_OF_TIME,
        id: EntityId::new(Uuid::max()),
    };
    let FoundEntryPlace { score, updated_at, id } = after.unwrap_or(first);
    // SQLite keeps to the order of a `CROSS JOIN`, so it goes through the words of each range, and then looks up the entries.
    let query = db.query(sql!(
        sqlite: select_found!(
            "SELECT asked.key, word.entity_id, max(word.weight) AS weight
             FROM json_each($2) AS asked CROSS JOIN erm_words AS word
             WHERE word.workspace_id = $1 AND word.word >= json_extract(asked.value, '$[0]')
               AND word.word < json_extract(asked.value, '$[1]')
             GROUP BY asked.key, word.entity_id",
            "CROSS JOIN erm_entities AS entity INDEXED BY sqlite_autoindex_erm_entities_1 ON entity.id = found.entity_id
             WHERE entity.workspace_id = $1",
            "entity.properties AS properties FROM erm_entities AS entity INDEXED BY sqlite_autoindex_erm_entities_1",
            "CAST(json_extract(said.properties, '$.title') AS text)",
            "CAST(json_extract(said.properties, '$.category') AS text)",
            "CAST(json_extract(said.properties, '$.tags') AS text)",
            "CAST(json_extract(said.properties, '$.body') AS text)"
        ),
        postgres: select_found!(
            "SELECT asked.key, word.entity_id, max(word.weight) AS weight
             FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS asked (value, key)
             JOIN erm_words AS word ON word.workspace_id = $1 AND word.word >= (asked.value ->> 0) COLLATE \"C\"
               AND word.word < (asked.value ->> 1) COLLATE \"C\"
             GROUP BY asked.key, word.entity_id",
            "JOIN erm_entities AS entity ON entity.id = found.entity_id WHERE (entity.workspace_id = $1) IS TRUE",
            "entity.properties::jsonb AS properties FROM erm_entities AS entity",
            "said.properties ->> 'title'",
            "said.properties ->> 'category'",
            "said.properties ->> 'tags'",
            "said.properties ->> 'body'"
        )
    ));
    let ranges = sought.ranges();
    let count = |count: usize| i64::try_from(count).map_err(StorageError::new);
    let query = query.bind(workspace).bind(Json(ranges)).bind(count(ranges.len())?);
    let query = query.bind(score).bind(updated_at).bind(id);
    // One more than wanted tells whether another page follows.
    let mut rows: Vec<FoundRow> = query.bind(count(limit + 1)?).bind(ENOUGH).all().await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let place = |row: &FoundRow| FoundEntryPlace {
        score: row.score,
        updated_at: row.updated_at,
        id: row.id,
    };
    let next = rows.last().filter(|_| has_more).map(place);
    Ok(FoundEntries { found: rows.into_iter().map(FoundEntry::from).collect(), next })
}

impl From<FoundRow> for FoundEntry {
    fn from(row: FoundRow) -> Self {
        let FoundRow { id, title, category, tags, body, updated_at, score: _ } = row;
        let tags = tags.map(|tags| (EntryList::Tags.as_str().to_owned(), tags.into()));
        Self {
            id,
            title: title.unwrap_or_default(),
            category: category.unwrap_or_default(),
            tags: layout::list(&tags.into_iter().collect(), EntryList::Tags),
            preview: preview(&body.unwrap_or_default()),
            updated_at,
        }
    }
}
