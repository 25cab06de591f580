//! Resolves a path as it is written to what it means.

use std::collections::BTreeMap;

use super::source::{Form, Mention, Name, Unit};

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Something in the same compilation unit, from its root.
    Own(Vec<String>),
    /// Something in another crate of the workspace; the crate by its package name.
    Member { krate: String, item: Vec<String> },
    /// Something in a crate from elsewhere, by its real name in code.
    External { krate: String, item: Vec<String> },
    /// A variable, a generic parameter, something of the prelude.
    Unknown,
}

/// What a path means, and how much of that an import says already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) target: Target,
    /// Where the path goes through an import: how many segments that has below the crate.
    imported: Option<usize>,
}

impl Resolved {
    /// `false` where an import names the item already, so that it is judged there.
    pub(crate) fn direct(&self) -> bool {
        self.imported.is_none_or(|below_crate| below_crate == 0)
    }

    /// The full path in a crate from elsewhere, and the part of it that an import has named.
    pub(crate) fn foreign_path(&self) -> Option<(String, Option<String>)> {
        let (Target::External { krate, item } | Target::Member { krate, item }) = &self.target
        else {
            return None;
        };
        let join = |item: &[String]| {
            let segments = std::iter::once(krate.replace('-', "_")).chain(item.iter().cloned());
            segments.collect::<Vec<_>>().join("::")
        };
        let imported = self.imported.map(|below_crate| join(&item[..below_crate.min(item.len())]));
        Some((join(item), imported))
    }
}

impl Target {
    fn depth(&self) -> usize {
        match self {
            Self::Own(path) => path.len(),
            Self::Member { item, .. } | Self::External { item, .. } => item.len(),
            Self::Unknown => 0,
        }
    }
}

/// The crates that a unit can name.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// Names in code of its own library.
    pub(crate) own: Vec<String>,
    /// Name in code to package, for crates of the workspace.
    pub(crate) members: BTreeMap<String, String>,
    /// Name in code to real name in code, for all others.
    pub(crate) externals: BTreeMap<String, String>,
}

/// Resolves the paths of one unit.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    unit: &'a Unit,
    surroundings: &'a Surroundings,
}

/// Imports that are being followed, so that none is followed twice.
type Trail<'a> = Vec<(&'a [String], &'a str)>;

/// What was found, and below an import how deep that one reaches.
type Found = (Target, Option<usize>);

impl<'a> Resolver<'a> {
    pub(crate) fn new(unit: &'a Unit, surroundings: &'a Surroundings) -> Self {
        Self { unit, surroundings }
    }

    pub(crate) fn resolve(&self, mention: &'a Mention) -> Resolved {
        let Mention { name, form, at } = mention;
        // An import does not go through itself: `use async_trait::async_trait` names the crate.
        let brought = match form {
            Form::Use { rename: Some(rename), .. } => Some(rename),
            Form::Use { rename: None, .. } => name.segments.last(),
            Form::Path | Form::ExternCrate { .. } | Form::Alias => None,
        };
        let mut trail: Trail<'a> =
            brought.map(|local| (at.module.as_slice(), local.as_str())).into_iter().collect();
        let (target, imported) = self.relative(&at.module, name, &mut trail);
        Resolved { target, imported }
    }

    /// What a path means that is written in this module.
    pub(crate) fn meaning(&self, module: &[String], name: &Name) -> Target {
        self.relative(module, name, &mut Trail::new()).0
    }

