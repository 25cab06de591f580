//! What the product declares: types, constants and functions, with their documentation and what functions do.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than documentation asks for"
)]

use syn::{
    Attribute, Expr, FnArg, Ident, ImplItem, Item, ItemImpl, ItemTrait, Receiver, ReceiverKind,
    Signature, Stmt, Type, TypePath, Visibility,
    ext::IdentExt as _,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use super::{
    attributes,
    bodies::Body,
    collector::Collector,
    loader::Detail,
    source::{At, Name},
};

/// What the product of a unit declares.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(crate) types: Vec<DeclaredType>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) functions: Vec<Function>,
}

/// A struct, an enum, a trait or another name for a type.
#[derive(Debug)]
pub(crate) struct DeclaredType {
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) at: At,
}

/// Whose `impl` something stands in.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// The type as it is written, without what stands in angle brackets.
    pub(crate) name: Name,
    /// The types in angle brackets.
    pub(crate) of_types: Vec<Name>,
    /// The trait that is implemented, by its own name.
    pub(crate) of_trait: Option<String>,
}

/// A constant, also within an `impl`.
#[derive(Debug)]
pub(crate) struct Constant {
    pub(crate) owner: Option<Owner>,
    pub(crate) name: String,
    pub(crate) value: Code,
    pub(crate) at: At,
}

/// An expression as it is written.
///
/// Its syntax tree can neither leave the thread that read it nor outlive the other trees of that thread.
#[derive(Debug)]
pub(crate) struct Code(String);

impl Code {
    /// The syntax tree of it.
    pub(crate) fn read(&self) -> Option<Expr> {
        syn::parse_str(&self.0).ok()
    }
}

/// How a function takes what it is a method of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TakesSelf {
    /// It is no method.
    No,
    /// As `&self`.
    Shared,
    /// As `self`, `&mut self` and the like.
    Alone,
}

/// A function, also within an `impl`.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) owner: Option<Owner>,
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) is_public: bool,
    pub(crate) is_async: bool,
    pub(crate) takes_self: TakesSelf,
    /// Whether another of its parameters is `&mut`.
    pub(crate) changes_something: bool,
    /// For each other parameter, the types that it is made of.
    pub(crate) takes: Vec<Vec<Name>>,
    /// What it returns where it does nothing else.
    pub(crate) value: Option<Code>,
    pub(crate) body: Body,
    pub(crate) at: At,
}

impl Owner {
    /// Whose `impl` this is, if it is that of a type with a name.
    pub(crate) fn of(item: &ItemImpl) -> Option<Self> {
        let Type::Path(TypePath { path, .. }) = &*item.self_ty else { return None };
        let last = |path: &syn::Path| Some(path.segments.last()?.ident.unraw().to_string());
        let of_trait = item.trait_.as_ref().and_then(|(path, _)| last(path));
        let of_types = Types::within(&item.self_ty).split_off(1);
        Some(Self { name: Name::of(path), of_types, of_trait })
    }
}

impl Name {
    /// A path without what stands in angle brackets.
    pub(crate) fn of(path: &syn::Path) -> Self {
        let segments = path.segments.iter().map(|segment| segment.ident.unraw().to_string());
        Self { global: path.leading_colon.is_some(), segments: segments.collect() }
    }
}

impl Collector {
    /// Notes what an item declares.
    pub(crate) fn remember(&mut self, item: &Item) {
        if !self.is_documented() {
            return;
        }
        match item {
            Item::Struct(syn::ItemStruct { ident, attrs, .. })
            | Item::Enum(syn::ItemEnum { ident, attrs, .. })
            | Item::Trait(ItemTrait { ident, attrs, .. })
            | Item::Type(syn::ItemType { ident, attrs, .. }) => self.declared_type(ident, attrs),
            Item::Const(item) => self.constant(&item.ident, &item.expr),
            Item::Fn(item) => self.function((&item.sig, &item.vis), &item.attrs, &item.block),
            _ => {}
        }
    }

    /// Notes what an item of an `impl` declares.
    pub(crate) fn remember_member(&mut self, item: &ImplItem) {
        if !self.is_documented() {
            return;
        }
        match item {
            ImplItem::Const(item) => self.constant(&item.ident, &item.expr),
            ImplItem::Fn(item) => self.function((&item.sig, &item.vis), &item.attrs, &item.block),
            _ => {}
        }
    }

    fn is_documented(&self) -> bool {
        self.is_product() && self.detail == Detail::Documentation
    }

    fn code(&self, value: &Expr) -> Code {
        let text = &self.fragment.file.text;
        Code(text.get(value.span().byte_range()).unwrap_or_default().to_owned())
    }

    fn declared_type(&mut self, ident: &Ident, attributes: &[Attribute]) {
        let at = self.at(ident.span(), ident.span());
        let docs = attributes::documentation(attributes);
        let name = ident.unraw().to_string();
        self.fragment.declared.types.push(DeclaredType { name, docs, at });
    }

    fn constant(&mut self, ident: &Ident, value: &Expr) {
        let at = self.at(ident.span(), ident.span());
        let (owner, name) = (self.owner.clone(), ident.unraw().to_string());
        let value = self.code(value);
        self.fragment.declared.constants.push(Constant { owner, name, value, at });
    }

    fn function(
        &mut self,
        (signature, visibility): (&Signature, &Visibility),
        attributes: &[Attribute],
        block: &syn::Block,
    ) {
        let at = self.at(signature.ident.span(), signature.ident.span());
        let takes = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some(Types::within(&typed.ty)),
        });
        let function = Function {
            owner: self.owner.clone(),
            name: signature.ident.unraw().to_string(),
            docs: attributes::documentation(attributes),
            is_public: matches!(visibility, Visibility::Public(_)),
            is_async: signature.asyncness.is_some(),
            takes_self: signature.receiver().map_or(TakesSelf::No, TakesSelf::of),
            changes_something: signature.inputs.iter().any(is_exclusive),
            takes: takes.collect(),
            value: match block.stmts.as_slice() {
                [Stmt::Expr(value, None)] => Some(self.code(value)),
                _ => None,
            },
            body: Body::of(&signature.inputs, block),
            at,
        };
        self.fragment.declared.functions.push(function);
    }
}

impl TakesSelf {
    fn of(receiver: &Receiver) -> Self {
        match receiver.kind {
            ReceiverKind::Reference(_, _, None) => Self::Shared,
            _ => Self::Alone,
        }
    }
}

fn is_exclusive(input: &FnArg) -> bool {
    let FnArg::Typed(typed) = input else { return false };
    matches!(&*typed.ty, Type::Reference(reference) if reference.mutability.is_some())
}

/// The names of the types that a type is made of.
#[derive(Default)]
struct Types(Vec<Name>);

impl Types {
    fn within(ty: &Type) -> Vec<Name> {
        let mut types = Self::default();
        types.visit_type(ty);
        types.0
    }
}

impl<'ast> Visit<'ast> for Types {
    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        self.0.push(Name::of(&ty.path));
        visit::visit_type_path(self, ty);
    }
}
