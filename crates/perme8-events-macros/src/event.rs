//! An event whose attributes make sense.

use darling::{Error, FromDeriveInput as _, FromField as _, Result, util::SpannedValue};
use syn::{Data, DeriveInput, Fields, Ident, Path, ext::IdentExt as _};

use crate::{
    aggregate_id::AggregateId,
    attributes::{EventAttributes, EventField},
    audience::{Scope, scopes},
    names::{event_type, is_event_type, is_snake_case},
    personal::{PersonalField, personal},
    summary::summary,
    upcasters::upcasters,
};

/// Everything that an implementation of the trait says.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) version: u16,
    pub(crate) aggregate: String,
    pub(crate) summary: String,
    pub(crate) aggregate_id: AggregateId,
    pub(crate) workspace_id: Option<EventField>,
    pub(crate) audience: Vec<Scope>,
    /// What identifies people, and whom.
    pub(crate) personal: Vec<PersonalField>,
    /// What brings data of each earlier version to the next one, in order.
    pub(crate) upcasters: Vec<Path>,
}

impl Event {
    /// Reads an event of `package`, or says everything that is wrong with it at once.
    pub(crate) fn read(input: &DeriveInput, package: &str) -> Result<Self> {
        let mut errors = Error::accumulator();
        let summary = errors.handle(summary(&input.attrs).ok_or_else(|| {
            Error::custom("an event says in one sentence what it means: document it")
                .with_span(&input.ident)
        }));
        let attributes = errors.handle(EventAttributes::from_derive_input(input));
        let fields = errors.handle(fields(input));
        let checked = attributes.zip(fields).and_then(|(attributes, fields)| {
            let EventAttributes { name, version, aggregate, id, audience, upcast } = attributes;
            let name = errors.handle(checked_name(name, package, &input.ident));
            let upcasters = errors.handle(upcasters(version.as_ref(), upcast));
            let version = errors.handle(checked_version(version));
            let aggregate = errors.handle(checked_aggregate(aggregate, &input.ident));
            let aggregate_id = errors.handle(AggregateId::read(&input.ident, id.as_ref(), &fields));
            let personal = errors.handle(personal(&input.attrs, &fields));
            let workspace_id = errors.handle(EventField::marked(
                &fields,
                |field| field.workspace_id,
                "is the workspace already, and an event belongs to one",
            ));
            // A second workspace is an error of its own, and no reason to ask for one.
            let scopes = workspace_id.as_ref().and_then(|workspace| {
                errors.handle(scopes(&audience, workspace.is_some(), &fields, &input.ident))
            });
            Some(Self {
                ident: input.ident.clone(),
                name: name?,
                version: version?,
                aggregate: aggregate?,
                summary: summary?,
                aggregate_id: aggregate_id?,
                workspace_id: workspace_id?,
                audience: scopes?,
                personal: personal?,
                upcasters: upcasters?,
            })
        });
        errors.finish()?;
        Ok(checked.expect("without an error nothing is missing"))
    }
}

/// The fields of a struct that can be an event.
fn fields(input: &DeriveInput) -> Result<Vec<EventField>> {
    let mut errors = Error::accumulator();
    if !input.generics.params.is_empty() {
        let message = "an event is one type, with one schema: it has no generics";
        errors.push(Error::custom(message).with_span(&input.generics));
    }
    let mut found = Vec::new();
    match &input.data {
        Data::Struct(data) if let Fields::Named(fields) = &data.fields => {
            found.extend(
                fields
                    .named
                    .iter()
                    .filter_map(|field| errors.handle(EventField::from_field(field))),
            );
        }
        Data::Struct(_) | Data::Enum(_) | Data::Union(_) => {
            errors.push(
                Error::custom("an event is a struct with named fields").with_span(&input.ident),
            );
        }
    }
    errors.finish_with(found)
}

fn checked_name(
    name: Option<SpannedValue<String>>,
    package: &str,
    ident: &Ident,
) -> Result<String> {
    let (name, span) = match name {
        Some(name) => (name.to_string(), name.span()),
        None => (event_type(package, &ident.unraw().to_string()), ident.span()),
    };
    if is_event_type(&name) {
        return Ok(name);
    }
    let message =
        format!("`{name}` names no event: say name = \"context.event\", both in lower snake case");
    Err(Error::custom(message).with_span(&span))
}

fn checked_version(version: Option<SpannedValue<u16>>) -> Result<u16> {
    match version {
        None => Ok(1),
        Some(version) if *version == 0 => {
            Err(Error::custom("versions count from 1").with_span(&version.span()))
        }
        Some(version) => Ok(*version),
    }
}

