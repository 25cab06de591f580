//! Saying which types of entities and edges a workspace knows.

use identity::WorkspaceRef;
use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::{Acting, from_not_acting},
        ports::{Schemas, Workspaces},
        read_models::schema::SchemaDetails,
        reindexing::{self, Index, ReindexError, reindex},
    },
    domain::{
        policy::Action,
        schema::{
            HasChanged, Schema, Writing,
            draft::{SchemaDraft, SchemaError},
        },
    },
};

/// Replaces the schema of a workspace as a whole, or gives it the first one.
///
/// What is there already stays as it is; the new rules hold for what is written from then on. If what was a text is a moment
/// now, or the other way round, it is found as that, unless there is too much of it.
///
/// Emits [`SchemaCreated`](crate::SchemaCreated) or [`SchemaUpdated`](crate::SchemaUpdated).
#[derive(Debug, Clone)]
pub struct PutSchema {
    /// Where.
    pub workspace: WorkspaceRef,
    /// The new one.
    pub draft: SchemaDraft,
    /// The version that was seen: if it is another since, nothing is replaced, and nothing happens if it is the same schema.
    /// Without it whatever is there is replaced. The first schema of a workspace replaces none, whatever was seen.
    pub version: Option<i64>,
}

/// Why the schema stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum PutSchemaError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not manage the workspace.
    #[error("only those who manage a workspace write its schema")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// Somebody replaced it since it was seen.
    #[error("the schema has changed since: look at it again")]
    OtherVersion,
    /// It is no schema, for all these reasons.
    #[error("{}", shown(.0))]
    Invalid(Vec<SchemaError>),
    /// So many texts would be moments, or the other way round, that others would wait too long until they are found as that.
    #[error(
        "more than {limit} values of properties would be of another type: \
         change fewer properties at a time, or give a property a new name"
    )]
    TooManyValues {
        /// How many there may be.
        limit: u64,
    },
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting!(PutSchemaError);

impl From<ReindexError> for PutSchemaError {
    fn from(error: ReindexError) -> Self {
        match error {
            ReindexError::TooMany { limit } => Self::TooManyValues { limit },
            ReindexError::Storage(error) => Self::Storage(error),
        }
    }
}

