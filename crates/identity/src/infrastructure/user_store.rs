//! People in `identity_users`.

use perme8_events::{
    Load, StorageError, Store, UserId, sql,
    sql::{Db, Tx},
};

use crate::{
    application::ports::{Accounts, Users},
    domain::{
        email::Email,
        secret::{PasswordHash, TokenHash},
        session::TokenPurpose,
        user::User,
    },
    infrastructure::rows::{UserRow, select_users},
};

impl Load<User> for Tx {
    async fn load(&mut self, id: UserId) -> Result<Option<User>, StorageError> {
        let query = self.query(sql!(select_users!("WHERE id = $1")));
        Ok(query.bind(id).opt::<UserRow>().await?.map(User::from))
    }
}

impl Store<User> for Tx {
    async fn store(&mut self, user: &mut User) -> Result<(), StorageError> {
        let User {
            id,
            email,
            first_name,
            last_name,
            password_hash,
            registered_at,
            confirmed_at,
            is_gone,
            version,
        } = user;
        if *is_gone {
            let delete = sql!("DELETE FROM identity_users WHERE id = $1 AND version = $2");
            return self.query(delete).bind(*id).bind(*version).write(version).await;
        }
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO identity_users
                    (id, email, first_name, last_name, password_hash, registered_at, confirmed_at, version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8 + 1)"
            )
        } else {
            sql!(
                "UPDATE identity_users
                 SET email = $2, first_name = $3, last_name = $4, password_hash = $5, registered_at = $6,
                     confirmed_at = $7, version = version + 1
                 WHERE id = $1 AND version = $8"
            )
        };
        self.query(statement)
            .bind(*id)
            .bind(email.as_str())
            .bind(first_name.as_str())
            .bind(last_name.as_str())
            .bind(password_hash.as_ref().map(PasswordHash::as_str))
            .bind(*registered_at)
            .bind(*confirmed_at)
            .bind(*version)
            .write(version)
            .await
    }
}

impl Users for Tx {
    async fn user_by_email(&mut self, email: &Email) -> Result<Option<User>, StorageError> {
        let query = self.query(sql!(select_users!("WHERE email = $1")));
        Ok(query.bind(email.as_str()).opt::<UserRow>().await?.map(User::from))
    }

    async fn wait_for_turn(&mut self, email: &Email) -> Result<(), StorageError> {
        self.take_turns(&format!("identity.email:{email}")).await
    }
}

impl Accounts for Db {
    async fn account_by_email(&self, email: &Email) -> Result<Option<User>, StorageError> {
        let query = self.query(sql!(select_users!("WHERE email = $1")));
        Ok(query.bind(email.as_str()).opt::<UserRow>().await?.map(User::from))
    }

    async fn account(&self, id: UserId) -> Result<Option<User>, StorageError> {
        let query = self.query(sql!(select_users!("WHERE id = $1")));
        Ok(query.bind(id).opt::<UserRow>().await?.map(User::from))
    }

    async fn account_by_token(
        &self,
        hash: &TokenHash,
        purpose: TokenPurpose,
    ) -> Result<Option<User>, StorageError> {
        let query = self.query(sql!(select_users!(
            "WHERE id = (SELECT user_id FROM identity_email_tokens WHERE token_hash = $1 AND purpose = $2)"
        )));
        let query = query.bind(hash.as_bytes()).bind(purpose.as_str());
        Ok(query.opt::<UserRow>().await?.map(User::from))
    }
}
