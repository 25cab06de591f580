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
    /// The value itself, a text.
    pub(crate) text: String,
}

/// The index of values.
pub(crate) trait Index: Transaction {
    /// Those of these properties that have a value under an old key.
    fn stale(
        &mut self,
        workspace: WorkspaceId,
        retyped: &[Retyped],
    ) -> impl Future<Output = Result<Vec<Retyped>, StorageError>> + Send;

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

/// Finds everything under the keys that it has by this schema. Whose turn it is in the workspace does it, so that nobody finds
/// half of it; a value that does not conform any more stays where it is.
pub(crate) async fn reindex(
    tx: &mut impl Index,
    workspace: WorkspaceId,
    from: &SchemaDefinition,
    to: &SchemaDefinition,
) -> Result<(), StorageError> {
    let retyped = Retyped::between(from, to);
    for of in tx.stale(workspace, &retyped).await? {
        let mut last: Option<Misplaced> = None;
        loop {
            let misplaced = tx.misplaced(workspace, &of, last.as_ref()).await?;
            let key = |misplaced: &Misplaced| {
                let key = Key::of_value(&misplaced.text.as_str().into(), of.property_type)?;
                Some((misplaced.item, key))
            };
            let keys: Vec<(Uuid, Key)> = misplaced.iter().filter_map(key).collect();
            tx.replace(workspace, &of, &keys).await?;
            let Some(behind) = misplaced.into_iter().next_back() else { break };
            last = Some(behind);
        }
    }
    Ok(())
}
