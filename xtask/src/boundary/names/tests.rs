//! Paths, and what they mean.

use std::sync::Arc;

use super::*;
use crate::boundary::{
    collector,
    loader::Detail,
    report::Place,
    scope::Scope,
    source::{At, SourceFile},
};

fn segments(path: &str) -> Vec<String> {
    path.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

fn file(source: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile {
        path: "src/lib.rs".into(),
        below_root: "lib.rs".into(),
        scope: Scope::Product,
        text: source.to_owned(),
    })
}

fn unit(source: &str) -> Unit {
    let syntax = syn::parse_file(source).unwrap();
    let fragment = collector::collect(file(source), Vec::new(), (true, Detail::Rules), &syntax);
    Unit::new(true, vec![Arc::new(fragment)], Vec::new())
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
    let all = Resolver::new(unit, &surroundings).resolve(mention);
    all.into_iter().map(show).collect::<Vec<_>>().join(" or ")
}

fn show(resolved: Resolved) -> String {
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
        file: file(source),
        module: Arc::new(segments(module)),
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
    let direct = "member accounts Role";
    check("use accounts; mod x { use super::*; }", "x", "accounts::Role", direct);
    check("use db as x;", "", "x::query", "external sqlx query");
    check("use db;", "", "db::query", "external sqlx query");
}

#[test]
fn an_import_does_not_go_through_itself() {
    let unit = unit("use async_trait::async_trait;");
    let mention = unit.mentions().next().unwrap();
    assert_eq!(resolve(&unit, mention), "external async_trait async_trait");
}

#[test]
fn a_name_that_is_imported_twice_may_mean_both() {
    let source = "fn a() { use db as x; } fn b() { use accounts as x; }";
    check(source, "", "x::query", "external sqlx query or member accounts query");
}

#[test]
fn what_a_module_passes_on_by_a_glob_is_found_there() {
    let source = "mod a { mod b { pub use crate::d::*; } } mod d { pub use db::query; }";
    check(source, "", "crate::a::b::query", "external sqlx query");
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
    check(source, "a::b", "self::super::super::d::E", "own d::E");
    check(source, "a", "crate::E", "own d::E");
}
