//! The sentence that says what an event means.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The first sentence of the documentation in `attributes`; it may span lines, not paragraphs.
pub(crate) fn summary(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attributes.iter().filter_map(documentation).collect();
    let paragraph = lines
        .iter()
        .flat_map(|text| text.split('\n'))
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let sentence = first_sentence(&paragraph);
    (!sentence.is_empty()).then(|| sentence.to_owned())
}

/// The text of `/// text`, which the compiler hands over as `#[doc = "text"]`.
fn documentation(attribute: &Attribute) -> Option<String> {
    if let Meta::NameValue(doc) = &attribute.meta
        && doc.path.is_ident("doc")
        && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &doc.value
    {
        return Some(text.value());
    }
    None
}

/// What comes before the first mark after which no lower-case word goes on, as one does after "e.g."
fn first_sentence(paragraph: &str) -> &str {
    paragraph
        .match_indices(['.', '!', '?'])
        .map(|(at, mark)| paragraph.split_at(at + mark.len()))
        .find(|(_, rest)| {
            rest.starts_with(' ') && !rest.trim_start().starts_with(char::is_lowercase)
        })
        .map_or(paragraph, |(sentence, _)| sentence)
}

#[cfg(test)]
mod tests {
    use syn::{DeriveInput, parse_str};

    use super::*;

    fn check(documentation: &str, expected: Option<&str>) {
        let input: DeriveInput = parse_str(&format!("{documentation}\nstruct E {{}}")).unwrap();
        assert_eq!(summary(&input.attrs).as_deref(), expected, "{documentation}");
    }

    #[test]
    fn the_summary_is_the_first_sentence() {
        check("/// Emitted when somebody joins.", Some("Emitted when somebody joins."));
        check(
            "/// Emitted when somebody joins. Not for guests.",
            Some("Emitted when somebody joins."),
        );
        check("/// Emitted when somebody joins", Some("Emitted when somebody joins"));
        check("/// Somebody has joined! `reason` says why.", Some("Somebody has joined!"));
    }

    #[test]
    fn a_sentence_may_span_lines_but_not_paragraphs() {
        check(
            "/// Emitted when\n/// somebody joins.\n/// Twice.",
            Some("Emitted when somebody joins."),
        );
        check(
            "/// Emitted when somebody joins\n///\n/// Twice.",
            Some("Emitted when somebody joins"),
        );
        check("///\n/// Emitted when somebody joins.", Some("Emitted when somebody joins."));
        check("/** Emitted when\n    somebody joins. */", Some("Emitted when somebody joins."));
    }

    #[test]
    fn marks_inside_a_sentence_do_not_end_it() {
        check("/// Something changed, e.g. a name. More.", Some("Something changed, e.g. a name."));
        check(
            "/// Emitted with `Role::ALL.len()` roles of v1.2.",
            Some("Emitted with `Role::ALL.len()` roles of v1.2."),
        );
    }

    #[test]
    fn no_documentation_is_no_summary() {
        check("", None);
        check("///", None);
        check("#[doc(hidden)]", None);
        check("#[serde(rename = \"e\")]", None);
    }
}
