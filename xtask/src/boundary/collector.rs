//! Walks the syntax tree of one file and notes what the rules want to know.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than the rules ask for"
)]

use std::{mem, sync::Arc};

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Expr, Field, Fields, File, Ident, ImplItem, Item, ItemExternCrate, ItemImpl,
    ItemMacro, ItemMod, ItemType, ItemUse, LitStr, Local, Macro, TraitItem, Type, Visibility,
    ext::IdentExt as _,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use super::{
    attributes,
    declared::Owner,
    exports,
    loader::Detail,
    report::Place,
    scope::{self, Scope},
    source::{
        At, EventStruct, Form, Fragment, Mention, ModulePath, Name, Oddity, OddityKind, OutOfLine,
        SourceFile,
    },
    tokens,
};

/// Notes everything that a file says which is the source of `module`.
pub(crate) fn collect(
    file: Arc<SourceFile>,
    module: ModulePath,
    (is_library, detail): (bool, Detail),
    syntax: &File,
) -> Fragment {
    let is_root = is_library && module.is_empty();
    let scope = file.scope;
    let mut fragment = Fragment::new(file);
    fragment.module(&module);
    let depth = module.len();
    let mut collector = Collector {
        fragment,
        depth,
        module: Arc::new(module),
        scope,
        detail,
        is_root,
        self_type: None,
        definition: None,
        in_pattern: false,
        in_attribute: false,
        owner: None,
    };
    if is_root {
        let found = exports::of_root(syntax, &collector);
        collector.fragment.exports.extend(found);
    }
    collector.within(&syntax.attrs, |this| visit::visit_file(this, syntax));
    collector.fragment
}

/// The state of a walk.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) fragment: Fragment,
    depth: usize,
    pub(crate) module: Arc<ModulePath>,
    scope: Scope,
    pub(super) detail: Detail,
    /// Whether this is the file that lists what a library exports.
    pub(super) is_root: bool,
    /// What `Self` stands for.
    self_type: Option<Name>,
    /// The `macro_rules!` that is being read.
    pub(super) definition: Option<String>,
    /// Inside a macro that compares with a pattern.
    pub(super) in_pattern: bool,
    /// Inside an attribute, where texts may be paths and derives are seen in the syntax tree.
    pub(crate) in_attribute: bool,
    /// Inside an `impl`.
    pub(crate) owner: Option<Owner>,
}

impl Collector {
    /// Where the source between two spans stands.
    pub(crate) fn at(&self, from: Span, to: Span) -> At {
        let (start, end) = (from.start(), to.end());
        let width =
            if start.line == end.line { end.column.saturating_sub(start.column) } else { 1 };
        let file = &self.fragment.file;
        At {
            place: Place::new(&file.path, start.line, start.column + 1, width),
            file: Arc::clone(file),
            module: Arc::clone(&self.module),
            scope: self.scope,
        }
    }

    pub(crate) fn mention(&mut self, name: Name, form: Form, from: Span, to: Span) {
        let at = self.at(from, to);
        // Whoever calls the macro may stand one level below the root.
        let is_up = |segment: &String| matches!(segment.as_str(), "self" | "super");
        if self.definition.is_some() && name.segments.first().is_some_and(is_up) {
            let below = name.segments.iter().skip_while(|segment| is_up(segment)).cloned();
            let segments = std::iter::once("crate".to_owned()).chain(below).collect();
            let (name, at) = (Name::new(segments), at.clone());
            self.fragment.mentions.push(Mention { name, form: Form::Elsewhere, at });
        }
        self.fragment.mentions.push(Mention { name, form, at });
    }

    pub(crate) fn oddity(&mut self, kind: OddityKind, span: Span) {
        let at = self.at(span, span);
        self.fragment.oddities.push(Oddity { kind, at });
    }

    pub(crate) fn is_product(&self) -> bool {
        self.scope == Scope::Product
    }

