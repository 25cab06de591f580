//! Searching the index, and who sees what of it.

use perme8_events::{StorageError, sql, sql::ReadModel};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    application::{
        paging::PageSize,
        searching::{FoundPlace, Hit, Matched, SearchDocuments},
    },
    domain::{
        document::Document,
        references::DocumentId,
        search::{
            excerpt::{ENOUGH, ENOUGH_AROUND},
            query::SearchQuery,
        },
    },
    infrastructure::{
        document_queries::{END_OF_TIME, Looking},
        rows::{DocumentRow, seen_by, select_documents},
    },
};

/// A row of what was found.
#[derive(FromRow)]
struct HitRow {
    #[sqlx(flatten)]
    document: DocumentRow,
    in_title: bool,
    text: String,
}

/// A page of what was found, out of the entries that an engine finds by their words. Of the one behind it, which only tells that
/// there is one, no text is read.
///
/// Who sees a document is asked here, of the documents. What others have shared is found once the index has read it since it
/// was shared last: what its owner wrote before that and removed is nobody else's, not even an heir's.
macro_rules! select_found {
    ($matching:literal) => {
        select_documents!(
            ", page.in_title,
             coalesce(substr(read.text, 1, CASE WHEN page.in_title THEN CAST($11 AS integer) ELSE CAST($12 AS integer) END), '') AS text",
            concat!(
                "JOIN (SELECT found.entry, found.id, found.in_title,
                              row_number() OVER (ORDER BY found.in_title DESC, found.updated_at DESC, found.id DESC) AS place
                       FROM (SELECT matching.entry, seen.id, matching.in_title, seen.updated_at
                             FROM (",
                $matching,
                ") AS matching
                             JOIN documents_documents AS seen ON seen.id = matching.document_id
                             WHERE seen.workspace_id = $2 AND seen.trashed_at IS NULL AND ",
                seen_by!("seen", "$3", "$4", "$5"),
                "              AND ((seen.owner_id = $3 AND seen.created_by = $3) OR matching.version >= seen.shared_since)
                               AND (matching.in_title, seen.updated_at, seen.id) < ($7, $8, $9)
                             ORDER BY matching.in_title DESC, seen.updated_at DESC, seen.id DESC LIMIT $10) AS found) AS page
                   ON page.id = d.id
                 LEFT JOIN documents_search_texts AS read ON read.entry = page.entry AND page.place < $10
                 ORDER BY page.place"
            )
        )
    };
}

/// A page of the documents that somebody finds, and where the next begins.
pub(crate) async fn find(
    index: &ReadModel<'_>,
    Looking { workspace, user, reach }: Looking,
    query: &SearchQuery,
    asked: &SearchDocuments,
) -> Result<(Vec<Hit>, Option<FoundPlace>), StorageError> {
    let SearchDocuments { words: _, limit, after } = asked;
    let size = PageSize::of(*limit);
    let id = DocumentId::new(Uuid::max());
    let first = FoundPlace { in_title: true, updated_at: END_OF_TIME, id };
    let FoundPlace { in_title, updated_at, id } = after.unwrap_or(first);
    // Words are letters and digits, so they mean nothing else to the engines.
    // SQLite keeps to the order of a `CROSS JOIN`, so it asks for the words once, and not for each entry whether it has them.
    let words = query.on_shelf_of(workspace);
    let query = index.query(sql!(
        sqlite: select_found!(
            "SELECT entry.entry, entry.document_id, entry.version,
                    entry.entry IN
                      (SELECT rowid FROM documents_search_words WHERE documents_search_words
                       MATCH 'title_words : (\"' || replace($6, ' ', '\"* AND \"') || '\"*)') AS in_title
             FROM documents_search_words CROSS JOIN documents_search_entries AS entry
             WHERE entry.entry = documents_search_words.rowid
               AND documents_search_words MATCH 'words : (\"' || replace($6, ' ', '\"* AND \"') || '\"*)'
               AND entry.generation = $1"
        ),
        postgres: select_found!(
            "SELECT entry.entry, entry.document_id, entry.version, said.title_words @@ asked.query AS in_title
             FROM documents_search_texts AS said
             JOIN documents_search_entries AS entry ON entry.entry = said.entry
             JOIN (SELECT ('''' || replace($6, ' ', ''':* & ''') || ''':*')::tsquery AS query) AS asked ON said.words @@ asked.query
             WHERE entry.generation = $1"
        )
    ));
    let query = query.bind(workspace).bind(user).bind(reach.own).bind(reach.shared).bind(words);
    let query = query.bind(in_title).bind(updated_at).bind(id).bind(size.enough());
    let characters = |count: usize| i64::try_from(count).map_err(StorageError::new);
    let query = query.bind(characters(ENOUGH)?).bind(characters(ENOUGH_AROUND)?);
    let rows: Vec<HitRow> = query.all().await?;
    let hit = |HitRow { document, in_title, text }| Hit {
        document: Document::from(document),
        matched: Matched { in_title, text },
    };
    Ok(size.cut(rows.into_iter().map(hit).collect(), FoundPlace::of))
}
