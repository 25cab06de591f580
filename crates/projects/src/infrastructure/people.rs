//! People whose accounts are gone, in `projects_gone_people`.

use perme8_events::{StorageError, Transaction as _, UserId, sql, sql::Tx};

use crate::application::ports::People;

impl People for Tx {
    async fn is_person_gone(&mut self, person: UserId) -> Result<bool, StorageError> {
        self.take_turns(&turn(person)).await?;
        let query = self.query(sql!("SELECT user_id FROM projects_gone_people WHERE user_id = $1"));
        let row: Option<(UserId,)> = query.bind(person).opt().await?;
        Ok(row.is_some())
    }

    async fn remember_person_gone(&mut self, person: UserId) -> Result<(), StorageError> {
        self.take_turns(&turn(person)).await?;
        let now = self.now();
        let insert = sql!(
            "INSERT INTO projects_gone_people (user_id, gone_at) VALUES ($1, $2)
             ON CONFLICT (user_id) DO NOTHING"
        );
        self.query(insert).bind(person).bind(now).exec().await.map(drop)
    }
}

fn turn(person: UserId) -> String {
    format!("projects.person:{person}")
}
