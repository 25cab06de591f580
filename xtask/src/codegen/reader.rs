//! Asks the source: which event a path means, what a constant says, where a thing is declared.

use std::{collections::BTreeMap, sync::Arc};

use syn::{Expr, ExprLit, Lit};

use crate::boundary::{
    config::{Boundaries, Kind},
    declared::{Constant, DeclaredType, Function, Owner},
    events,
    names::{Resolver, Target},
    source::{EventStruct, Name, Unit},
    workspace::{Crate, Workspace},
};

/// The source, with what is looked up in it again and again.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) boundaries: &'a Boundaries,
    /// The product's events by their types.
    events: BTreeMap<String, Known<'a>>,
    /// Their types by crate and Rust name, `orders::OrderPlaced`.
    types: BTreeMap<String, String>,
}

/// An event of the product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) krate: &'a Crate,
    pub(crate) event: &'a EventStruct,
}

/// A unit of the product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) krate: &'a Crate,
    pub(crate) unit: &'a Unit,
    pub(crate) kind: Kind,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(workspace: &'a Workspace, boundaries: &'a Boundaries) -> Self {
        let (events, types) = (BTreeMap::new(), BTreeMap::new());
        let mut reader = Self { workspace, boundaries, events, types };
        for part in reader.parts() {
            let krate = part.krate;
            let product = part.unit.events().filter(|event| !event.at.scope.is_test_code());
            for event in product {
                let event_type = events::type_of(&krate.name, event);
                let name = format!("{}::{}", krate.name, event.ident);
                reader.types.insert(name, event_type.clone());
                reader.events.insert(event_type, Known { krate, event });
            }
        }
        reader
    }

    /// Every library and binary of the product.
    pub(crate) fn parts(&self) -> Vec<Part<'a>> {
        let kind = |krate: &Crate| self.boundaries.rules(&krate.name).map(|rules| rules.kind);
        let parts = self.workspace.crates.iter().flat_map(|krate| {
            let kind = kind(krate).filter(|kind| kind.is_product());
            let units = kind.map(|kind| (kind, &krate.units)).into_iter();
            units.flat_map(move |(kind, units)| {
                units.iter().map(move |unit| Part { krate, unit, kind })
            })
        });
        parts.collect()
    }

    pub(crate) fn event(&self, event_type: &str) -> Option<Known<'a>> {
        self.events.get(event_type).copied()
    }

    /// The type of the event that a path means.
    pub(crate) fn event_at(&self, part: Part<'_>, module: &[String], name: &Name) -> Option<&str> {
        let (krate, path) = match part.meaning(module, name) {
            Target::Own(path) => (part.krate.name.clone(), path),
            Target::Member { krate, item } => (krate, item),
            Target::External { .. } | Target::Unknown => return None,
        };
        self.types.get(&format!("{krate}::{}", path.last()?)).map(String::as_str)
    }
}

impl<'a> Part<'a> {
    pub(crate) fn meaning(self, module: &[String], name: &Name) -> Target {
        Resolver::new(self.unit, &self.krate.surroundings).meaning(module, name)
    }

    /// The full path of something in this unit, if a name means such a thing.
    pub(crate) fn path_of(self, module: &[String], name: &Name) -> Option<Vec<String>> {
        match self.meaning(module, name) {
            Target::Own(path) => Some(path),
            Target::Member { .. } | Target::External { .. } | Target::Unknown => None,
        }
    }

    /// The full path of the type whose `impl` something stands in.
    pub(crate) fn path_of_owner(self, module: &[String], owner: &Owner) -> Option<Vec<String>> {
        self.path_of(module, &owner.name)
    }

    /// Functions within an `impl` of this trait.
    pub(crate) fn functions_of_trait(self, name: &str) -> impl Iterator<Item = &'a Function> {
        let functions = self.unit.functions();
        functions.filter(move |function| function.trait_name() == Some(name))
    }

    /// The function of this name that stands in an `impl` of the same trait for the same type as another.
    pub(crate) fn sibling(self, of: &Function, name: &str) -> Option<&'a Function> {
        let owner = |function: &Function| {
            let owner = function.owner.as_ref()?;
            Some((Arc::clone(&function.at.module), owner.name.clone(), owner.of_trait.clone()))
        };
        let mut functions = self.unit.functions();
        functions.find(|function| function.name == name && owner(function) == owner(of))
    }

    /// The declaration of a type.
    pub(crate) fn declared_type(self, path: &[String]) -> Option<&'a DeclaredType> {
        let (name, module) = path.split_last()?;
        let mut types = self.unit.types();
        types.find(|known| known.name == *name && *known.at.module == *module)
    }

    /// The constant that a path means; `owner` is what `Self` stands for.
    pub(crate) fn constant(
        self,
        (module, owner): (&[String], Option<&Owner>),
        name: &Name,
    ) -> Option<&'a Constant> {
        let free = |module: &[String], name: &str| {
            let mut constants = self.unit.constants();
            constants.find(|known| {
                known.owner.is_none() && known.name == name && *known.at.module == *module
            })
        };
        match name.segments.as_slice() {
            [of, name] if of == "Self" => {
                let of = self.path_of_owner(module, owner?)?;
                self.constant_of(&of, name)
            }
            [name] if free(module, name).is_some() => free(module, name),
            _ => {
                let path = self.path_of(module, name)?;
                let (name, within) = path.split_last()?;
                free(within, name).or_else(|| self.constant_of(within, name))
            }
        }
    }

    /// The constant of this name that belongs to a type.
    pub(crate) fn constant_of(self, ty: &[String], name: &str) -> Option<&'a Constant> {
        let mut constants = self.unit.constants();
        constants.find(|known| {
            known.name == name
                && known.owner.as_ref().is_some_and(|owner| {
                    self.path_of_owner(&known.at.module, owner).as_deref() == Some(ty)
                })
        })
    }

    /// The text that an expression stands for: a literal, or the name of a constant that is one.
    pub(crate) fn text(
        self,
        (module, owner): (&[String], Option<&Owner>),
        value: &Expr,
    ) -> Option<String> {
        if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = value {
            return Some(text.value());
        }
        let Expr::Path(path) = value else { return None };
        let Constant { owner, value, at, .. } =
            self.constant((module, owner), &Name::of(&path.path))?;
        self.text((&at.module, owner.as_ref()), &value.read()?)
    }
}

impl Function {
    /// The trait in whose `impl` it stands.
    pub(crate) fn trait_name(&self) -> Option<&str> {
        self.owner.as_ref()?.of_trait.as_deref()
    }
}