    fn relative(&self, module: &[String], name: &Name, trail: &mut Trail<'a>) -> Found {
        let Some((first, rest)) = name.segments.split_first() else {
            return (Target::Unknown, None);
        };
        if name.global {
            return (self.krate(first, rest), None);
        }
        match first.as_str() {
            "crate" => return (self.absolute(rest, trail), None),
            "self" => return (self.absolute(&[module, rest].concat(), trail), None),
            "super" => {
                let up = name.segments.iter().take_while(|segment| *segment == "super").count();
                let kept = module.len().saturating_sub(up);
                let path = [&module[..kept], &name.segments[up..]].concat();
                return (self.absolute(&path, trail), None);
            }
            _ => {}
        }
        let found = self.in_scope(module, first, rest, trail);
        let krate = self.krate(first, rest);
        match (found, krate) {
            // A function may share its name with a crate and does not hide it.
            (
                Some((Target::External { .. } | Target::Unknown, _)),
                member @ Target::Member { .. },
            ) => (member, None),
            (Some(found), _) => found,
            (None, krate) => (krate, None),
        }
    }

    /// What `first::rest` means if the module itself knows `first`.
    fn in_scope(
        &self,
        module: &[String],
        first: &str,
        rest: &[String],
        trail: &mut Trail<'a>,
    ) -> Option<Found> {
        let (path, scope) = self.unit.modules.get_key_value(module)?;
        if let Some((local, import)) = scope.imports.get_key_value(first)
            && !trail.contains(&(path, local))
        {
            trail.push((path, local));
            let (target, _) = self.relative(path, &import.then(rest), trail);
            trail.pop();
            let below_crate = target.depth().saturating_sub(rest.len());
            return Some((target, Some(below_crate)));
        }
        if scope.declared.contains(first) {
            let path = [module, &[first.to_owned()], rest].concat();
            return Some((self.absolute(&path, trail), None));
        }
        for glob in &scope.globs {
            if trail.contains(&(path, "*")) {
                break;
            }
            trail.push((path, "*"));
            let (target, _) = self.relative(path, glob, trail);
            let found = match target {
                Target::Own(inside) => self.in_scope(&inside, first, rest, trail),
                Target::Member { .. } | Target::External { .. } | Target::Unknown => None,
            };
            trail.pop();
            if let Some((target, _)) = found {
                let depth = target.depth();
                return Some((target, Some(depth)));
            }
        }
        None
    }

    /// Follows a path from the root of the unit, through modules and what they re-export.
    fn absolute(&self, path: &[String], trail: &mut Trail<'a>) -> Target {
        for index in 0..path.len() {
            // `crate::sql!` is the macro even where there is a module of that name.
            let macros = &self.unit.macros;
            if path.len() == 1
                && let Some(exported) = macros.iter().find(|known| known.name == path[0])
            {
                return Target::Own([exported.at.module.as_slice(), path].concat());
            }
            if self.unit.modules.contains_key(&path[..=index]) {
                continue;
            }
            let (module, first, rest) = (&path[..index], &path[index], &path[index + 1..]);
            let Some((module, scope)) = self.unit.modules.get_key_value(module) else { break };
            if let Some((local, import)) = scope.imports.get_key_value(first)
                && !trail.contains(&(module, local))
            {
                trail.push((module, local));
                let (target, _) = self.relative(module, &import.then(rest), trail);
                trail.pop();
                return target;
            }
            break;
        }
        Target::Own(path.to_vec())
    }