fn checked_aggregate(aggregate: Option<SpannedValue<String>>, ident: &Ident) -> Result<String> {
    let Some(aggregate) = aggregate else {
        return Err(Error::custom("what did it happen to? say aggregate = \"…\"").with_span(ident));
    };
    if is_snake_case(&aggregate) {
        return Ok(aggregate.into_inner());
    }
    let message = "aggregates are named in lower snake case, like \"workspace_member\"";
    Err(Error::custom(message).with_span(&aggregate.span()))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use syn::parse_str;

    use super::*;

    /// What is wrong with `source`, each error behind the code that it points at.
    fn errors(source: &str) -> String {
        let input: DeriveInput = parse_str(source).unwrap();
        let errors =
            Event::read(&input, "identity").expect_err("something is wrong with it").flatten();
        let line = |error: Error| {
            let place = error.span().source_text().unwrap_or_default();
            format!("{place} -> {}\n", syn::Error::from(error))
        };
        errors.into_iter().map(line).collect()
    }

    fn check(source: &str, expected: &Expect) {
        expected.assert_eq(&errors(source));
    }

    #[test]
    fn what_is_missing_is_said_all_at_once() {
        check(
            "struct Renamed { name: String }",
            &expect![[r#"
            Renamed -> an event says in one sentence what it means: document it
            Renamed -> what did it happen to? say aggregate = "…"
            Renamed -> say which field identifies the aggregate: mark it #[event(aggregate_id)], or give id = "{a}:{b}"
            Renamed -> who may see it? say audience(…) with any of workspace, managers, user = "field", operators
        "#]],
        );
    }

    #[test]
    fn names_are_in_lower_snake_case_and_versions_count_from_one() {
        check(
            r#"/// Renamed.
            #[event(name = "Renamed", aggregate = "Workspace", version = 0, audience(operators))]
            struct Renamed { #[event(aggregate_id)] id: u8 }"#,
            &expect![[r#"
                "Renamed" -> `Renamed` names no event: say name = "context.event", both in lower snake case
                0 -> versions count from 1
                "Workspace" -> aggregates are named in lower snake case, like "workspace_member"
            "#]],
        );
        check(
            r#"/// Renamed.
            #[event(aggregate = "workspace", version = 70000, audience(operators))]
            struct Renamed { #[event(aggregate_id)] id: u8 }"#,
            &expect![[r"
                70000 -> number too large to fit in target type
            "]],
        );
    }

    #[test]
    fn every_earlier_version_has_one_upcaster() {
        check(
            r#"/// Renamed.
            #[event(aggregate = "workspace", version = 4, upcast(v2 = second), audience(operators))]
            struct Renamed { #[event(aggregate_id)] id: u8 }"#,
            &expect![[r"
                4 -> stored events of earlier versions would be unreadable: say upcast(v1 = …, v3 = …), each a function from the data of that version to those of the next
            "]],
        );
        check(
            r#"/// Renamed.
            #[event(aggregate = "workspace", version = 2, upcast(v1 = a, v1 = b, v2 = c, first = d, v0 = e), audience(operators))]
            struct Renamed { #[event(aggregate_id)] id: u8 }"#,
            &expect![[r"
                v1 -> `v1` is upcast already
                v2 -> `v2` is no earlier version: this event has version 2
                first -> upcasters are named after the version whose data they take: v1, v2 …
                v0 -> upcasters are named after the version whose data they take: v1, v2 …
            "]],
        );
        check(
            r#"/// Renamed.
            #[event(aggregate = "workspace", upcast(v1, v1 = "first"), audience(operators))]
            struct Renamed { #[event(aggregate_id)] id: u8 }"#,
            &expect![[r#"
                v1 -> an upcaster is like v1 = function: what turns data of version 1 into those of version 2
                v1 = "first" -> an upcaster is like v1 = function: what turns data of version 1 into those of version 2
            "#]],
        );
    }

    #[test]
    fn there_is_one_aggregate_id() {
        check(
            r#"/// Joined.
            #[event(aggregate = "member", audience(operators))]
            struct Joined { #[event(aggregate_id)] a: u8, #[event(aggregate_id)] b: u8, #[event(aggregate_id)] c: u8 }"#,
            &expect![[r#"
                aggregate_id -> `a` is the aggregate id already; one of several fields is given by id = "{a}:{b}" alone
                aggregate_id -> `a` is the aggregate id already; one of several fields is given by id = "{a}:{b}" alone
            "#]],
        );
        check(
            r#"/// Joined.
            #[event(aggregate = "member", audience(operators), id = "{a}:{b}")]
            struct Joined { #[event(aggregate_id)] a: u8, b: u8 }"#,
            &expect![[r#"
                aggregate_id -> `id = "…"` gives the aggregate id already
            "#]],
        );
    }

    #[test]
    fn a_composite_id_names_fields() {
        check(
            r#"/// Joined.
            #[event(aggregate = "member", audience(operators), id = "{usr_id}:{x}")]
            struct Joined { user_id: u8 }"#,
            &expect![[r#"
                "{usr_id}:{x}" -> Unknown field: `usr_id`. Did you mean `user_id`?
                "{usr_id}:{x}" -> Unknown field: `x`. Available values: `user_id`
            "#]],
        );
        check(
            r#"/// Joined.
            #[event(aggregate = "member", audience(operators), id = "all")]
            struct Joined { user_id: u8 }"#,
            &expect![[r#"
                "all" -> this id is the same for every aggregate: name fields in braces, like "{a}:{b}"
            "#]],
        );
        check(
            r#"/// Joined.
            #[event(aggregate = "member", audience(operators), id = "{user_id")]
            struct Joined { user_id: u8 }"#,
            &expect![[r#"
                "{user_id" -> these braces do not match: an id is like "{a}:{b}"
            "#]],
        );
    }

    #[test]
    fn an_audience_of_a_workspace_needs_the_workspace() {
        check(
            r#"/// Joined.
            #[event(aggregate = "member", audience(workspace, managers, user = "usr"))]
            struct Joined { #[event(aggregate_id)] user: u8 }"#,
            &expect![[r#"
                workspace -> of which workspace? mark its field #[event(workspace_id)]
                managers -> of which workspace? mark its field #[event(workspace_id)]
                "usr" -> Unknown field: `usr`. Did you mean `user`?
            "#]],
        );
    }

    #[test]
    fn who_sees_it_under_a_condition_is_known_in_both_cases() {
        check(
            r#"/// Renamed.
            #[event(aggregate = "document", audience(workspace_if = "is_public"))]
            struct Renamed { #[event(aggregate_id)] document_id: Uuid, is_public: bool }"#,
            &expect![[r#"
                "is_public" -> it is one or the other: say workspace_if = "field", otherwise = "field"
            "#]],
        );
        check(
            r#"/// Renamed.
            #[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "usr"))]
            struct Renamed { #[event(aggregate_id)] document_id: Uuid, is_public: bool, #[event(workspace_id)] workspace_id: WorkspaceId }"#,
            &expect![[r#"
                "usr" -> Unknown field: `usr`. Available values: `document_id`, `is_public`, `workspace_id`
            "#]],
        );
        check(
            r#"/// Renamed.
            #[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user"))]
            struct Renamed { #[event(aggregate_id)] document_id: Uuid, is_public: bool, user: UserId }"#,
            &expect![[r#"
                "is_public" -> of which workspace? mark its field #[event(workspace_id)]
            "#]],
        );
    }

    #[test]
    fn an_empty_audience_is_none() {
        for audience in ["audience", "audience()"] {
            let source = format!(
                r#"/// Joined.
                #[event(aggregate = "member", {audience})]
                struct Joined {{ #[event(aggregate_id)] user_id: u8 }}"#
            );
            assert!(
                errors(&source).starts_with("Joined -> who may see it? say audience(…)"),
                "{audience}"
            );
        }
    }

    #[test]
    fn an_event_belongs_to_one_workspace() {
        check(
            r#"/// Moved.
            #[event(aggregate = "document", audience(workspace))]
            struct Moved { #[event(aggregate_id)] id: u8, #[event(workspace_id)] from: u8, #[event(workspace_id)] to: u8 }"#,
            &expect![[r"
                workspace_id -> `from` is the workspace already, and an event belongs to one
            "]],
        );
    }

    #[test]
    fn misspelt_attributes_are_recognised() {
        check(
            r#"#[event(agregate = "member", audience(worksapce, everyone))]
            struct Joined { #[event(agregate_id)] a: u8, #[event(workspace_id = "b")] b: u8 }"#,
            &expect![[r#"
                Joined -> an event says in one sentence what it means: document it
                agregate = "member" -> Unknown field: `agregate`. Did you mean `aggregate`?
                worksapce -> Unknown field: `worksapce`. Did you mean `workspace`?
                everyone -> Unknown field: `everyone`. Available values: `each`, `each_workspace`, `managers`, `operators`, `otherwise`, `user`, `workspace`, `workspace_if`
                agregate_id -> Unknown field: `agregate_id`. Did you mean `aggregate_id`?
                "b" -> Unexpected type `string`
            "#]],
        );
    }

    #[test]
    fn events_are_structs_with_named_fields() {
        for item in ["struct E;", "struct E(u8);", "enum E { A }", "union E { a: u8 }"] {
            let source = format!(
                "/// Joined.\n#[event(aggregate = \"member\", audience(operators))]\n{item}"
            );
            assert_eq!(errors(&source), "E -> an event is a struct with named fields\n", "{item}");
        }
        check(
            r#"/// Joined.
            #[event(aggregate = "member", audience(operators))]
            struct Joined<'a, T> { #[event(aggregate_id)] id: &'a T }"#,
            &expect![[r"
                <'a, T> -> an event is one type, with one schema: it has no generics
            "]],
        );
    }
}
