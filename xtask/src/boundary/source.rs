//! What the source of a crate says, before any rule judges it.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use proc_macro2::TokenStream;

use super::{attributes::EventAttributes, declared::Declared, report::Place, scope::Scope};

/// The path of a module from the root of its compilation unit; empty for the root itself.
pub(crate) type ModulePath = Vec<String>;

/// One file.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Relative to the root of the workspace.
    pub(crate) path: Rc<str>,
    /// Relative to the folder of the root file of its unit, `domain/order.rs` for example.
    pub(crate) below_root: String,
    /// The builds that contain it.
    pub(crate) scope: Scope,
    pub(crate) text: String,
}

/// What Cargo compiles as one: a library, a binary, an integration test.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) is_library: bool,
    pub(crate) files: Vec<SourceFile>,
    pub(crate) modules: BTreeMap<ModulePath, Module>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) events: Vec<EventStruct>,
    /// Names listed in a `catalogue!` of the product.
    pub(crate) catalogued: Vec<String>,
    pub(crate) statements: Vec<Statement>,
    /// Every `macro_rules!`, for statements that are composed by one.
    pub(crate) definitions: BTreeMap<String, TokenStream>,
    /// What `#[macro_export]` lifts to the root, with the module that defines it.
    pub(crate) macros: Vec<ExportedMacro>,
    pub(crate) oddities: Vec<Oddity>,
    pub(crate) exports: Vec<Export>,
    /// Other names of the crate for itself (`extern crate self as …`).
    pub(crate) own_names: BTreeSet<String>,
    /// What the product declares, for its documentation.
    pub(crate) declared: Declared,
}

/// The names that a module brings into scope.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) imports: BTreeMap<String, Name>,
    pub(crate) globs: Vec<Name>,
    /// Modules and types that it declares.
    pub(crate) declared: BTreeSet<String>,
}

/// A path as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// Whether it begins with `::`.
    pub(crate) global: bool,
    pub(crate) segments: Vec<String>,
}

/// How a path is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// In an expression, a type, an attribute or the tokens of a macro.
    Path,
    Use {
        rename: Option<String>,
        glob: bool,
        /// `pub`, `pub(crate)` and so on.
        visible: bool,
    },
    ExternCrate {
        rename: Option<String>,
    },
    /// The right-hand side of `type A = …` that others can see.
    Alias,
}

/// A path somewhere in the source.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) name: Name,
    pub(crate) form: Form,
    pub(crate) at: At,
}

/// Where in the source something stands.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(crate) place: Place,
    /// Index into [`Unit::files`].
    pub(crate) file: usize,
    pub(crate) module: Rc<ModulePath>,
    pub(crate) scope: Scope,
}

/// A type with `#[derive(DomainEvent)]`.
#[derive(Debug)]
pub(crate) struct EventStruct {
    pub(crate) ident: String,
    pub(crate) says: EventAttributes,
    /// The field that identifies the aggregate, or several as a text like `{a}:{b}`.
    pub(crate) identified_by: Option<String>,
    pub(crate) at: At,
}

/// A `sql!`.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) arguments: TokenStream,
    pub(crate) at: At,
}

/// The engine for which a statement is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Both,
    Sqlite,
    Postgres,
}

/// A macro that is visible to other crates.
#[derive(Debug)]
pub(crate) struct ExportedMacro {
    pub(crate) name: String,
    pub(crate) at: At,
}

/// Something that hides code from the check or from the reader.
#[derive(Debug)]
pub(crate) struct Oddity {
    pub(crate) kind: OddityKind,
    pub(crate) at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OddityKind {
    /// `#[path = "…"]`.
    PathAttribute,
    /// `include!`.
    Include,
    /// `impl DomainEvent for …` written by hand.
    HandWrittenEvent,
    /// `#[derive(DomainEvent)]` in the tokens of a macro.
    EventInMacro,
    /// A file that does not parse, or a module without a file.
    Unreadable(String),
}

/// Something that `lib.rs` makes visible to other crates; a glob goes by the name `*`.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) name: String,
    /// The path behind a `pub use`, as written.
    pub(crate) origin: Name,
    pub(crate) at: At,
}

impl Unit {
    pub(crate) fn new(is_library: bool) -> Self {
        Self {
            is_library,
            files: Vec::new(),
            modules: BTreeMap::new(),
            mentions: Vec::new(),
            events: Vec::new(),
            catalogued: Vec::new(),
            statements: Vec::new(),
            definitions: BTreeMap::new(),
            macros: Vec::new(),
            oddities: Vec::new(),
            exports: Vec::new(),
            own_names: BTreeSet::new(),
            declared: Declared::default(),
        }
    }

    pub(crate) fn module(&mut self, path: &[String]) -> &mut Module {
        self.modules.entry(path.to_vec()).or_default()
    }
}

impl Name {
    pub(crate) fn new(segments: Vec<String>) -> Self {
        Self { global: false, segments }
    }

    /// This name with more segments behind it.
    pub(crate) fn then(&self, rest: &[String]) -> Self {
        let segments = self.segments.iter().chain(rest).cloned().collect();
        Self { global: self.global, segments }
    }
}
