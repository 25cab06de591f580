//! What identifies people, and whose it is.

use darling::{Error, Result, ast::NestedMeta};
use syn::{Attribute, Meta, Path, spanned::Spanned as _};

use crate::attributes::EventField;

/// What has serde write or read a struct by way of something else, in which nothing is found by the names of the fields.
const DETOURS_OF_STRUCTS: [&str; 4] = ["into", "from", "try_from", "transparent"];
/// What has serde write a field by a function that knows of no seals.
const DETOURS_OF_FIELDS: [&str; 2] = ["with", "serialize_with"];

/// A field, and the one that says whose it is.
#[derive(Debug)]
pub(crate) struct PersonalField {
    pub(crate) field: EventField,
    pub(crate) whose: EventField,
}

/// The `fields` that say whose they are, of a struct with these attributes.
pub(crate) fn personal(attrs: &[Attribute], fields: &[EventField]) -> Result<Vec<PersonalField>> {
    let mut errors = Error::accumulator();
    let mut found = Vec::new();
    if fields.iter().any(|field| field.personal.is_some()) {
        for detour in detours(attrs, &DETOURS_OF_STRUCTS) {
            let message = "what is personal is sealed in the fields of the event: it is neither written nor read as anything else";
            errors.push(Error::custom(message).with_span(&detour.span()));
        }
    }
    for field in fields {
        let Some(name) = &field.personal else { continue };
        if **name == field.name() {
            let message = "this is what identifies somebody: name the field that says whose it is";
            errors.push(Error::custom(message).with_span(&name.span()));
            continue;
        }
        // It is found in the JSON by its name, so both have to be the same.
        let renamed = attrs.iter().chain(&field.attrs).find(|attribute| is_renaming(attribute));
        if let Some(renamed) = renamed {
            let message = "what is personal has the same name in JSON as in Rust";
            errors.push(Error::custom(message).with_span(&renamed.meta.span()));
            continue;
        }
        for detour in detours(&field.attrs, &DETOURS_OF_FIELDS) {
            let message =
                "what is personal would be written past its seal: only `Personal` itself knows how";
            errors.push(Error::custom(message).with_span(&detour.span()));
        }
        let whose = errors.handle(EventField::named(name, name, fields));
        found.extend(whose.map(|whose| PersonalField { field: field.clone(), whose }));
    }
    errors.finish_with(found)
}

/// Whether serde is told to write fields under other names, or among those around them.
fn is_renaming(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let said = list.tokens.to_string();
    list.path.is_ident("serde") && (said.contains("rename") || said.contains("flatten"))
}

/// What is said to serde under any of these names.
fn detours(attrs: &[Attribute], names: &[&str]) -> Vec<Path> {
    let lists = attrs.iter().filter_map(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("serde") => Some(list.tokens.clone()),
        Meta::List(_) | Meta::Path(_) | Meta::NameValue(_) => None,
    });
    // What cannot be read is serde's to refuse.
    let items = lists.flat_map(|said| NestedMeta::parse_meta_list(said).unwrap_or_default());
    let paths = items.filter_map(|item| match item {
        NestedMeta::Meta(item) => Some(item.path().clone()),
        NestedMeta::NameValueInvalidExpr(item) => Some(item.path),
        NestedMeta::Lit(_) => None,
    });
    paths.filter(|path| names.iter().any(|name| path.is_ident(name))).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use syn::{DeriveInput, parse_str};

    use crate::event::Event;

    /// What is said of an event with these attributes and this field beside `user_id`.
    fn check(attributes: &str, field: &str, expected: &Expect) {
        let source = format!(
            "/// Moved.
            #[event(aggregate = \"user\", audience(operators))]
            {attributes}
            struct Moved {{ #[event(aggregate_id)] user_id: UserId, {field} }}"
        );
        let input: DeriveInput = parse_str(&source).unwrap();
        let said = match Event::read(&input, "identity") {
            Ok(event) => {
                let names = event.personal.iter();
                let names =
                    names.map(|one| format!("{} of {}", one.field.name(), one.whose.name()));
                names.collect::<Vec<_>>().join(", ")
            }
            Err(errors) => {
                let line = |error: darling::Error| {
                    let place = error.span().source_text().unwrap_or_default();
                    format!("{place} -> {}", syn::Error::from(error))
                };
                errors.flatten().into_iter().map(line).collect::<Vec<_>>().join("\n")
            }
        };
        expected.assert_eq(&said);
    }

    #[test]
    fn a_field_says_whose_it_is() {
        check(
            "",
            r#"#[event(personal = "user_id")] #[serde(default)] r#where: Personal<String>"#,
            &expect!["where of user_id"],
        );
    }

    #[test]
    fn it_is_somebodys_whom_another_field_names() {
        check(
            "",
            r#"#[event(personal = "usr_id")] place: Personal<String>"#,
            &expect![[r#""usr_id" -> Unknown field: `usr_id`. Did you mean `user_id`?"#]],
        );
        check(
            "",
            r#"#[event(personal = "place")] place: Personal<String>"#,
            &expect![[
                r#""place" -> this is what identifies somebody: name the field that says whose it is"#
            ]],
        );
    }

    #[test]
    fn it_has_the_same_name_in_json() {
        check(
            "",
            r#"#[event(personal = "user_id")] #[serde(rename = "to")] place: Personal<String>"#,
            &expect![[
                r#"serde(rename = "to") -> what is personal has the same name in JSON as in Rust"#
            ]],
        );
        check(
            r#"#[serde(rename_all = "camelCase")]"#,
            r#"#[event(personal = "user_id")] place: Personal<String>"#,
            &expect![[
                r#"serde(rename_all = "camelCase") -> what is personal has the same name in JSON as in Rust"#
            ]],
        );
        check(r#"#[serde(rename_all = "camelCase")]"#, "place: String", &expect![""]);
    }

    #[test]
    fn nothing_writes_it_past_its_seal() {
        check(
            "",
            r#"#[event(personal = "user_id")] #[serde(default, with = "words")] place: Personal<String>,
            #[event(personal = "user_id")] #[serde(serialize_with = "words::write")] r#where: Personal<String>"#,
            &expect![[r"
                with -> what is personal would be written past its seal: only `Personal` itself knows how
                serialize_with -> what is personal would be written past its seal: only `Personal` itself knows how"]],
        );
        check(
            r#"#[serde(into = "Words", try_from = "Words")]"#,
            r#"#[event(personal = "user_id")] place: Personal<String>"#,
            &expect![[r"
                into -> what is personal is sealed in the fields of the event: it is neither written nor read as anything else
                try_from -> what is personal is sealed in the fields of the event: it is neither written nor read as anything else"]],
        );
        check(
            "#[serde(deny_unknown_fields)]",
            r#"#[event(personal = "user_id")] #[serde(deserialize_with = "words::read", skip_serializing_if = "is_none")] place: Personal<String>"#,
            &expect!["place of user_id"],
        );
        check(
            r#"#[serde(from = "Words")]"#,
            r#"#[serde(with = "words")] place: String"#,
            &expect![""],
        );
    }
}
