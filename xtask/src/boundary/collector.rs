//! Walks the syntax tree of one file and notes what the rules want to know.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than the rules ask for"
)]

use std::{mem, rc::Rc};

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Field, Fields, File, Ident, ImplItem, Item, ItemExternCrate, ItemImpl, ItemMacro,
    ItemMod, ItemType, ItemUse, LitStr, Local, Macro, Meta, TraitItem, Type, UseTree, Visibility,
    ext::IdentExt as _,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use super::{
    attributes,
    declared::Owner,
    exports,
    report::Place,
    scope::{self, Scope},
    source::{
        At, EventStruct, ExportedMacro, Form, Mention, ModulePath, Name, Oddity, OddityKind,
        Statement, Unit,
    },
    tokens,
};

/// A module whose source is in a file of its own.
#[derive(Debug)]
pub(crate) struct OutOfLine {
    pub(crate) path: ModulePath,
    /// The modules around it that are written in the same file.
    pub(crate) inline: Vec<String>,
    pub(crate) at: At,
}

/// Notes everything in `file`, the source of `module`, and returns the modules it points to.
pub(crate) fn collect(
    unit: &mut Unit,
    file: usize,
    module: ModulePath,
    scope: Scope,
    syntax: &File,
) -> Vec<OutOfLine> {
    unit.module(&module);
    let is_root = unit.is_library && module.is_empty();
    let depth = module.len();
    let mut collector = Collector {
        unit,
        file,
        depth,
        module: Rc::new(module),
        scope,
        in_attribute: false,
        owner: None,
        out_of_line: Vec::new(),
    };
    if is_root {
        let found = exports::of_root(syntax, &collector);
        collector.unit.exports.extend(found);
    }
    collector.within(&syntax.attrs, |this| visit::visit_file(this, syntax));
    collector.out_of_line
}

/// The state of a walk.
#[derive(Debug)]
pub(crate) struct Collector<'a> {
    pub(crate) unit: &'a mut Unit,
    file: usize,
    depth: usize,
    module: Rc<ModulePath>,
    scope: Scope,
    /// Inside an attribute, where texts may be paths and derives are seen in the syntax tree.
    pub(crate) in_attribute: bool,
    /// Inside an `impl`.
    pub(crate) owner: Option<Owner>,
    out_of_line: Vec<OutOfLine>,
}

impl Collector<'_> {
    /// Where the source between two spans stands.
    pub(crate) fn at(&self, from: Span, to: Span) -> At {
        let (start, end) = (from.start(), to.end());
        let width =
            if start.line == end.line { end.column.saturating_sub(start.column) } else { 1 };
        let path = &self.unit.files[self.file].path;
        At {
            place: Place::new(path, start.line, start.column + 1, width),
            file: self.file,
            module: Rc::clone(&self.module),
            scope: self.scope,
        }
    }

    pub(crate) fn mention(&mut self, name: Name, form: Form, from: Span, to: Span) {
        let at = self.at(from, to);
        self.unit.mentions.push(Mention { name, form, at });
    }

    pub(crate) fn oddity(&mut self, kind: OddityKind, span: Span) {
        let at = self.at(span, span);
        self.unit.oddities.push(Oddity { kind, at });
    }

    pub(crate) fn is_product(&self) -> bool {
        self.scope == Scope::Product
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

    /// Notes an import, wherever it is written: inside functions it counts for the module.
    pub(crate) fn import(&mut self, item: &ItemUse) {
        let visible = !matches!(item.vis, Visibility::Inherited);
        let global = item.leading_colon.is_some();
        self.import_tree(&item.tree, &Name { global, segments: Vec::new() }, visible);
    }

    fn import_tree(&mut self, tree: &UseTree, prefix: &Name, visible: bool) {
        match tree {
            UseTree::Path(path) => {
                let prefix = prefix.then(&[path.ident.unraw().to_string()]);
                self.import_tree(&path.tree, &prefix, visible);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import_tree(tree, prefix, visible);
                }
            }
            UseTree::Name(leaf) => {
                let name = leaf_name(prefix, &leaf.ident);
                let form = Form::Use { rename: None, glob: false, visible };
                self.bring(name.segments.last().cloned(), &name);
                self.mention(name, form, leaf.ident.span(), leaf.ident.span());
            }
            UseTree::Rename(leaf) => {
                let name = leaf_name(prefix, &leaf.ident);
                let rename = leaf.rename.unraw().to_string();
                let form = Form::Use { rename: Some(rename.clone()), glob: false, visible };
                self.bring(Some(rename).filter(|rename| rename != "_"), &name);
                self.mention(name, form, leaf.ident.span(), leaf.rename.span());
            }
            UseTree::Glob(glob) => {
                let form = Form::Use { rename: None, glob: true, visible };
                let path = Rc::clone(&self.module);
                self.unit.module(&path).globs.push(prefix.clone());
                self.mention(prefix.clone(), form, glob.span(), glob.span());
            }
        }
    }

    pub(crate) fn import_crate(&mut self, item: &ItemExternCrate) {
        let rename = item.rename.as_ref().map(|(_, ident)| ident.unraw().to_string());
        if item.ident == "self" {
            self.unit.own_names.extend(rename);
            return;
        }
        let name = Name { global: true, segments: vec![item.ident.unraw().to_string()] };
        self.bring(rename.clone(), &name);
        self.mention(name, Form::ExternCrate { rename }, item.ident.span(), item.ident.span());
    }

    /// Notes that the module can say `local` for `name`.
    fn bring(&mut self, local: Option<String>, name: &Name) {
        let Some(local) = local else { return };
        let path = Rc::clone(&self.module);
        self.unit.module(&path).imports.insert(local, name.clone());
    }

    fn declare(&mut self, ident: &Ident) {
        let path = Rc::clone(&self.module);
        self.unit.module(&path).declared.insert(ident.unraw().to_string());
    }

    fn event(&mut self, ident: &Ident, item: &[Attribute], fields: Option<&Fields>) {
        if attributes::derives(item, "DomainEvent") {
            let says = attributes::event(item);
            let marked = || fields.and_then(attributes::aggregate_id);
            let identified_by = says.id.clone().or_else(marked);
            let at = self.at(ident.span(), ident.span());
            let ident = ident.unraw().to_string();
            self.unit.events.push(EventStruct { ident, says, identified_by, at });
        }
    }
}

