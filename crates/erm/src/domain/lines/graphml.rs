//! GraphML: an XML document with a declared key per property.

pub(crate) mod read;
pub(crate) mod write;

/// The key of the type of a node or an edge.
const TYPE: &str = "perme8_type";
/// The key of what an entity is called elsewhere.
const EXTERNAL_KEY: &str = "perme8_external_key";
/// The key of the schema, as JSON.
const SCHEMA: &str = "perme8_schema";
/// The key of properties that the schema does not declare so, as JSON.
const OTHER: &str = "perme8_other";
/// The attribute of data whose text is written as JSON writes it, because XML has no such text.
const ENCODING: &str = "encoding";

#[cfg(test)]
mod tests;