    /// Notes that something is built, if it is in the product and its name is that of a type.
    pub(crate) fn build(&mut self, name: Name, span: Span) {
        let is_type = |name: &String| {
            let is_well_known = matches!(name.as_str(), "Some" | "None" | "Ok" | "Err" | "Self");
            name.starts_with(|first: char| first.is_ascii_uppercase()) && !is_well_known
        };
        if self.is_product() && !self.in_pattern && name.segments.last().is_some_and(is_type) {
            let at = self.at(span, span);
            self.fragment.built.push(Mention { name, form: Form::Path, at });
        }
    }

    /// Visits something in the builds that its attributes leave over.
    fn within(&mut self, attributes: &[Attribute], body: impl FnOnce(&mut Self)) {
        self.under(scope::of(attributes), body);
    }

    fn under(&mut self, scope: Scope, body: impl FnOnce(&mut Self)) {
        let outer = self.scope;
        self.scope = outer.max(scope);
        body(self);
        self.scope = outer;
    }

    /// Notes that the module can say `local` for `name`.
    pub(crate) fn bring(&mut self, local: Option<String>, name: &Name) {
        let Some(local) = local else { return };
        let path = Arc::clone(&self.module);
        self.fragment.module(&path).import(local, name.clone());
    }

    fn declare(&mut self, ident: &Ident) {
        let path = Arc::clone(&self.module);
        self.fragment.module(&path).declared.insert(ident.unraw().to_string());
    }

    fn event(&mut self, ident: &Ident, item: &[Attribute], fields: Option<&Fields>) {
        if attributes::derives(item, "DomainEvent") {
            let says = attributes::event(item);
            let marked = || fields.and_then(attributes::aggregate_id);
            let identified_by = says.id.clone().or_else(marked);
            let at = self.at(ident.span(), ident.span());
            let ident = ident.unraw().to_string();
            self.fragment.events.push(EventStruct { ident, says, identified_by, at });
        }
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        // What stands within a function is of no `impl`, though the function may be.
        let outer = self.owner.take();
        self.within(attributes::of(item), |this| {
            this.remember(item);
            match item {
                Item::Struct(syn::ItemStruct { ident, attrs, fields, .. }) => {
                    this.declare(ident);
                    this.event(ident, attrs, Some(fields));
                }
                Item::Enum(syn::ItemEnum { ident, attrs, .. }) => {
                    this.declare(ident);
                    this.event(ident, attrs, None);
                }
                Item::Union(syn::ItemUnion { ident, .. })
                | Item::Trait(syn::ItemTrait { ident, .. })
                | Item::TraitAlias(syn::ItemTraitAlias { ident, .. })
                | Item::Type(ItemType { ident, .. })
                | Item::Mod(ItemMod { ident, .. }) => this.declare(ident),
                _ => {}
            }
            visit::visit_item(this, item);
        });
        self.owner = outer;
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        self.within(attributes::of_impl(item), |this| {
            this.remember_member(item);
            visit::visit_impl_item(this, item);
        });
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        self.within(attributes::of_trait(item), |this| visit::visit_trait_item(this, item));
    }

    fn visit_field(&mut self, field: &'ast Field) {
        self.within(&field.attrs, |this| visit::visit_field(this, field));
    }

