//! Notes what a file imports.

use std::sync::Arc;

use syn::{
    Ident, ItemExternCrate, ItemUse, UseTree, Visibility, ext::IdentExt as _, spanned::Spanned as _,
};

use super::{
    attributes,
    collector::Collector,
    source::{Form, Name, OddityKind},
};

impl Collector {
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
                let path = Arc::clone(&self.module);
                self.fragment.module(&path).globs.push(prefix.clone());
                self.mention(prefix.clone(), form, glob.span(), glob.span());
            }
        }
    }

    pub(crate) fn import_crate(&mut self, item: &ItemExternCrate) {
        let rename = item.rename.as_ref().map(|(_, ident)| ident.unraw().to_string());
        if item.ident == "self" {
            self.fragment.own_names.extend(rename);
            return;
        }
        if item.attrs.iter().any(|attribute| attributes::says(&attribute.meta, "macro_use")) {
            self.oddity(OddityKind::MacroUse, item.ident.span());
        }
        let name = Name { global: true, segments: vec![item.ident.unraw().to_string()] };
        self.bring(rename.clone(), &name);
        self.mention(name, Form::ExternCrate { rename }, item.ident.span(), item.ident.span());
    }
}

fn leaf_name(prefix: &Name, ident: &Ident) -> Name {
    if ident == "self" { prefix.clone() } else { prefix.then(&[ident.unraw().to_string()]) }
}