/// All messages, one after another.
fn shown(errors: &[SchemaError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
}

impl PutSchema {
    pub(crate) async fn execute<T: Workspaces + Schemas + Save<Schema> + Index>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<SchemaDetails, PutSchemaError> {
        let Self { workspace: _, draft, version: seen } = self;
        acting.may(Action::WriteSchema)?;
        // Nobody waits for it to be checked.
        let definition = draft.check().map_err(PutSchemaError::Invalid)?;
        acting.enter(tx, Action::WriteSchema).await?;
        let workspace_id = acting.workspace_id();
        let writing = Writing { by: acting.user_id, now: tx.now() };
        let Some(schema) = tx.schema_of(workspace_id).await? else {
            let created = Schema::create(tx.new_id(), workspace_id, definition, writing);
            return Ok(SchemaDetails::of(tx.save(created).await?));
        };
        let replaced = schema.replace(definition, *seen, writing);
        let schema = match replaced.map_err(|HasChanged| PutSchemaError::OtherVersion)? {
            Some(replaced) => {
                let before = schema.definition;
                let schema = tx.save(replaced).await?;
                let after = &schema.definition;
                reindex(tx, workspace_id, &before, after, reindexing::MOST).await?;
                schema
            }
            None => schema,
        };
        Ok(SchemaDetails::of(schema))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::testing::FakeTx;
    use serde_json::json;

    use super::*;
    use crate::testing::{ADMIN, COMPANY, GUEST, MEMBER, OWNER, Tables, acting, archived, company};

    fn put(types: &[&str], version: Option<i64>) -> PutSchema {
        let types = types.iter().map(|name| json!({ "name": name })).collect();
        let draft = SchemaDraft::from_json(Some(types), None);
        PutSchema { workspace: COMPANY.into(), draft, version }
    }

    async fn check(tx: &mut FakeTx<Tables>, acting: Acting, command: PutSchema, expected: Expect) {
        let outcome = command.execute(tx, &acting).await;
        let names = |details: SchemaDetails| {
            let names: Vec<_> =
                details.entity_types.into_iter().map(|of| of.name.to_string()).collect();
            (names, details.version)
        };
        expected.assert_eq(&tx.report(&outcome.map(names)));
    }

    #[tokio::test]
    async fn the_first_schema_has_version_1_whatever_was_seen() {
        check(&mut company(), acting(OWNER), put(&["Person"], Some(999)), expect![[r#"
            Ok((["Person"], 1))
            erm.schema_created {"schema_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","version":1,"changes":{"entity_types":{"added":["Person"]}}}
        "#]]).await;
        check(&mut company(), acting(ADMIN), put(&["Person"], None), expect![[r#"
            Ok((["Person"], 1))
            erm.schema_created {"schema_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000003","version":1,"changes":{"entity_types":{"added":["Person"]}}}
        "#]]).await;
    }

    #[tokio::test]
    async fn whoever_has_seen_the_version_replaces_it() {
        let mut tx = company();
        put(&["Person"], None).execute(&mut tx, &acting(OWNER)).await.unwrap();
        check(&mut tx, acting(ADMIN), put(&["Person", "Company"], Some(1)), expect![[r#"
            Ok((["Person", "Company"], 2))
            erm.schema_created {"schema_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","version":1,"changes":{"entity_types":{"added":["Person"]}}}
            erm.schema_updated {"schema_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000003","version":2,"changes":{"entity_types":{"added":["Company"]}}}
        "#]]).await;
        for stale in [0, 1, 999, -1] {
            let outcome = put(&["Robot"], Some(stale)).execute(&mut tx, &acting(OWNER)).await;
            assert!(matches!(outcome, Err(PutSchemaError::OtherVersion)), "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn the_same_schema_changes_nothing_unless_no_version_was_seen() {
        let mut tx = company();
        put(&["Person"], None).execute(&mut tx, &acting(OWNER)).await.unwrap();
        check(&mut tx, acting(OWNER), put(&["Person"], Some(1)), expect![[r#"
            Ok((["Person"], 1))
            erm.schema_created {"schema_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","version":1,"changes":{"entity_types":{"added":["Person"]}}}
        "#]]).await;
        check(&mut tx, acting(OWNER), put(&["Person"], None), expect![[r#"
            Ok((["Person"], 2))
            erm.schema_created {"schema_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","version":1,"changes":{"entity_types":{"added":["Person"]}}}
            erm.schema_updated {"schema_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","version":2,"changes":{}}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_is_no_schema_is_refused_with_all_reasons() {
        let types = ["Person", "Person", "1"];
        check(&mut company(), acting(OWNER), put(&types, None), expect![[r#"
            Err(entity_types[1]: duplicate entity type "Person"; entity_types[2]: invalid type name "1": up to 100 letters, digits and underscores, of which the first is a letter)
        "#]]).await;
    }

    #[tokio::test]
    async fn only_those_who_manage_the_workspace_write_it_whatever_it_is() {
        for who in [MEMBER, GUEST] {
            check(
                &mut company(),
                acting(who),
                put(&[], None),
                expect![[r#"
                Err(only those who manage a workspace write its schema)
            "#]],
            )
            .await;
        }
    }

    #[tokio::test]
    async fn nothing_is_written_in_a_workspace_that_is_put_away_or_gone() {
        check(
            &mut company(),
            archived(acting(OWNER)),
            put(&["Person"], None),
            expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
        )
        .await;
        let mut tx = company();
        tx.remember_gone(COMPANY).await.unwrap();
        check(
            &mut tx,
            acting(OWNER),
            put(&["Person"], None),
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
    }
}
