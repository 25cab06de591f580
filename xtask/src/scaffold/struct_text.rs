//! Reads the fields of a struct as they are written.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than are asked for here"
)]

use anyhow::{Context as _, Result};
use syn::{Item, ItemStruct, spanned::Spanned};

use super::{context::Context, fields::Field};

/// The fields of an event of a context, with their attributes but without what is said of them.
pub(super) fn fields(context: &Context<'_>, event: &str) -> Result<Vec<Field>> {
    let known = context.events().find(|known| known.ident == event);
    let known = known.with_context(|| {
        let events: Vec<&str> = context.events().map(|event| event.ident.as_str()).collect();
        format!("{} has no event `{event}`; it has {}", context.krate.name, events.join(", "))
    })?;
    let file = &known.at.file;
    let syntax =
        syn::parse_file(&file.text).with_context(|| format!("{} is not Rust", file.path))?;
    let item = syntax.items.into_iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == event => Some(item),
        _ => None,
    });
    let item: ItemStruct =
        item.with_context(|| format!("{} has no `struct {event}` of its own", file.path))?;
    let field = |field: &syn::Field| {
        let name = field.ident.as_ref()?.to_string();
        let mut read = Field::new(name, source(&field.ty)?);
        let attributes = field.attrs.iter().filter(|attribute| !attribute.path().is_ident("doc"));
        read.attributes = attributes.filter_map(source).collect();
        Some(read)
    };
    item.fields
        .iter()
        .map(field)
        .collect::<Option<_>>()
        .with_context(|| format!("the fields of {event} in {} cannot be read", file.path))
}

/// The text of a part, in one line.
pub(super) fn source(part: &impl Spanned) -> Option<String> {
    let text = part.span().source_text()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}
