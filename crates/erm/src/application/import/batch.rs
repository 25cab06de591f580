//! What of a file is written at once.

use crate::domain::lines::{EdgeLine, EntityLine, Line};

/// So many entities or edges are written at once,
const MOST: usize = 1000;
/// or as many as stand in so many bytes of the file.
const MOST_BYTES: u64 = 4 << 20;

/// Something of a batch, with the line in which it ends.
#[derive(Debug, Clone)]
pub(crate) struct Numbered<T> {
    pub(crate) line: u64,
    pub(crate) item: T,
}

/// What is written next: entities or edges.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) entities: Vec<Numbered<EntityLine>>,
    pub(crate) edges: Vec<Numbered<EdgeLine>>,
    bytes: u64,
}

impl Batch {
    /// Whether this must wait until the batch is written.
    pub(crate) fn is_full_for(&self, line: &Line) -> bool {
        let is_full = |count| count >= MOST || self.bytes >= MOST_BYTES;
        match line {
            Line::Schema(_) => !self.entities.is_empty() || !self.edges.is_empty(),
            Line::Entity(_) => !self.edges.is_empty() || is_full(self.entities.len()),
            Line::Edge(_) => !self.entities.is_empty() || is_full(self.edges.len()),
        }
    }

    pub(crate) fn add_entity(&mut self, entity: Numbered<EntityLine>, bytes: u64) {
        self.entities.push(entity);
        self.bytes += bytes;
    }

    pub(crate) fn add_edge(&mut self, edge: Numbered<EdgeLine>, bytes: u64) {
        self.edges.push(edge);
        self.bytes += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{lines::SchemaLine, properties::Properties};

    fn entity() -> EntityLine {
        let (entity_type, properties) = ("Person".to_owned(), Properties::new());
        EntityLine { id: None, entity_type, external_key: None, properties }
    }

    fn edge() -> EdgeLine {
        let [source_id, target_id] = ["a", "b"].map(str::to_owned);
        let (edge_type, properties) = ("KNOWS".to_owned(), Properties::new());
        EdgeLine { edge_type, source_id, target_id, properties }
    }

    fn is_full_for(batch: &Batch) -> [bool; 3] {
        [Line::Schema(SchemaLine::default()), Line::Entity(entity()), Line::Edge(edge())]
            .map(|line| batch.is_full_for(&line))
    }

    #[test]
    fn a_batch_is_of_one_kind_and_neither_long_nor_large() {
        let mut batch = Batch::default();
        assert_eq!(is_full_for(&batch), [false; 3]);
        for line in 1..=MOST as u64 {
            assert_eq!(is_full_for(&batch), [line > 1, false, line > 1]);
            batch.add_entity(Numbered { line, item: entity() }, 1);
        }
        assert_eq!(is_full_for(&batch), [true; 3]);
        let mut batch = Batch::default();
        batch.add_edge(Numbered { line: 1, item: edge() }, MOST_BYTES - 1);
        assert_eq!(is_full_for(&batch), [true, true, false]);
        batch.add_edge(Numbered { line: 2, item: edge() }, 1);
        assert_eq!(is_full_for(&batch), [true; 3]);
    }
}