    fn krate(&self, name: &str, rest: &[String]) -> Target {
        let Surroundings { own, members, externals } = self.surroundings;
        let is_own = own.iter().any(|known| known == name) || self.unit.own_names.contains(name);
        if is_own && self.unit.is_library {
            self.absolute(rest, &mut Trail::new())
        } else if let Some(krate) = members.get(name) {
            Target::Member { krate: krate.clone(), item: rest.to_vec() }
        } else if let Some(krate) = externals.get(name) {
            Target::External { krate: krate.clone(), item: rest.to_vec() }
        } else {
            Target::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::boundary::{
        collector,
        report::Place,
        scope::Scope,
        source::{At, SourceFile},
    };

    fn segments(path: &str) -> Vec<String> {
        path.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
    }

    fn unit(source: &str) -> Unit {
        let mut unit = Unit::new(true);
        unit.files.push(SourceFile {
            path: "src/lib.rs".into(),
            below_root: "lib.rs".into(),
            scope: Scope::Product,
            text: source.to_owned(),
        });
        let syntax = syn::parse_file(source).unwrap();
        collector::collect(&mut unit, 0, Vec::new(), Scope::Product, &syntax);
        unit
    }

    fn resolve(unit: &Unit, mention: &Mention) -> String {
        let known = |names: &[(&str, &str)]| {
            names.iter().map(|(local, real)| ((*local).to_owned(), (*real).to_owned())).collect()
        };
        let surroundings = Surroundings {
            own: vec!["orders".into()],
            members: known(&[("accounts", "accounts")]),
            externals: known(&[("std", "std"), ("db", "sqlx"), ("async_trait", "async_trait")]),
        };
        let resolved = Resolver::new(unit, &surroundings).resolve(mention);
        let direct = resolved.direct();
        let shown = match resolved.target {
            Target::Own(path) => format!("own {}", path.join("::")),
            Target::Member { krate, item } => format!("member {krate} {}", item.join("::")),
            Target::External { krate, item } => format!("external {krate} {}", item.join("::")),
            Target::Unknown => "unknown".to_owned(),
        };
        format!("{shown}{}", if direct { "" } else { ", imported" })
    }

    fn check(source: &str, module: &str, path: &str, expected: &str) {
        let at = At {
            place: Place::new(&"src/lib.rs".into(), 1, 1, 1),
            file: 0,
            module: Rc::new(segments(module)),
            scope: Scope::Product,
        };
        let mention = Mention { name: Name::new(segments(path)), form: Form::Path, at };
        assert_eq!(resolve(&unit(source), &mention), expected, "{path} in {source}");
    }

    #[test]
    fn crates_are_known_by_their_names_in_code() {
        check("", "", "accounts::Role", "member accounts Role");
        check("", "", "db::query", "external sqlx query");
        check("extern crate self as me;", "", "me::domain", "own domain");
        check("", "", "orders::domain", "own domain");
        check("", "", "T::Item", "unknown");
    }

    #[test]
    fn modules_of_one_s_own_hide_crates_where_they_are_in_scope() {
        let role = "accounts::Role";
        check("mod accounts { pub struct Role; }", "", role, "own accounts::Role");
        check("mod a { mod accounts {} }", "", role, "member accounts Role");
        let imported = "use crate::a::accounts; mod a { pub mod accounts {} }";
        check(imported, "", role, "own a::accounts::Role, imported");
    }

    #[test]
    fn a_function_of_the_same_name_hides_no_crate() {
        check("fn accounts() {}", "", "accounts::Role", "member accounts Role");
        check("use std::convert::accounts;", "", "accounts::Role", "member accounts Role");
    }

    #[test]
    fn imports_are_followed_and_marked() {
        let imported = "member accounts Role::Owner, imported";
        check("use accounts::Role;", "", "Role::Owner", imported);
        check("use accounts::Role; mod x { use super::*; }", "x", "Role::Owner", imported);
        check("use db as x;", "", "x::query", "external sqlx query");
        check("use db;", "", "db::query", "external sqlx query");
    }

    #[test]
    fn an_import_does_not_go_through_itself() {
        let unit = unit("use async_trait::async_trait;");
        let mention = unit.mentions.first().unwrap();
        assert_eq!(resolve(&unit, mention), "external async_trait async_trait");
    }

    #[test]
    fn an_exported_macro_stands_where_it_is_defined() {
        let source = "pub mod sql { pub use crate::sql; pub struct Db; }
            mod store { #[macro_export] macro_rules! sql { () => {} } }";
        check(source, "store", "crate::sql", "own store::sql");
        check(source, "store", "crate::sql::Db", "own sql::Db");
    }

    #[test]
    fn relative_paths_are_followed_through_re_exports() {
        let source = "mod a { mod b { pub struct C; } } mod d { pub struct E; } pub use d::E;";
        check(source, "a::b", "super::super::d::E", "own d::E");
        check(source, "a::b", "self::C", "own a::b::C");
        check(source, "a", "crate::E", "own d::E");
    }
}
