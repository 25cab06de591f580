//! What the source of a crate says, before any rule judges it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    attributes::EventAttributes,
    declared::{Constant, Declared, DeclaredType, Function},
    report::Place,
    scope::Scope,
    sql_source::{Definition, Definitions, Text},
};

/// The path of a module from the root of its compilation unit; empty for the root itself.
pub(crate) type ModulePath = Vec<String>;

/// One file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Relative to the root of the workspace.
    pub(crate) path: Arc<str>,
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
    /// What its files say, one by one; shared with what was read of them before.
    pub(crate) fragments: Vec<Arc<Fragment>>,
    /// What is amiss between the files.
    pub(crate) oddities: Vec<Oddity>,
    pub(crate) modules: BTreeMap<ModulePath, Module>,
    /// Every `macro_rules!`, for statements that are composed by one.
    pub(crate) definitions: Definitions,
    /// Other names of the crate for itself (`extern crate self as …`).
    pub(crate) own_names: BTreeSet<String>,
    /// What the product builds, by the last name of its path.
    pub(crate) built: BTreeMap<String, Vec<(usize, usize)>>,
    /// The names that imports give to things, by the names those have.
    pub(crate) renames: BTreeMap<String, BTreeSet<String>>,
}

/// What one file says.
#[derive(Debug)]
pub(crate) struct Fragment {
    pub(crate) file: Arc<SourceFile>,
    pub(crate) modules: BTreeMap<ModulePath, Module>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) events: Vec<EventStruct>,
    /// Names listed in a `catalogue!` of the product.
    pub(crate) catalogued: Vec<String>,
    /// What the product builds: structs by their fields, variants and tuples by a call.
    pub(crate) built: Vec<Mention>,
    /// The events of which handlers of the product want to be told.
    pub(crate) awaited: Vec<Mention>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) definitions: Vec<(String, Definition)>,
    /// Macros that compose paths of what they are called with, each perhaps only through another.
    pub(crate) composers: BTreeSet<(String, Option<String>)>,
    /// Calls of macros, with the names that stand alone in them.
    pub(crate) calls: Vec<Call>,
    /// What `#[macro_export]` lifts to the root, with the module that defines it.
    pub(crate) macros: Vec<ExportedMacro>,
    pub(crate) oddities: Vec<Oddity>,
    pub(crate) exports: Vec<Export>,
    pub(crate) own_names: BTreeSet<String>,
    /// The modules it points to.
    pub(crate) out_of_line: Vec<OutOfLine>,
    /// What the product declares, where that is asked for its documentation.
    pub(crate) declared: Declared,
}

/// A module whose source is in a file of its own.
#[derive(Debug, Clone)]
pub(crate) struct OutOfLine {
    pub(crate) path: ModulePath,
    /// The modules around it that are written in the same file.
    pub(crate) inline: Vec<String>,
    pub(crate) at: At,
}

/// The names that a module brings into scope.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Module {
    /// What a name may stand for: several things where functions or conditions import it differently.
    pub(crate) imports: BTreeMap<String, Vec<Name>>,
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
    /// A path that a macro completes by what it is called with.
    Completed,
    /// What a relative path in a macro definition may mean where the macro is called.
    Elsewhere,
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
    pub(crate) file: Arc<SourceFile>,
    pub(crate) module: Arc<ModulePath>,
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
    pub(crate) texts: Vec<Text>,
    pub(crate) at: At,
}

/// The engine for which a statement is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Both,
    Sqlite,
    Postgres,
}

