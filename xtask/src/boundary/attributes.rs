//! What attributes say.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than the rules ask for"
)]

use syn::{
    Attribute, Expr, ExprLit, Fields, ImplItem, Item, Lit, Meta, MetaList, Token, TraitItem,
    ext::IdentExt as _, punctuated::Punctuated,
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

/// What `#[event(…)]` says of an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct EventAttributes {
    /// The type, if it is given.
    pub(crate) name: Option<String>,
    pub(crate) version: u64,
    /// The earlier versions of which the data are brought to the next one.
    pub(crate) upcast: Vec<u64>,
    /// What kind of thing it happens to.
    pub(crate) aggregate: Option<String>,
    /// What the aggregate is identified by, where that is made of several fields.
    pub(crate) id: Option<String>,
    /// Who may see it, in the order in which it is said.
    pub(crate) audience: Vec<Viewers>,
}

/// Some of those who may see an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Viewers {
    /// The members of its workspace.
    Workspace,
    /// The owner and the admins of its workspace.
    Managers,
    /// The person whom a field names.
    User(String),
    /// Everybody whom a field names.
    Each(String),
    /// The members of every workspace that a field names.
    EachWorkspace(String),
    /// The members of its workspace where the first field is true; otherwise the person whom the second names.
    WorkspaceIf(String, String),
    /// Those who run the installation.
    Operators,
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
    let mut event = EventAttributes { version: 1, ..EventAttributes::default() };
    for meta in attributes.iter().flat_map(|attribute| event_parts(&attribute.meta)) {
        match meta {
            Meta::NameValue(_) if meta.path().is_ident("name") => event.name = text(&meta),
            Meta::NameValue(_) if meta.path().is_ident("aggregate") => {
                event.aggregate = text(&meta);
            }
            Meta::NameValue(_) if meta.path().is_ident("id") => event.id = text(&meta),
            Meta::NameValue(pair) => match pair.value {
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
            Meta::List(list) if list.path.is_ident("audience") => {
                event.audience.extend(audience(&parts(&list)));
            }
            _ => {}
        }
    }
    event
}

/// Who may see an event: `workspace, user = "user_id"`, or `workspace_if = "is_public", otherwise = "user_id"`.
fn audience(said: &[Meta]) -> Vec<Viewers> {
    let otherwise = said.iter().filter(|meta| meta.path().is_ident("otherwise")).find_map(text);
    let viewers = said.iter().filter_map(|meta| {
        let word = meta.path().get_ident()?.to_string();
        Some(match word.as_str() {
            "workspace" => Viewers::Workspace,
            "managers" => Viewers::Managers,
            "operators" => Viewers::Operators,
            "user" => Viewers::User(text(meta)?),
            "each" => Viewers::Each(text(meta)?),
            "each_workspace" => Viewers::EachWorkspace(text(meta)?),
            "workspace_if" => Viewers::WorkspaceIf(text(meta)?, otherwise.clone()?),
            _ => return None,
        })
    });
    viewers.collect()
}

/// The text in `name = "text"`.
fn text(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The field that is marked as the id of the aggregate.
pub(crate) fn aggregate_id(fields: &Fields) -> Option<String> {
    let is_mark = |meta: &Meta| meta.path().is_ident("aggregate_id");
    let is_marked = |field: &&syn::Field| {
        let mut parts = field.attrs.iter().flat_map(|attribute| event_parts(&attribute.meta));
        parts.any(|meta| is_mark(&meta))
    };
    Some(fields.iter().find(is_marked)?.ident.as_ref()?.unraw().to_string())
}

/// What documentation says, line by line, as it is written.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let lines: Vec<String> = lines.filter_map(|attribute| text(&attribute.meta)).collect();
    let line = |line: &String| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned();
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
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
        let EventAttributes { name, version, upcast, .. } = check(said);
        assert_eq!((name.as_deref(), version, upcast), (Some("a.b"), 3, vec![1, 2]));
        let said =
            parse_quote!(#[cfg_attr(all(), derive(Debug), cfg_attr(all(), event(name = "a.b")))]);
        assert_eq!(check(said).name.as_deref(), Some("a.b"));
        let nothing = parse_quote!(#[event(aggregate = "order")]);
        let aggregate = Some("order".to_owned());
        let expected = EventAttributes { version: 1, aggregate, ..EventAttributes::default() };
        assert_eq!(check(nothing), expected);
    }

    #[test]
    fn who_may_see_an_event_is_read() {
        let said = event(&[parse_quote!(#[event(aggregate = "order", audience(
            managers, user = "buyer_id", workspace_if = "is_open", otherwise = "seller_id"
        ))])]);
        let field = str::to_owned;
        let viewers = [
            Viewers::Managers,
            Viewers::User(field("buyer_id")),
            Viewers::WorkspaceIf(field("is_open"), field("seller_id")),
        ];
        assert_eq!(said.audience, viewers);
    }

    #[test]
    fn the_id_of_an_aggregate_is_a_field_that_is_marked() {
        let order: syn::ItemStruct = parse_quote! {
            struct Placed { workspace: u8, #[event(aggregate_id)] r#type: u8 }
        };
        assert_eq!(aggregate_id(&order.fields).as_deref(), Some("type"));
    }

    #[test]
    fn documentation_keeps_its_lines() {
        let order: syn::ItemStruct = parse_quote! {
            /// An order.
            ///
            ///     of an example
            #[derive(Debug)]
            struct Order;
        };
        assert_eq!(documentation(&order.attrs), "An order.\n\n    of an example");
    }
}