fn leaf_name(prefix: &Name, ident: &Ident) -> Name {
    if ident == "self" { prefix.clone() } else { prefix.then(&[ident.unraw().to_string()]) }
}

impl<'ast> Visit<'ast> for Collector<'_> {
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
        let mut path = self.module.as_ref().clone();
        path.push(item.ident.unraw().to_string());
        if item.content.is_some() {
            self.unit.module(&path);
            let outer = mem::replace(&mut self.module, Rc::new(path));
            visit::visit_item_mod(self, item);
            self.module = outer;
        } else {
            visit::visit_item_mod(self, item);
            let at = self.at(item.ident.span(), item.ident.span());
            let inline = path[self.depth..path.len() - 1].to_vec();
            self.out_of_line.push(OutOfLine { path, inline, at });
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
        if let (Type::Path(target), false) = (&*item.ty, matches!(item.vis, Visibility::Inherited))
        {
            self.path(&target.path, Form::Alias);
        }
        visit::visit_item_type(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if let Some((path, _)) = &item.trait_
            && path.segments.last().is_some_and(|segment| segment.ident == "DomainEvent")
        {
            self.oddity(OddityKind::HandWrittenEvent, path.span());
        }
        self.owner = Owner::of(item);
        visit::visit_item_impl(self, item);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        let exported = item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"));
        if let Some(ident) = &item.ident {
            self.unit.definitions.insert(ident.to_string(), item.mac.tokens.clone());
            if exported {
                let at = self.at(ident.span(), ident.span());
                self.unit.macros.push(ExportedMacro { name: ident.to_string(), at });
            }
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.path(path, Form::Path);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if let Some(segment) = call.path.segments.last() {
            self.call(&segment.ident, call.tokens.clone());
        }
        visit::visit_macro(self, call);
    }

    fn visit_token_stream(&mut self, stream: &'ast TokenStream) {
        tokens::walk(self, stream.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        let conditional = attributes::conditional(&attribute.meta);
        let is_path = |meta: &Meta| meta.path().is_ident("path");
        if is_path(&attribute.meta) || conditional.iter().any(is_path) {
            self.oddity(OddityKind::PathAttribute, attribute.path().span());
        }
        let condition = conditional.first().map(scope::of_condition);
        let outer = mem::replace(&mut self.in_attribute, true);
        self.under(condition.unwrap_or_default(), |this| visit::visit_attribute(this, attribute));
        self.in_attribute = outer;
    }
}

impl Collector<'_> {
    fn path(&mut self, path: &syn::Path, form: Form) {
        let global = path.leading_colon.is_some();
        if path.segments.len() < 2 && !global && form == Form::Path {
            return;
        }
        let (Some(first), Some(last)) = (path.segments.first(), path.segments.last()) else {
            return;
        };
        let segments =
            path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
        self.mention(Name { global, segments }, form, first.ident.span(), last.ident.span());
    }

    /// Notes what certain macros are called with.
    pub(crate) fn call(&mut self, name: &Ident, arguments: TokenStream) {
        match name.to_string().as_str() {
            "sql" => {
                let at = self.at(name.span(), name.span());
                self.unit.statements.push(Statement { arguments, at });
            }
            "catalogue" if self.is_product() => tokens::catalogue(self, arguments),
            "include" => self.oddity(OddityKind::Include, name.span()),
            _ => {}
        }
    }

    /// A path in quotes, as in `#[serde(with = "crate::hex")]`.
    pub(crate) fn quoted(&mut self, text: &LitStr) {
        let value = text.value();
        if value.contains("::")
            && let Ok(path) = syn::parse_str::<syn::Path>(&value)
        {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let name = Name { global: path.leading_colon.is_some(), segments };
            self.mention(name, Form::Path, text.span(), text.span());
        }
    }
}
