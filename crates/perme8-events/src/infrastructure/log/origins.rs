//! Where requests came from, for whoever shows an audit trail.

use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    domain::{error::StorageError, id::CorrelationId, origin::Client},
    infrastructure::db::Db,
    sql,
};

/// Correlation, address, user agent, session.
type Row = (CorrelationId, String, Option<String>, Option<Uuid>);

impl Db {
    /// Where the requests came from that led to these correlations; those of which nothing is known are left out.
    ///
    /// Whoever shows an answer to a person checks the rights of that person first.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn clients(
        &self,
        correlations: &[CorrelationId],
    ) -> Result<Vec<(CorrelationId, Client)>, StorageError> {
        if correlations.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = self
            .query(sql!(
                sqlite: "SELECT correlation_id, address, user_agent, session_id FROM event_origins
                         WHERE correlation_id IN (SELECT unhex(value, '-') FROM json_each($1))",
                postgres: "SELECT correlation_id, address, user_agent, session_id FROM event_origins
                           WHERE correlation_id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
            ))
            .bind(Json(correlations))
            .all()
            .await?;
        let client = |(correlation, address, user_agent, session_id): Row| {
            let client = Client::new(&address, user_agent.as_deref());
            (correlation, session_id.into_iter().fold(client, Client::in_session))
        };
        Ok(rows.into_iter().map(client).collect())
    }
}
