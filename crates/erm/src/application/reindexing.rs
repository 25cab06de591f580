//! The index of values after the schema has changed: what was a text is a moment now, or the other way round.

use perme8_events::{StorageError, Transaction, WorkspaceId};
use uuid::Uuid;

use crate::{
    application::ports::items::Holder,
    domain::{
        names::{PropertyName, TypeName},
        schema::{PropertyDefinition, SchemaDefinition},
        values::{Key, PropertyType},
    },
};

/// So many values are looked at by one statement.
pub(crate) const AT_ONCE: u32 = 250;
/// So many are found anew by one change of a schema, so that nobody who writes meanwhile waits for longer: one property of as
/// many entities as a workspace has unless the host says otherwise.
pub(crate) const MOST: u64 = 50_000;

/// Why values are not found as what they are from now on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReindexError {
    /// There are more of them.
    #[error("more than {limit} values would have to be found anew")]
    TooMany {
        /// How many there may be.
        limit: u64,
    },
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A property whose values may be found under keys that they have no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Retyped {
    pub(crate) holder: Holder,
    pub(crate) item_type: TypeName,
    pub(crate) property: PropertyName,
    /// What its values are from now on: a text or a moment.
    pub(crate) property_type: PropertyType,
}

/// A value under its old key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misplaced {
    pub(crate) item: Uuid,
    pub(crate) key: Vec<u8>,
    /// The value itself, a text; nothing if nobody has it any more.
    pub(crate) text: Option<String>,
}

/// The index of values.
pub(crate) trait Index: Transaction {
    /// Those of these properties that have a value under an old key.
    fn stale(
        &mut self,
        workspace: WorkspaceId,
        retyped: &[Retyped],
    ) -> impl Future<Output = Result<Vec<Retyped>, StorageError>> + Send;

    /// How many values these properties have under old keys; of more than `limit` nobody wants to know.
    fn count_misplaced(
        &mut self,
        workspace: WorkspaceId,
        of: &[Retyped],
        limit: u64,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// The first [`AT_ONCE`] values of a property under old keys behind one, or from the beginning, in the order of the keys.
    fn misplaced(
        &mut self,
        workspace: WorkspaceId,
        of: &Retyped,
        after: Option<&Misplaced>,
    ) -> impl Future<Output = Result<Vec<Misplaced>, StorageError>> + Send;

    /// From now on the values of these are found under these keys.
    fn replace(
        &mut self,
        workspace: WorkspaceId,
        of: &Retyped,
        keys: &[(Uuid, Key)],
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

impl Retyped {
    /// Between which bytes the keys lie that its values have no more.
    pub(crate) const fn old_keys(&self) -> ([u8; 1], [u8; 1]) {
        match self.property_type {
            PropertyType::Datetime => (Key::TEXTS, Key::INSTANTS),
            PropertyType::String
            | PropertyType::Integer
            | PropertyType::Float
            | PropertyType::Boolean => (Key::INSTANTS, Key::END),
        }
    }

    /// Those of a schema: of all types only texts and moments are written alike, so no value of another has another key. A
    /// property that is new may have been there before.
    fn between(from: &SchemaDefinition, to: &SchemaDefinition) -> Vec<Self> {
        let entities = to.entity_types.iter().flat_map(|of| {
            let before = from.entity_type(of.name.as_str()).map(|of| of.properties.as_slice());
            those(Holder::Entity, &of.name, before.unwrap_or_default(), &of.properties)
        });
        let edges = to.edge_types.iter().flat_map(|of| {
            let before = from.edge_type(of.name.as_str()).map(|of| of.properties.as_slice());
            those(Holder::Edge, &of.name, before.unwrap_or_default(), &of.properties)
        });
        entities.chain(edges).collect()
    }
}

fn those<'p>(
    holder: Holder,
    item_type: &'p TypeName,
    before: &'p [PropertyDefinition],
    after: &'p [PropertyDefinition],
) -> impl Iterator<Item = Retyped> + 'p {
    let is_written_alike = |of: &&PropertyDefinition| {
        matches!(of.property_type, PropertyType::String | PropertyType::Datetime)
    };
    let was_the_same = move |of: &PropertyDefinition| {
        before.iter().any(|was| was.name == of.name && was.property_type == of.property_type)
    };
    after.iter().filter(is_written_alike).filter(move |of| !was_the_same(of)).map(move |of| {
        Retyped {
            holder,
            item_type: item_type.clone(),
            property: of.name.clone(),
            property_type: of.property_type,
        }
    })
}

/// Finds everything under the keys that it has by this schema, or nothing if there are more than `most` values under other
/// ones. Whose turn it is in the workspace does it, so that nobody finds half of it; a value that does not conform any more stays
/// where it is.
pub(crate) async fn reindex(
    tx: &mut impl Index,
    workspace: WorkspaceId,
    from: &SchemaDefinition,
    to: &SchemaDefinition,
    most: u64,
) -> Result<(), ReindexError> {
    let stale = tx.stale(workspace, &Retyped::between(from, to)).await?;
    if tx.count_misplaced(workspace, &stale, most + 1).await? > most {
        return Err(ReindexError::TooMany { limit: most });
    }
    for of in stale {
        let mut last: Option<Misplaced> = None;
        loop {
            let misplaced = tx.misplaced(workspace, &of, last.as_ref()).await?;
            let key = |misplaced: &Misplaced| {
                let text = misplaced.text.as_deref()?;
                Some((misplaced.item, Key::of_value(&text.into(), of.property_type)?))
            };
            let keys: Vec<(Uuid, Key)> = misplaced.iter().filter_map(key).collect();
            tx.replace(workspace, &of, &keys).await?;
            let Some(behind) = misplaced.into_iter().next_back() else { break };
            last = Some(behind);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use perme8_events::Save as _;
    use serde_json::json;

    use super::*;
    use crate::{
        domain::schema::{Schema, Writing, draft::SchemaDraft},
        testing::{COMPANY, OWNER, added, company, person},
    };

    /// People of whom two moments are known, or two texts.
    fn people(of: &str) -> SchemaDefinition {
        let properties = ["from", "to"].map(|name| json!({ "name": name, "type": of }));
        let person = json!([{ "name": "Person", "properties": properties }]);
        SchemaDraft::from_json(Some(person), None).check().unwrap()
    }

    #[tokio::test]
    async fn of_too_many_values_none_is_found_anew() {
        let (texts, moments) = (people("string"), people("datetime"));
        let mut tx = company();
        let writing = Writing { by: OWNER, now: tx.now() };
        let schema = Schema::create(tx.new_id(), COMPANY, texts.clone(), writing);
        tx.save(schema).await.unwrap();
        for year in 2020..2023 {
            let [from, to] = [1, 2].map(|month| format!("{year}-0{month}-01T00:00:00Z"));
            added(&mut tx, person(None, json!({ "from": from, "to": to }))).await;
        }
        let retyped = Retyped::between(&texts, &moments);
        let refused = reindex(&mut tx, COMPANY, &texts, &moments, 5).await;
        assert!(matches!(refused, Err(ReindexError::TooMany { limit: 5 })), "{refused:?}");
        assert_eq!(tx.count_misplaced(COMPANY, &retyped, 100).await.unwrap(), 6);
        reindex(&mut tx, COMPANY, &texts, &moments, 6).await.unwrap();
        assert_eq!(tx.count_misplaced(COMPANY, &retyped, 100).await.unwrap(), 0);
    }
}
