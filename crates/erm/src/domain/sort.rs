//! In which order entities or edges are listed.

use crate::domain::{filter::FilterError, names::PropertyName, schema::PropertyDefinition};

/// What somebody can sort by beside properties.
const CREATED_AT: &str = "created_at";

/// By what a list is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SortKey {
    /// By when things were made.
    CreatedAt,
    /// By the value of a property; what has none comes last, the newest first.
    Property(PropertyName),
}

/// The order of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) by: SortKey,
    pub(crate) is_descending: bool,
}

impl Sort {
    /// The newest first.
    pub(crate) const NEWEST: Self = Self { by: SortKey::CreatedAt, is_descending: true };

    /// The order that is called `created_at` or like a property, with a `-` before it if the greatest comes first; the newest
    /// first if none is named. Without a type (`definitions`) there are no properties.
    pub(crate) fn parse(
        text: Option<&str>,
        definitions: Option<&[PropertyDefinition]>,
    ) -> Result<Self, FilterError> {
        let Some(text) = text else { return Ok(Self::NEWEST) };
        let (name, is_descending) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let error = |message| FilterError::new("sort", message);
        let named = |definition: &&PropertyDefinition| definition.name.as_str() == name;
        // A property of that name hides the time.
        let by = match (definitions, definitions.into_iter().flatten().find(named)) {
            (_, Some(definition)) => SortKey::Property(definition.name.clone()),
            (_, None) if name == CREATED_AT => SortKey::CreatedAt,
            (Some(_), None) => {
                return Err(error(
                    "must be created_at or a property of the type, after - the other way round",
                ));
            }
            (None, None) => return Err(error("by a property needs a type")),
        };
        Ok(Self { by, is_descending })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_named_by_its_key() {
        let age = json!([{"name": "age", "type": "integer", "required": false, "constraints": {}}]);
        let definitions: Vec<PropertyDefinition> = serde_json::from_value(age).unwrap();
        let parse = |text| match Sort::parse(text, Some(&definitions)) {
            Ok(Sort { by: SortKey::CreatedAt, is_descending }) => {
                format!("created {is_descending}")
            }
            Ok(Sort { by: SortKey::Property(name), is_descending }) => {
                format!("{name} {is_descending}")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(parse(None), "created true");
        assert_eq!(parse(Some("created_at")), "created false");
        assert_eq!(parse(Some("-created_at")), "created true");
        assert_eq!(parse(Some("age")), "age false");
        assert_eq!(parse(Some("-age")), "age true");
        for wrong in ["", "-", "--age", "size", "age,created_at"] {
            assert!(parse(Some(wrong)).starts_with("sort must be"), "{wrong}");
        }
        assert_eq!(
            Sort::parse(Some("age"), None).unwrap_err().to_string(),
            "sort by a property needs a type"
        );
        assert_eq!(Sort::parse(Some("-created_at"), None), Ok(Sort::NEWEST));
    }
}
