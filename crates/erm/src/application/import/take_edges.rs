//! Taking over edges of a file.

use identity::WorkspaceRef;

use super::{rehearsal::Rehearsal, take_entities::Taken};
use crate::{
    application::{
        acting::Acting,
        bulks::{BulkError, Failures, ItemError},
        ports::items::Graphs,
        writing::{
            WriteError,
            edges::{EdgeHoldings, WantedEdge},
        },
    },
    domain::{
        bulk::Batch, edge::Edge, names::TypeName, properties::Properties, quota::Quota,
        references::EntityId, schema::SchemaDefinition,
    },
};

/// Adds the edges of a batch, as if one after another.
#[derive(Debug)]
pub(crate) struct TakeEdges<'a> {
    pub(crate) workspace: WorkspaceRef,
    pub(crate) edges: &'a [FileEdge],
    /// What would have been written before, if nothing is to be written.
    pub(crate) rehearsal: Option<&'a Rehearsal>,
}

/// An edge of a file.
#[derive(Debug, Clone)]
pub(crate) struct FileEdge {
    pub(crate) edge_type: String,
    /// At which entities it begins and ends, or why at none.
    pub(crate) ends: Result<(EntityId, EntityId), Vec<ItemError>>,
    pub(crate) properties: Properties,
}

impl TakeEdges<'_> {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<Taken<()>, BulkError> {
        let Self { workspace: _, edges, rehearsal } = *self;
        Rehearsal::enter(rehearsal, tx, acting).await?;
        let workspace_id = acting.workspace_id();
        let definition = Rehearsal::types_of(rehearsal, tx, acting).await?;
        let quota = rehearsal.map_or(quota, |planned| planned.left_of(quota));
        let mut failures = Failures::default();
        let mut wanted = Vec::new();
        for (place, edge) in edges.iter().enumerate() {
            match &edge.ends {
                Ok(ends) => {
                    let checked = failures.sort(place, edge.check(&definition, *ends))?;
                    wanted.extend(checked.map(|one| (place, one)));
                }
                Err(errors) => failures.note(place, errors.clone()),
            }
        }
        let asked = wanted.iter().map(|(_, wanted)| wanted);
        let mut holdings = EdgeHoldings::gather(tx, workspace_id, quota, asked).await?;
        if let Some(Rehearsal { entities, .. }) = rehearsal {
            let ends = wanted.iter().flat_map(|(_, edge)| [edge.source_id, edge.target_id]);
            for end in ends {
                if let Some(of) = entities.get(&end) {
                    holdings.restored(end, of.clone());
                }
            }
        }
        let (mut new, mut done, mut full) = (Vec::new(), Vec::new(), None);
        for (place, wanted) in wanted {
            let id = tx.new_id();
            let admitted = holdings.admit(id, &wanted);
            if let Err(WriteError::QuotaExceeded { .. }) = admitted {
                full = Some(place);
                break;
            }
            if failures.sort(place, admitted)?.is_some() {
                new.push(Edge::begin(wanted.begin(id, (workspace_id, tx.now()))));
                done.push((place, ()));
            }
        }
        if rehearsal.is_none() && !new.is_empty() {
            let batch = Batch { id: tx.new_id(), workspace_id, items: new };
            tx.save(batch.create(acting.user_id)).await?;
        }
        Ok(Taken { done, failed: failures.in_order(), full }.until_full())
    }
}

impl FileEdge {
    fn check<'s>(
        &self,
        definition: &'s SchemaDefinition,
        ends: (EntityId, EntityId),
    ) -> Result<WantedEdge<'s>, WriteError> {
        let name = TypeName::parse(&self.edge_type)?;
        WantedEdge::check(definition, name, ends, self.properties.clone())
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::testing::FakeTx;
    use serde_json::json;

    use super::*;
    use crate::{
        application::{
            bulks::BulkFailure, entities::create_entity::CreateEntity, put_schema::PutSchema,
        },
        domain::schema::draft::SchemaDraft,
        testing::{COMPANY, MEMBER, OWNER, Tables, acting, company, id},
    };

    /// Two people, of whom each may know one.
    async fn two_people() -> (FakeTx<Tables>, [EntityId; 2]) {
        let mut tx = company();
        let knows =
            json!([{ "name": "KNOWS", "cardinality": "many_to_one", "sources": ["Person"] }]);
        let draft = SchemaDraft::from_json(Some(json!([{ "name": "Person" }])), Some(knows));
        let put = PutSchema { workspace: COMPANY.into(), draft, version: None };
        put.execute(&mut tx, &acting(OWNER)).await.unwrap();
        let mut people = [id(0); 2];
        for person in &mut people {
            let create = CreateEntity {
                workspace: COMPANY.into(),
                entity_type: "Person".to_owned(),
                external_key: None,
                properties: Properties::new(),
            };
            let quota = Quota::default();
            *person = create.execute(&mut tx, &acting(MEMBER), quota).await.unwrap().id;
        }
        (tx, people)
    }

    fn knows(source: EntityId, target: EntityId) -> FileEdge {
        let (edge_type, properties) = ("KNOWS".to_owned(), Properties::new());
        FileEdge { edge_type, ends: Ok((source, target)), properties }
    }

    /// The places of what was taken over, of what was not, and of that for which there was no room.
    fn places(taken: &Taken<()>) -> (Vec<usize>, Vec<usize>, Option<usize>) {
        let done = taken.done.iter().map(|(place, ())| *place).collect();
        let failed = taken.failed.iter().map(|BulkFailure { index, .. }| *index).collect();
        (done, failed, taken.full)
    }

    #[tokio::test]
    async fn edges_are_taken_over_until_there_is_no_room() {
        let (mut tx, [ada, ben]) = two_people().await;
        let nowhere = ItemError::about("source_id", "endpoint", "stands nowhere");
        let edges = [
            FileEdge { ends: Err(vec![nowhere]), ..knows(ada, ben) },
            knows(ada, ben),
            knows(ada, ada),
            knows(ben, id(7)),
            knows(ben, ada),
            FileEdge { edge_type: "no name".to_owned(), ..knows(ben, ada) },
        ];
        let take = TakeEdges { workspace: COMPANY.into(), edges: &edges, rehearsal: None };
        let quota = Quota { entities: 2, edges: 1 };
        let taken = take.execute(&mut tx, &acting(MEMBER), quota).await.unwrap();
        assert_eq!(places(&taken), (vec![1], vec![0, 2, 3], Some(4)));
        assert_eq!(tx.state.edges.len(), 1);
    }

    #[tokio::test]
    async fn what_is_only_looked_at_leads_to_what_would_be_there() {
        let (mut tx, [ada, _]) = two_people().await;
        let definition = tx.state.schemas[0].definition.clone();
        let mut rehearsal = Rehearsal::of(definition);
        let planned = ["Person", "Robot"].map(|name| TypeName::stored(name.to_owned()));
        rehearsal.entities.extend([id(7), id(8)].into_iter().zip(planned));
        rehearsal.edges = 1;
        let edges = [knows(id(7), ada), knows(id(8), ada), knows(id(9), ada), knows(ada, id(8))];
        let rehearsal = Some(&rehearsal);
        let take = TakeEdges { workspace: COMPANY.into(), edges: &edges, rehearsal };
        let quota = Quota { entities: 2, edges: 2 };
        let taken = take.execute(&mut tx, &acting(MEMBER), quota).await.unwrap();
        assert_eq!(places(&taken), (vec![0], vec![1, 2], Some(3)));
        assert!(tx.state.edges.is_empty());
    }
}
