//! What the entities of a file are called there, and what they are here.

use std::collections::HashMap;

use crate::{
    application::bulks::ItemError,
    domain::{
        lines::EdgeLine,
        names::shown,
        quota::Quota,
        references::{EntityId, parse_id},
    },
};

/// The longest name of an entity in a file, in characters: as long as an external key, which often is that name.
const LONGEST: usize = 255;
/// So many names are kept beside one for each entity that the workspace may hold: of those that could not be taken over, and
/// others of those that are there already.
const MOST_OTHERS: usize = 100_000;
/// No more are kept than this, however much the workspace may hold.
const MOST: usize = 1_000_000;

/// What the entities that the file called so are from now on; none if they could not be taken over.
///
/// All of them are in memory until the end of the file, whatever its length, so they are short and there is a bound to them.
#[derive(Debug)]
pub(crate) struct Names {
    known: HashMap<String, Option<EntityId>>,
    /// At most so many are.
    most: usize,
    /// Whether one was refused because there are too many.
    is_overfull: bool,
}

impl Names {
    /// None yet, of a file for a workspace that may hold so much.
    pub(crate) fn within(quota: Quota) -> Self {
        let entities = usize::try_from(quota.entities).unwrap_or(usize::MAX);
        let most = entities.saturating_add(MOST_OTHERS).min(MOST);
        Self { known: HashMap::new(), most, is_overfull: false }
    }

    /// Whether the file may call an entity so; one that it may not call so is not taken over.
    pub(crate) fn admit(&mut self, name: &str) -> Result<(), ItemError> {
        if is_long(name) {
            let why = format!("is longer than {LONGEST} characters");
            return Err(ItemError::about("id", "max_length", why));
        }
        if self.known.contains_key(name) {
            return Ok(());
        }
        if self.known.len() >= self.most {
            self.is_overfull = true;
            let most = self.most;
            let why = format!(
                "the file has more than {most} ids: leave out those to which no edge leads"
            );
            return Err(ItemError::about("id", "quota", why));
        }
        // It is not taken over yet.
        self.known.insert(name.to_owned(), None);
        Ok(())
    }

    /// The entity that the file calls so is this one.
    pub(crate) fn learn(&mut self, name: Option<String>, id: EntityId) {
        self.known.extend(name.map(|name| (name, Some(id))));
    }

    /// The entity that the file calls so could not be taken over.
    pub(crate) fn lose(&mut self, name: Option<String>) {
        self.known.extend(name.map(|name| (name, None)));
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
        let why = match self.known.get(name) {
            Some(Some(id)) => return Ok(*id),
            Some(None) => "could not be taken over",
            None if is_long(name) => "has too long an id",
            // The file may have said it of an entity that was refused; another with the same id is not meant then.
            None if self.is_overfull => "is not among those whose ids were kept",
            None => match parse_id(name) {
                Some(id) => return Ok(id),
                None => "stands nowhere before in the file",
            },
        };
        Err(ItemError::about(field, "endpoint", format!("entity {} {why}", shown(name))))
    }
}

fn is_long(name: &str) -> bool {
    name.chars().nth(LONGEST).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::properties::Properties,
        testing::{ROOM, id},
    };

    type Ends = Result<(EntityId, EntityId), Vec<(String, String)>>;

    /// Where an edge from one to the other leads, or what is told of which end.
    fn ends(names: &Names, source: &str, target: &str) -> Ends {
        let [source_id, target_id] = [source, target].map(str::to_owned);
        let (edge_type, properties) = ("KNOWS".to_owned(), Properties::new());
        let ends = names.ends(&EdgeLine { edge_type, source_id, target_id, properties });
        ends.map_err(|errors| errors.into_iter().map(told).collect())
    }

    fn told(error: ItemError) -> (String, String) {
        (error.field.unwrap(), error.message)
    }

    fn about(field: &str, message: &str) -> (String, String) {
        (field.to_owned(), message.to_owned())
    }

    #[test]
    fn an_edge_leads_to_what_the_file_calls_so_or_to_what_is_there() {
        let mut names = Names::within(ROOM);
        names.learn(Some("a".to_owned()), id(1));
        names.learn(None, id(2));
        names.lose(Some("b".to_owned()));
        names.lose(None);
        let there: EntityId = id(7);
        assert_eq!(ends(&names, "a", &there.to_string()), Ok((id(1), there)));
        assert_eq!(
            ends(&names, "b", "c"),
            Err(vec![
                about("source_id", "entity \"b\" could not be taken over"),
                about("target_id", "entity \"c\" stands nowhere before in the file"),
            ])
        );
    }

    #[test]
    fn what_an_entity_is_called_is_not_long() {
        let mut names = Names::within(ROOM);
        let [short, long] = [LONGEST, LONGEST + 1].map(|length| "ü".repeat(length));
        assert_eq!(names.admit(&short), Ok(()));
        names.learn(Some(short.clone()), id(1));
        assert_eq!(
            names.admit(&long).map_err(told),
            Err(about("id", "is longer than 255 characters"))
        );
        let shown = format!("entity \"{}…\" has too long an id", "ü".repeat(120));
        assert_eq!(ends(&names, &short, &long), Err(vec![about("target_id", &shown)]));
    }

    #[test]
    fn so_many_are_called_something_and_no_more() {
        let most = |entities| Names::within(Quota { entities, ..ROOM }).most;
        assert_eq!([0, 100, 899_999].map(most), [100_000, 100_100, 999_999]);
        assert_eq!([900_000, 900_001, u64::MAX].map(most), [MOST; 3]);
        let mut names = Names { most: 2, ..Names::within(ROOM) };
        let there: EntityId = id(7);
        for name in ["a", "b"] {
            assert_eq!(names.admit(name), Ok(()));
        }
        names.learn(Some("a".to_owned()), id(1));
        names.lose(Some("b".to_owned()));
        assert_eq!(ends(&names, "a", &there.to_string()), Ok((id(1), there)));
        // What has a name already may have it once more.
        assert_eq!(names.admit("b"), Ok(()));
        let refused = "the file has more than 2 ids: leave out those to which no edge leads";
        for name in ["c", &there.to_string()] {
            assert_eq!(names.admit(name).map_err(told), Err(about("id", refused)));
        }
        // It is another entity that has this id in the workspace.
        let lost = format!("entity \"{there}\" is not among those whose ids were kept");
        let nowhere = ends(&names, "a", &there.to_string());
        assert_eq!(nowhere, Err(vec![about("target_id", &lost)]));
        assert_eq!(ends(&names, "a", "a"), Ok((id(1), id(1))));
    }
}