    fn visit_local(&mut self, local: &'ast Local) {
        self.within(&local.attrs, |this| visit::visit_local(this, local));
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let is_shared = |attribute: &Attribute| attributes::says(&attribute.meta, "macro_use");
        if self.is_root && self.module.is_empty() && item.attrs.iter().any(is_shared) {
            self.oddity(OddityKind::MacroOfAllLayers, item.ident.span());
        }
        let mut path = self.module.as_ref().clone();
        path.push(item.ident.unraw().to_string());
        if item.content.is_some() {
            self.fragment.module(&path);
            let outer = mem::replace(&mut self.module, Arc::new(path));
            visit::visit_item_mod(self, item);
            self.module = outer;
        } else {
            visit::visit_item_mod(self, item);
            let at = self.at(item.ident.span(), item.ident.span());
            let inline = path[self.depth..path.len() - 1].to_vec();
            self.fragment.out_of_line.push(OutOfLine { path, inline, at });
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(item);
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
    }

    fn visit_item_extern_crate(&mut self, item: &'ast ItemExternCrate) {
        self.import_crate(item);
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.alias(item);
        visit::visit_item_type(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if let Some((path, _)) = &item.trait_
            && path.segments.last().is_some_and(|segment| segment.ident == "DomainEvent")
        {
            self.oddity(OddityKind::HandWrittenEvent, path.span());
        }
        self.owner = Owner::of(item);
        let itself = match &*item.self_ty {
            Type::Path(itself) => Some(Name::of(&itself.path)),
            _ => None,
        };
        let outer = mem::replace(&mut self.self_type, itself);
        visit::visit_item_impl(self, item);
        self.self_type = outer;
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        self.note_macro(item);
        let name = item.ident.as_ref().map(|ident| ident.unraw().to_string());
        self.defining(name, |this| visit::visit_item_macro(this, item));
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        match expression {
            Expr::Struct(built) => {
                let itself = self.self_type.clone().filter(|_| built.path.is_ident("Self"));
                let name = itself.unwrap_or_else(|| Name::of(&built.path));
                self.build(name, built.path.span());
            }
            Expr::Path(built) if built.qself.is_none() => {
                self.build(Name::of(&built.path), built.path.span());
                self.subscription(&built.path);
            }
            _ => {}
        }
        visit::visit_expr(self, expression);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.path(path, Form::Path);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if let Some(segment) = call.path.segments.last() {
            self.call(&segment.ident, call.tokens.clone());
            self.inside(&segment.ident, |this| visit::visit_macro(this, call));
        }
    }

    fn visit_token_stream(&mut self, stream: &'ast TokenStream) {
        tokens::walk(self, stream.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        if attributes::says(&attribute.meta, "path") {
            self.oddity(OddityKind::PathAttribute, attribute.path().span());
        }
        let condition = attributes::conditional(&attribute.meta).first().map(scope::of_condition);
        let outer = mem::replace(&mut self.in_attribute, true);
        self.under(condition.unwrap_or_default(), |this| visit::visit_attribute(this, attribute));
        self.in_attribute = outer;
    }
}

impl Collector {
    fn path(&mut self, path: &syn::Path, form: Form) {
        let global = path.leading_colon.is_some();
        if path.segments.len() < 2 && !global && form == Form::Path {
            return;
        }
        let (Some(first), Some(last)) = (path.segments.first(), path.segments.last()) else {
            return;
        };
        self.mention(Name::of(path), form, first.ident.span(), last.ident.span());
    }

    /// Notes what a `type` that others can see stands for.
    pub(crate) fn alias(&mut self, item: &ItemType) {
        if let Type::Path(target) = &*item.ty
            && !matches!(item.vis, Visibility::Inherited)
        {
            self.path(&target.path, Form::Alias);
        }
    }

    /// Notes the event in `Subscription::to::<Event>`.
    fn subscription(&mut self, path: &syn::Path) {
        let mut segments = path.segments.iter().rev();
        let (Some(to), Some(of)) = (segments.next(), segments.next()) else { return };
        if to.ident != "to" || of.ident != "Subscription" || !self.is_product() {
            return;
        }
        if let syn::PathArguments::AngleBracketed(arguments) = &to.arguments
            && let Some(syn::GenericArgument::Type(Type::Path(event))) = arguments.args.first()
        {
            let at = self.at(event.span(), event.span());
            let name = Name::of(&event.path);
            self.fragment.awaited.push(Mention { name, form: Form::Path, at });
        }
    }

    /// A path in quotes, as in `#[serde(with = "crate::hex")]`.
    pub(crate) fn quoted(&mut self, text: &LitStr) {
        let value = text.value();
        if value.contains("::")
            && let Ok(path) = syn::parse_str::<syn::Path>(&value)
        {
            self.mention(Name::of(&path), Form::Path, text.span(), text.span());
        }
    }
}
