//! What attributes say.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than the rules ask for"
)]

use syn::{
    Attribute, Expr, ExprLit, ImplItem, Item, Lit, Meta, MetaList, Token, TraitItem,
    punctuated::Punctuated,
};

/// The parts of `name(…, …)`.
fn parts(list: &MetaList) -> Vec<Meta> {
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    parts.map(|parts| parts.into_iter().collect()).unwrap_or_default()
}

/// The condition of a `cfg_attr`, and the attributes that it adds.
pub(crate) fn conditional(meta: &Meta) -> Vec<Meta> {
    match meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => parts(list),
        _ => Vec::new(),
    }
}

/// Whether it is the attribute `word`, under conditions or not.
pub(crate) fn says(meta: &Meta, word: &str) -> bool {
    meta.path().is_ident(word) || conditional(meta).iter().skip(1).any(|added| says(added, word))
}

/// Whether `name` is derived, under `cfg_attr` or not.
pub(crate) fn derives(attributes: &[Attribute], name: &str) -> bool {
    fn in_meta(meta: &Meta, name: &str) -> bool {
        match meta {
            Meta::List(list) if list.path.is_ident("derive") => parts(list)
                .iter()
                .filter_map(|part| part.path().segments.last())
                .any(|segment| segment.ident == name),
            _ => conditional(meta).iter().skip(1).any(|added| in_meta(added, name)),
        }
    }
    attributes.iter().any(|attribute| in_meta(&attribute.meta, name))
}

/// What `#[event(…)]` says of names and versions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EventAttributes {
    /// The type, if it is given.
    pub(crate) name: Option<String>,
    pub(crate) version: u64,
    /// The earlier versions of which the data are brought to the next one.
    pub(crate) upcast: Vec<u64>,
}

/// The parts of each `event(…)`, under conditions or not.
fn event_parts(meta: &Meta) -> Vec<Meta> {
    match meta {
        Meta::List(list) if list.path.is_ident("event") => parts(list),
        _ => conditional(meta).iter().skip(1).flat_map(event_parts).collect(),
    }
}

/// What is said of an event; version 1 unless another is given.
pub(crate) fn event(attributes: &[Attribute]) -> EventAttributes {
    let mut event = EventAttributes { name: None, version: 1, upcast: Vec::new() };
    for meta in attributes.iter().flat_map(|attribute| event_parts(&attribute.meta)) {
        match meta {
            Meta::NameValue(pair) => match pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if pair.path.is_ident("name") => {
                    event.name = Some(text.value());
                }
                Expr::Lit(ExprLit { lit: Lit::Int(number), .. })
                    if pair.path.is_ident("version") =>
                {
                    event.version = number.base10_parse().unwrap_or(1);
                }
                _ => {}
            },
            Meta::List(list) if list.path.is_ident("upcast") => {
                event.upcast.extend(parts(&list).iter().filter_map(upcast_from));
            }
            _ => {}
        }
    }
    event
}

/// The version in `v1 = function`.
fn upcast_from(step: &Meta) -> Option<u64> {
    step.path().get_ident()?.to_string().strip_prefix('v')?.parse().ok()
}

pub(crate) fn of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(syn::ItemConst { attrs, .. })
        | Item::Enum(syn::ItemEnum { attrs, .. })
        | Item::ExternCrate(syn::ItemExternCrate { attrs, .. })
        | Item::Fn(syn::ItemFn { attrs, .. })
        | Item::ForeignMod(syn::ItemForeignMod { attrs, .. })
        | Item::Impl(syn::ItemImpl { attrs, .. })
        | Item::Macro(syn::ItemMacro { attrs, .. })
        | Item::Mod(syn::ItemMod { attrs, .. })
        | Item::Static(syn::ItemStatic { attrs, .. })
        | Item::Struct(syn::ItemStruct { attrs, .. })
        | Item::Trait(syn::ItemTrait { attrs, .. })
        | Item::TraitAlias(syn::ItemTraitAlias { attrs, .. })
        | Item::Type(syn::ItemType { attrs, .. })
        | Item::Union(syn::ItemUnion { attrs, .. })
        | Item::Use(syn::ItemUse { attrs, .. }) => attrs,
        _ => &[],
    }
}

pub(crate) fn of_impl(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

pub(crate) fn of_trait(item: &TraitItem) -> &[Attribute] {
    match item {
        TraitItem::Const(item) => &item.attrs,
        TraitItem::Fn(item) => &item.attrs,
        TraitItem::Type(item) => &item.attrs,
        TraitItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn derives_are_found_under_conditions_and_paths() {
        let check = |attribute: Attribute| derives(&[attribute], "DomainEvent");
        assert!(check(parse_quote!(#[derive(Debug, events::DomainEvent)])));
        assert!(check(parse_quote!(#[cfg_attr(test, derive(DomainEvent), event(version = 2))])));
        assert!(!check(parse_quote!(#[derive(Debug)])));
    }

    #[test]
    fn name_and_versions_of_an_event_are_read() {
        let check = |attribute: Attribute| event(&[attribute]);
        let said = parse_quote!(#[event(
            aggregate = "order", name = "a.b", version = 3, upcast(v1 = f, v2 = of::orders)
        )]);
        let (name, version, upcast) = (Some("a.b".to_owned()), 3, vec![1, 2]);
        assert_eq!(check(said), EventAttributes { name, version, upcast });
        let said =
            parse_quote!(#[cfg_attr(all(), derive(Debug), cfg_attr(all(), event(name = "a.b")))]);
        let (name, version, upcast) = (Some("a.b".to_owned()), 1, Vec::new());
        assert_eq!(check(said), EventAttributes { name, version, upcast });
        let (name, version, upcast) = (None, 1, Vec::new());
        let nothing = parse_quote!(#[event(aggregate = "order")]);
        assert_eq!(check(nothing), EventAttributes { name, version, upcast });
    }
}
