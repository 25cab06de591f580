//! What the entities of a file are called there, and what they are here.

use std::collections::HashMap;

use crate::{
    application::bulks::ItemError,
    domain::{
        lines::EdgeLine,
        names::shown,
        references::{EntityId, parse_id},
    },
};

/// What the entities that the file called so are from now on; none if they could not be taken over.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, Option<EntityId>>);

impl Names {
    /// The entity that the file calls so is this one.
    pub(crate) fn learn(&mut self, name: Option<String>, id: EntityId) {
        self.0.extend(name.map(|name| (name, Some(id))));
    }

    /// The entity that the file calls so could not be taken over.
    pub(crate) fn lose(&mut self, name: Option<String>) {
        self.0.extend(name.map(|name| (name, None)));
    }

    /// Where an edge of the file begins and ends: at entities of the file, or else at those that are there already and have
    /// these ids.
    pub(crate) fn ends(&self, edge: &EdgeLine) -> Result<(EntityId, EntityId), Vec<ItemError>> {
        let source = self.find("source_id", &edge.source_id);
        let target = self.find("target_id", &edge.target_id);
        match (source, target) {
            (Ok(source), Ok(target)) => Ok((source, target)),
            (source, target) => Err(source.err().into_iter().chain(target.err()).collect()),
        }
    }

    fn find(&self, field: &str, name: &str) -> Result<EntityId, ItemError> {
        let why = match self.0.get(name) {
            Some(Some(id)) => return Ok(*id),
            Some(None) => "could not be taken over",
            None => match parse_id(name) {
                Some(id) => return Ok(id),
                None => "stands nowhere before in the file",
            },
        };
        Err(ItemError::about(field, "endpoint", format!("entity {} {why}", shown(name))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::properties::Properties, testing::id};

    #[test]
    fn an_edge_leads_to_what_the_file_calls_so_or_to_what_is_there() {
        let mut names = Names::default();
        names.learn(Some("a".to_owned()), id(1));
        names.learn(None, id(2));
        names.lose(Some("b".to_owned()));
        names.lose(None);
        let there: EntityId = id(7);
        let ends = |source: &str, target: &str| {
            let [source_id, target_id] = [source, target].map(str::to_owned);
            let (edge_type, properties) = ("KNOWS".to_owned(), Properties::new());
            let ends = names.ends(&EdgeLine { edge_type, source_id, target_id, properties });
            ends.map_err(|errors| {
                let error = |error: ItemError| (error.field.unwrap(), error.message);
                errors.into_iter().map(error).collect::<Vec<_>>()
            })
        };
        assert_eq!(ends("a", &there.to_string()), Ok((id(1), there)));
        let told = |field: &str, message: &str| (field.to_owned(), message.to_owned());
        assert_eq!(
            ends("b", "c"),
            Err(vec![
                told("source_id", "entity \"b\" could not be taken over"),
                told("target_id", "entity \"c\" stands nowhere before in the file"),
            ])
        );
    }
}
