//! Sessions in `chat_sessions`.

use perme8_events::{Load, StorageError, Store, UserId, sql, sql::Tx};

use crate::{
    application::{clearance::Clearance, ports::Sessions},
    domain::{references::ChatSessionId, session::Session},
    infrastructure::rows::{SessionRow, select_sessions},
};

impl Load<Session> for Tx {
    async fn load(&mut self, id: ChatSessionId) -> Result<Option<Session>, StorageError> {
        let query = self.query(sql!(select_sessions!("WHERE id = $1")));
        Ok(query.bind(id).opt::<SessionRow>().await?.map(Session::from))
    }
}

impl Store<Session> for Tx {
    async fn store(&mut self, session: &mut Session) -> Result<(), StorageError> {
        if session.is_gone {
            // Its messages go with it.
            let delete = sql!("DELETE FROM chat_sessions WHERE id = $1 AND version = $2");
            let query = self.query(delete).bind(session.id).bind(session.version);
            return query.write(&mut session.version).await;
        }
        let Session {
            id,
            user_id,
            workspace_id,
            project_id,
            title,
            is_title_automatic,
            summary,
            summarised_to,
            last_number,
            message_count,
            answer_id,
            created_at,
            last_message_at,
            is_gone: _,
            version,
        } = session;
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO chat_sessions
                    (id, user_id, workspace_id, project_id, title, is_title_automatic, summary, summarised_to, last_number,
                     message_count, answer_id, created_at, last_message_at, version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 + 1)"
            )
        } else {
            sql!(
                "UPDATE chat_sessions
                 SET user_id = $2, workspace_id = $3, project_id = $4, title = $5, is_title_automatic = $6, summary = $7,
                     summarised_to = $8, last_number = $9, message_count = $10, answer_id = $11, created_at = $12,
                     last_message_at = $13, version = version + 1
                 WHERE id = $1 AND version = $14"
            )
        };
        self.query(statement)
            .bind(*id)
            .bind(*user_id)
            .bind(*workspace_id)
            .bind(*project_id)
            .bind(title.as_deref())
            .bind(*is_title_automatic)
            .bind(summary.as_deref())
            .bind(*summarised_to)
            .bind(*last_number)
            .bind(*message_count)
            .bind(*answer_id)
            .bind(*created_at)
            .bind(*last_message_at)
            .bind(*version)
            .write(version)
            .await
    }
}

impl Sessions for Tx {
    async fn sessions_of(&mut self, user: UserId) -> Result<u64, StorageError> {
        self.take_turns(&format!("chat.sessions:{user}")).await?;
        let query = self.query(sql!("SELECT count(*) FROM chat_sessions WHERE user_id = $1"));
        let count: i64 = query.bind(user).scalar().await?;
        u64::try_from(count).map_err(StorageError::new)
    }

    async fn left_by(&mut self, gone: Clearance, limit: u32) -> Result<Vec<Session>, StorageError> {
        let query = match gone {
            Clearance::Member { user_id, workspace_id, until } => self
                .query(sql!(select_sessions!(
                    "WHERE user_id = $2 AND workspace_id = $3 AND created_at <= $4 ORDER BY id LIMIT $1"
                )))
                .bind(i64::from(limit))
                .bind(user_id)
                .bind(workspace_id)
                .bind(until),
            Clearance::Workspace { workspace_id } => self
                .query(sql!(select_sessions!("WHERE workspace_id = $2 ORDER BY id LIMIT $1")))
                .bind(i64::from(limit))
                .bind(workspace_id),
            Clearance::Person { user_id } => self
                .query(sql!(select_sessions!(
                    "WHERE user_id = $2 ORDER BY workspace_id, id LIMIT $1"
                )))
                .bind(i64::from(limit))
                .bind(user_id),
            Clearance::Project { project_id } => self
                .query(sql!(select_sessions!("WHERE project_id = $2 ORDER BY id LIMIT $1")))
                .bind(i64::from(limit))
                .bind(project_id),
        };
        let rows: Vec<SessionRow> = query.all().await?;
        Ok(rows.into_iter().map(Session::from).collect())
    }
}
