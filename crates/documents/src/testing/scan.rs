//! Searches without an index, for measurements.

use perme8_events::{StorageError, sql, sql::Db};

use crate::infrastructure::search_index::SearchIndex;

/// How many documents say these letters somewhere, `%` standing for any others; at most `limit`, the newest first.
///
/// # Errors
///
/// The storage fails.
pub async fn scan_texts(db: &Db, letters: &str, limit: u8) -> Result<usize, StorageError> {
    let model = db.read_model(SearchIndex::NAME).await?;
    let query = model.query(sql!(
        "SELECT entry.entry FROM documents_search_entries AS entry
         JOIN documents_search_texts AS said ON said.entry = entry.entry
         WHERE entry.generation = $1 AND said.text LIKE $2 ORDER BY entry.entry DESC LIMIT $3"
    ));
    let found: Vec<(i64,)> =
        query.bind(format!("%{letters}%")).bind(i64::from(limit)).all().await?;
    Ok(found.len())
}