/// A call of a macro.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// The names that stand alone, as a crate may whose name is handed on.
    pub(crate) handed: Vec<Mention>,
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
    /// `#[macro_use] extern crate`.
    MacroUse,
    /// `#[macro_use]` on a module of the root, or a macro that the root defines: the macro is in every layer.
    MacroOfAllLayers,
    /// A macro that is called where the export list stands.
    MacroInExports,
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
    /// Puts together what the files say.
    pub(crate) fn new(
        is_library: bool,
        fragments: Vec<Arc<Fragment>>,
        oddities: Vec<Oddity>,
    ) -> Self {
        let mut unit = Self {
            is_library,
            fragments: Vec::new(),
            oddities,
            modules: BTreeMap::new(),
            definitions: Definitions::new(),
            own_names: BTreeSet::new(),
            built: BTreeMap::new(),
            renames: BTreeMap::new(),
        };
        for (index, fragment) in fragments.iter().enumerate() {
            for (path, module) in &fragment.modules {
                unit.modules.entry(path.clone()).or_default().extend(module);
                unit.note_renames(module);
            }
            for (position, mention) in fragment.built.iter().enumerate() {
                if let Some(last) = mention.name.segments.last() {
                    unit.built.entry(last.clone()).or_default().push((index, position));
                }
            }
            for (name, definition) in &fragment.definitions {
                unit.definitions.entry(name.clone()).or_default().push(definition.clone());
            }
            unit.own_names.extend(fragment.own_names.iter().cloned());
        }
        Self { fragments, ..unit }
    }

    fn note_renames(&mut self, module: &Module) {
        for (local, names) in &module.imports {
            for last in names.iter().filter_map(|name| name.segments.last()) {
                if last != local {
                    self.renames.entry(last.clone()).or_default().insert(local.clone());
                }
            }
        }
    }

    /// Whether every name means the same in both.
    pub(crate) fn means_the_same(&self, other: &Self) -> bool {
        let macros = |unit: &Self| -> Vec<(String, Arc<ModulePath>)> {
            let macros = unit.macros();
            macros.map(|known| (known.name.clone(), Arc::clone(&known.at.module))).collect()
        };
        self.is_library == other.is_library
            && self.own_names == other.own_names
            && self.modules == other.modules
            && self.definitions == other.definitions
            && macros(self) == macros(other)
    }

    /// What the product builds under a name, or under another that an import gives it.
    pub(crate) fn built(&self, ident: &str) -> Vec<&Mention> {
        let renames = self.renames.get(ident).into_iter().flatten().map(String::as_str);
        let places = renames.chain([ident]).filter_map(|name| self.built.get(name)).flatten();
        let found = places
            .filter_map(|(fragment, position)| self.fragments.get(*fragment)?.built.get(*position));
        found.collect()
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.fragments.iter().map(|fragment| fragment.file.as_ref())
    }

    pub(crate) fn mentions(&self) -> impl Iterator<Item = &Mention> {
        self.fragments.iter().flat_map(|fragment| &fragment.mentions)
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &EventStruct> {
        self.fragments.iter().flat_map(|fragment| &fragment.events)
    }

    pub(crate) fn catalogued(&self) -> impl Iterator<Item = &str> {
        self.fragments.iter().flat_map(|fragment| &fragment.catalogued).map(String::as_str)
    }

    pub(crate) fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.fragments.iter().flat_map(|fragment| &fragment.statements)
    }

    pub(crate) fn macros(&self) -> impl Iterator<Item = &ExportedMacro> {
        self.fragments.iter().flat_map(|fragment| &fragment.macros)
    }

    pub(crate) fn exports(&self) -> impl Iterator<Item = &Export> {
        self.fragments.iter().flat_map(|fragment| &fragment.exports)
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = &DeclaredType> {
        self.fragments.iter().flat_map(|fragment| &fragment.declared.types)
    }

    pub(crate) fn constants(&self) -> impl Iterator<Item = &Constant> {
        self.fragments.iter().flat_map(|fragment| &fragment.declared.constants)
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.fragments.iter().flat_map(|fragment| &fragment.declared.functions)
    }

    pub(crate) fn oddities(&self) -> impl Iterator<Item = &Oddity> {
        let of_files = self.fragments.iter().flat_map(|fragment| &fragment.oddities);
        self.oddities.iter().chain(of_files)
    }
}

impl Fragment {
    pub(crate) fn new(file: Arc<SourceFile>) -> Self {
        Self {
            file,
            modules: BTreeMap::new(),
            mentions: Vec::new(),
            events: Vec::new(),
            catalogued: Vec::new(),
            built: Vec::new(),
            awaited: Vec::new(),
            statements: Vec::new(),
            definitions: Vec::new(),
            composers: BTreeSet::new(),
            calls: Vec::new(),
            macros: Vec::new(),
            oddities: Vec::new(),
            exports: Vec::new(),
            own_names: BTreeSet::new(),
            out_of_line: Vec::new(),
            declared: Declared::default(),
        }
    }

    pub(crate) fn module(&mut self, path: &[String]) -> &mut Module {
        self.modules.entry(path.to_vec()).or_default()
    }
}

impl Module {
    /// Notes that `local` may stand for `name`.
    pub(crate) fn import(&mut self, local: String, name: Name) {
        let names = self.imports.entry(local).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }

    fn extend(&mut self, other: &Self) {
        for (local, names) in &other.imports {
            for name in names {
                self.import(local.clone(), name.clone());
            }
        }
        self.globs.extend(other.globs.iter().cloned());
        self.declared.extend(other.declared.iter().cloned());
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
