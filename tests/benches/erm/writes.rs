//! Writing: bulks of a thousand, and one by one.

use std::iter::repeat_with;

use erm::{
    BulkMode, ByHand, CreateEdges, CreateEntities, CreateEntity, EntityId, NewEdge, NewEntity,
    Properties, PutEntityByKey,
};

use crate::{
    Args,
    figures::{Row, Took},
    house::{House, People, person},
};

/// So many are written at once.
const BULK: usize = 1_000;
/// So many bulks of edges are written.
const EDGE_BULKS: usize = 20;

/// Fills a workspace with people, and tells how long that takes.
pub(crate) async fn measure<'h>(
    house: &'h House,
    args: &Args,
) -> anyhow::Result<(People<'h>, Vec<Row>)> {
    let (people, engine) = (house.people().await?, house.engine());
    let by_hand = ByHand::new(house.db(), house.workspace().await?);
    let mut rows = Vec::new();
    let bulks: Vec<usize> = (0..args.entities.div_ceil(BULK)).collect();

    let mut ids = Vec::new();
    let ours = Took::of(&bulks, async |bulk| {
        ids.extend(people.write(bulk * BULK).await?);
        Ok(true)
    });
    let ours = ours.await?;
    let theirs = Took::within(args.seconds, &bulks, async |bulk| {
        by_hand.insert_people(&thousand(bulk * BULK)).await?;
        Ok(true)
    });
    rows.push(Row::new(engine, "1,000 entities in one bulk", ours, Some(theirs.await?)));

    let drawn = |bulk: usize| pairs(&ids, bulk);
    let ours = Took::of(0..EDGE_BULKS, async |bulk| people.join(&drawn(bulk)).await);
    let ours = ours.await?;
    let theirs = Took::within(args.seconds, 0..EDGE_BULKS, async |bulk| {
        by_hand.insert_edges(&drawn(bulk)).await?;
        Ok(true)
    });
    rows.push(Row::new(engine, "1,000 edges in one bulk", ours, Some(theirs.await?)));

    let ours = Took::of(0..args.times, async |number| {
        let command = CreateEntity {
            workspace: people.workspace.into(),
            entity_type: "Person".to_owned(),
            external_key: None,
            properties: person(number),
        };
        house.erm.create_entity(house.origin(), command).await?;
        Ok(true)
    });
    let ours = ours.await?;
    let theirs = Took::of(0..args.times, async |number| {
        by_hand.insert_people(&[person(number)]).await?;
        Ok(true)
    });
    rows.push(Row::new(engine, "one entity", ours, Some(theirs.await?)));

    for (what, round) in [("one entity by its key, which is new", 0), ("the same, again", 1)] {
        let ours = Took::of(0..args.times, async |number| {
            let command = PutEntityByKey {
                workspace: people.workspace.into(),
                entity_type: "Person".to_owned(),
                external_key: format!("key {number}"),
                properties: person(number + round),
                seen: None,
            };
            house.erm.put_entity_by_key(house.origin(), command).await?;
            Ok(true)
        });
        let ours = ours.await?;
        let theirs = Took::of(0..args.times, async |number| {
            by_hand.put_person(&format!("key {number}"), &person(number + round)).await?;
            Ok(true)
        });
        rows.push(Row::new(engine, what, ours, Some(theirs.await?)));
    }
    Ok((people, rows))
}

/// What is known of a thousand people from this number on.
fn thousand(first: usize) -> Vec<Properties> {
    (first..first + BULK).map(person).collect()
}

/// A thousand pairs of these, other ones in each bulk.
fn pairs(ids: &[EntityId], bulk: usize) -> Vec<(EntityId, EntityId)> {
    let mut next = bulk * 7919;
    let mut draw = || {
        next += 104_729;
        ids[next % ids.len()]
    };
    repeat_with(|| (draw(), draw())).take(BULK).collect()
}

impl People<'_> {
    /// A thousand more, from this number on.
    async fn write(&self, first: usize) -> anyhow::Result<Vec<EntityId>> {
        let items = thousand(first).into_iter().map(|properties| NewEntity {
            entity_type: "Person".to_owned(),
            external_key: None,
            properties,
        });
        let command = CreateEntities {
            workspace: self.workspace.into(),
            items: items.map(Ok).collect(),
            mode: BulkMode::Atomic,
        };
        let outcome = self.house.erm.create_entities(self.house.origin(), command).await?;
        Ok(outcome.done.iter().map(|entity| entity.id).collect())
    }

    /// A thousand edges.
    async fn join(&self, pairs: &[(EntityId, EntityId)]) -> anyhow::Result<bool> {
        let items = pairs.iter().map(|(source, target)| NewEdge {
            edge_type: "KNOWS".to_owned(),
            source_id: source.to_string(),
            target_id: target.to_string(),
            properties: Properties::new(),
        });
        let command = CreateEdges {
            workspace: self.workspace.into(),
            items: items.map(Ok).collect(),
            mode: BulkMode::Atomic,
        };
        let outcome = self.house.erm.create_edges(self.house.origin(), command).await?;
        Ok(outcome.failed.is_empty())
    }
}
