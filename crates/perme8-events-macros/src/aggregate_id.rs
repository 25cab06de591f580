//! The id of the aggregate, made of one field or of several.

use darling::{Error, Result, util::SpannedValue};
use syn::Ident;

use crate::attributes::EventField;

/// How fields become the text that identifies the aggregate.
#[derive(Debug)]
pub(crate) struct AggregateId {
    /// For `format!`, with `{}` in the place of each field.
    pub(crate) format: String,
    /// In the order of the format.
    pub(crate) fields: Vec<EventField>,
}

impl AggregateId {
    /// Finds the marked field, or reads the `template` of the event `ident`; there must be exactly one of both.
    pub(crate) fn read(
        ident: &Ident,
        template: Option<&SpannedValue<String>>,
        fields: &[EventField],
    ) -> Result<Self> {
        let already =
            "is the aggregate id already; one of several fields is given by id = \"{a}:{b}\" alone";
        let marked = EventField::marked(fields, |field| field.aggregate_id, already)?;
        match (template, marked) {
            (Some(template), None) => Self::composite(template, fields),
            (None, Some(field)) => Ok(Self { format: "{}".to_owned(), fields: vec![field] }),
            (Some(_), Some(field)) => {
                let message = "`id = \"…\"` gives the aggregate id already";
                Err(Error::custom(message).with_span(&field.aggregate_id.span()))
            }
            (None, None) => {
                let message = "say which field identifies the aggregate: \
                               mark it #[event(aggregate_id)], or give id = \"{a}:{b}\"";
                Err(Error::custom(message).with_span(ident))
            }
        }
    }

    /// Reads `{a}:{b}`, where every name in braces is one of `fields`.
    fn composite(template: &SpannedValue<String>, fields: &[EventField]) -> Result<Self> {
        let refuse = |message| Err(Error::custom(message).with_span(&template.span()));
        let Some((format, names)) = split(template) else {
            return refuse("these braces do not match: an id is like \"{a}:{b}\"");
        };
        if names.is_empty() {
            return refuse(
                "this id is the same for every aggregate: name fields in braces, like \"{a}:{b}\"",
            );
        }
        let mut errors = Error::accumulator();
        let found = |name: &&str| errors.handle(EventField::named(name, template, fields));
        let fields = names.iter().filter_map(found).collect();
        errors.finish_with(Self { format, fields })
    }
}

/// The format, and the names in its braces, unless the braces do not match.
fn split(template: &str) -> Option<(String, Vec<&str>)> {
    let mut format = String::new();
    let mut names = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        if before.contains('}') {
            return None;
        }
        format.push_str(before);
        format.push_str("{}");
        names.push(name);
        rest = behind;
    }
    format.push_str(rest);
    (!rest.contains('}')).then_some((format, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_become_arguments() {
        assert_eq!(split("{a}:{b}"), Some(("{}:{}".to_owned(), vec!["a", "b"])));
        assert_eq!(split("all"), Some(("all".to_owned(), vec![])));
        assert_eq!(split("{}"), Some(("{}".to_owned(), vec![""])));
    }

    #[test]
    fn braces_that_do_not_match_are_refused() {
        for template in ["{a", "a}", "{a}}", "}{a}", "{a}:{"] {
            assert_eq!(split(template), None, "{template}");
        }
    }
}
