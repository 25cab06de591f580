//! Notes what a file says of macros: those that it defines, and those that it calls.

use std::mem;

use proc_macro2::TokenStream;
use syn::{Ident, ItemMacro, ext::IdentExt as _, spanned::Spanned as _};

use super::{
    attributes,
    collector::Collector,
    source::{ExportedMacro, OddityKind, Statement},
    sql_source, tokens,
};

impl Collector {
    /// Notes a macro that is defined or called where items stand.
    pub(crate) fn note_macro(&mut self, item: &ItemMacro) {
        let exported =
            item.attrs.iter().any(|attribute| attributes::says(&attribute.meta, "macro_export"));
        if let Some(ident) = &item.ident {
            let name = ident.unraw().to_string();
            let definition = sql_source::definition(item.mac.tokens.clone());
            self.fragment.definitions.push((name, definition));
            if exported {
                self.export_macro(ident);
            }
            if self.is_root {
                self.oddity(OddityKind::MacroOfAllLayers, ident.span());
            }
        } else if self.is_root {
            self.oddity(OddityKind::MacroInExports, item.mac.path.span());
        }
    }

    /// Visits the arguments of a macro, of which some are patterns that build nothing.
    pub(crate) fn inside(&mut self, name: &Ident, body: impl FnOnce(&mut Self)) {
        let is_pattern = name.to_string().ends_with("matches");
        let outer = self.in_pattern;
        self.in_pattern |= is_pattern;
        body(self);
        self.in_pattern = outer;
    }

    /// Notes that other crates can call a macro.
    pub(crate) fn export_macro(&mut self, ident: &Ident) {
        let at = self.at(ident.span(), ident.span());
        let name = ident.unraw().to_string();
        self.fragment.macros.push(ExportedMacro { name, at });
    }

    /// Visits a `macro_rules!`, where it is one.
    pub(crate) fn defining(&mut self, name: Option<String>, body: impl FnOnce(&mut Self)) {
        let name = name.or_else(|| self.definition.clone());
        let outer = mem::replace(&mut self.definition, name);
        body(self);
        self.definition = outer;
    }

    /// Notes that the macro which is being read makes a path of what it is called with, perhaps through another macro.
    pub(crate) fn composes(&mut self, through: Option<String>) {
        if let Some(name) = &self.definition {
            self.fragment.composers.insert((name.clone(), through));
        }
    }

    /// Notes what macros are called with.
    pub(crate) fn call(&mut self, name: &Ident, arguments: TokenStream) {
        tokens::handed(self, name, arguments.clone());
        match name.to_string().as_str() {
            "sql" => {
                let at = self.at(name.span(), name.span());
                let texts = sql_source::texts(arguments);
                self.fragment.statements.push(Statement { texts, at });
            }
            "catalogue" if self.is_product() => tokens::catalogue(self, arguments),
            "include" => self.oddity(OddityKind::Include, name.span()),
            _ => {}
        }
    }
}
