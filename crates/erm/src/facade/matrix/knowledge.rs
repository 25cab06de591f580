//! The questions about knowledge, and what a world has learnt before them.

use perme8_events::{
    StorageError,
    testing::{Question, questions},
};

use super::{World, name};
use crate::{
    CreateEntry, DeleteEntry, EntryChanges, NewEntry, RelateEntries, SearchEntries,
    TraverseEntries, UnrelateEntries, UpdateEntry,
    application::ports::items::Graphs,
    domain::{
        edge::{Edge, NewEdge},
        entity::{Entity, NewEntity},
        knowledge::ENTRY,
        properties::{Checked, Properties},
    },
    testing::{OWNER, id},
};

// Two entries of a world, and how the one relates to the other.
const MILLS: u128 = 6;
const WATER: u128 = 7;
const RELATION: u128 = 8;

fn entry() -> NewEntry {
    let [title, body, category] = ["Mills", "Grind.", "concept"].map(str::to_owned);
    NewEntry { title, body, category, ..NewEntry::default() }
}

/// Learns it, though the schema does not say yet that this can be learnt.
pub(super) async fn learn(tx: &mut impl Graphs, number: u128) -> Result<(), StorageError> {
    let company = id(number);
    for which in [MILLS, WATER] {
        let properties = entry().properties().expect("it is an entry");
        let new = NewEntity {
            id: id(number * 10 + which),
            workspace_id: company,
            entity_type: name(ENTRY),
            external_key: None,
            checked: Checked { properties, values: Vec::new() },
            now: tx.now(),
        };
        tx.save(Entity::create(new, OWNER)).await?;
    }
    let new = NewEdge {
        id: id(number * 10 + RELATION),
        workspace_id: company,
        edge_type: name("depends_on"),
        source_id: id(number * 10 + MILLS),
        target_id: id(number * 10 + WATER),
        checked: Checked { properties: Properties::new(), values: Vec::new() },
        now: tx.now(),
    };
    tx.save(Edge::create(new, OWNER)).await?;
    Ok(())
}

pub(super) fn rows() -> Vec<Question<World>> {
    questions! {
        world: World, origin => world.erm.knowledge();
        entry(&origin, &world.company(), world.one(MILLS));
        search(&origin, &world.company(), SearchEntries {
            query: "mills".to_owned(), ..SearchEntries::default()
        });
        traverse "of knowledge" (&origin, &world.company(), TraverseEntries {
            start: world.one(MILLS), relation_type: None, depth: None,
        });
        create_entry(origin, CreateEntry { workspace: world.company(), entry: entry() });
        create_entry "that is none" (origin, CreateEntry {
            workspace: world.company(), entry: NewEntry::default(),
        });
        update_entry(origin, UpdateEntry {
            workspace: world.company(), id: world.one(MILLS), changes: EntryChanges::default(), seen: None,
        });
        delete_entry(origin, DeleteEntry { workspace: world.company(), id: world.one(MILLS), seen: None });
        relate(origin, RelateEntries {
            workspace: world.company(), from: world.one(WATER), to: world.one(MILLS),
            relation_type: "part_of".to_owned(),
        });
        unrelate(origin, UnrelateEntries { workspace: world.company(), id: world.one(RELATION) });
    }
    .into()
}
