//! What `#[event(…)]` says on a struct and on its fields, as it is written.

use darling::{
    Error, FromDeriveInput, FromField, FromMeta, Result,
    ast::NestedMeta,
    util::{Flag, SpannedValue},
};
use syn::{Attribute, Expr, Ident, Meta, Path, Type, ext::IdentExt as _, spanned::Spanned as _};

/// What is said of the event.
#[derive(Debug, FromDeriveInput)]
#[darling(attributes(event))]
pub(crate) struct EventAttributes {
    pub(crate) name: Option<SpannedValue<String>>,
    pub(crate) version: Option<SpannedValue<u16>>,
    pub(crate) aggregate: Option<SpannedValue<String>>,
    pub(crate) id: Option<SpannedValue<String>>,
    #[darling(default)]
    pub(crate) audience: AudienceAttribute,
    #[darling(default)]
    pub(crate) upcast: UpcastAttribute,
}

/// Who may see the event; nobody unless something is said.
#[derive(Debug, Default, FromMeta)]
#[darling(from_word = || Ok(AudienceAttribute::default()))]
pub(crate) struct AudienceAttribute {
    pub(crate) workspace: Flag,
    pub(crate) managers: Flag,
    #[darling(multiple, rename = "user")]
    pub(crate) users: Vec<SpannedValue<String>>,
    #[darling(multiple)]
    pub(crate) each: Vec<SpannedValue<String>>,
    #[darling(multiple)]
    pub(crate) each_workspace: Vec<SpannedValue<String>>,
    pub(crate) workspace_if: Option<SpannedValue<String>>,
    pub(crate) otherwise: Option<SpannedValue<String>>,
    pub(crate) operators: Flag,
}

/// The functions that bring data of earlier versions to the next one; none unless something is said.
#[derive(Debug, Default)]
pub(crate) struct UpcastAttribute(pub(crate) Vec<UpcastStep>);

/// `v1 = function`.
#[derive(Debug)]
pub(crate) struct UpcastStep {
    pub(crate) from: Ident,
    pub(crate) function: Path,
}

impl FromMeta for UpcastAttribute {
    fn from_list(items: &[NestedMeta]) -> Result<Self> {
        let mut errors = Error::accumulator();
        let steps = items.iter().filter_map(|item| errors.handle(UpcastStep::read(item))).collect();
        errors.finish_with(Self(steps))
    }
}

impl UpcastStep {
    fn read(item: &NestedMeta) -> Result<Self> {
        if let NestedMeta::Meta(Meta::NameValue(pair)) = item
            && let (Some(from), Expr::Path(function)) = (pair.path.get_ident(), &pair.value)
        {
            return Ok(Self { from: from.clone(), function: function.path.clone() });
        }
        let message = "an upcaster is like v1 = function: what turns data of version 1 into those of version 2";
        Err(Error::custom(message).with_span(&item.span()))
    }
}

/// What is said of a field.
#[derive(Debug, Clone, FromField)]
#[darling(attributes(event), forward_attrs(serde))]
pub(crate) struct EventField {
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Type,
    /// What is said to serde.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) aggregate_id: Flag,
    pub(crate) workspace_id: Flag,
    /// The field that says whose it is.
    pub(crate) personal: Option<SpannedValue<String>>,
}

impl EventField {
    /// The name in Rust.
    pub(crate) fn ident(&self) -> &Ident {
        self.ident.as_ref().expect("fields are read from structs with named fields only")
    }

    /// The name as attributes say it: `type` for `r#type`.
    pub(crate) fn name(&self) -> String {
        self.ident().unraw().to_string()
    }

    /// The one of `fields` that bears the `mark`; on a second one it is an error, because of what the first is `already`.
    pub(crate) fn marked(
        fields: &[Self],
        mark: fn(&Self) -> Flag,
        already: &str,
    ) -> Result<Option<Self>> {
        let mut errors = Error::accumulator();
        let mut first: Option<&Self> = None;
        for field in fields.iter().filter(|field| mark(field).is_present()) {
            if let Some(first) = first {
                let message = format!("`{}` {already}", first.name());
                errors.push(Error::custom(message).with_span(&mark(field).span()));
            } else {
                first = Some(field);
            }
        }
        errors.finish_with(first.cloned())
    }

    /// The one of `fields` whose name stands in `text`.
    pub(crate) fn named(name: &str, text: &SpannedValue<String>, fields: &[Self]) -> Result<Self> {
        fields.iter().find(|field| field.name() == name).cloned().ok_or_else(|| {
            let names: Vec<String> = fields.iter().map(Self::name).collect();
            Error::unknown_field_with_alts(name, &names).with_span(&text.span())
        })
    }
}
