//! Mutants of rule 6: SQL that names tables of another, and SQL that nobody reads.

use super::{
    ground::{Ground, root_of, tests_of},
    plan::{Plan, append, write},
    statements::{self, Statement},
};
use crate::boundary::{
    migrations,
    rules::Rule::{Grants, Tables},
    source::SourceFile,
    workspace::Crate,
};

const FOREIGN: &str = "a table of another context";
const NOBODY: &str = "a table that belongs to nobody";
const SYSTEM: &str = "what belongs to the database system";
const UNREAD: &str = "a statement that nobody reads";
const RAW: &str = "a way around sql!";
const FOREIGN_MIGRATION: &str = "a migration of another context's table";

/// Where statements are planted, and of what.
struct Place<'a> {
    file: &'a SourceFile,
    root: &'a SourceFile,
    /// The path of `sql!`.
    sql: String,
    own: &'a str,
    foreign: &'a str,
}

pub(super) fn plant(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    for here in ground.contexts() {
        everywhere(plan, here);
    }
    let place = ground.contexts().into_iter().find_map(|here| place(ground, here));
    let Some(place) = plan.need("a context with tables", place) else { return };
    let Place { file, sql, own, foreign, .. } = &place;
    for Statement { way, text } in statements::ALL {
        let planted = |table: &str| {
            let text = text.replace("«own»", own).replace("«table»", table);
            append(&file.path, format!("fn planted() {{\n    {sql}!({text});\n}}"))
        };
        plan.add(Tables, FOREIGN, way, [planted(foreign)]);
        // Where nothing hides, the same statement about a table of one's own is fine.
        if statements::is_plain(way) {
            plan.spare(Tables, "a table of its own", way, [planted(own)]);
        }
    }
    for text in statements::OWN {
        let text = text.replace("«own»", own);
        let text = format!("fn planted() {{\n    {sql}!({text});\n}}");
        plan.spare(Tables, "a table of its own", "its own ways", [append(&file.path, text)]);
    }
    composed(plan, &place);
    unread(plan, &place);
    raw(plan, &place);
    migrations(plan);
    let text = format!("fn planted() {{\n    {sql}!(\"SELECT 1 FROM planted\");\n}}");
    plan.add(Tables, NOBODY, "plain SQL", [append(&file.path, text)]);
    for pattern in &ground.field.boundaries.sql.catalogs {
        let name = pattern.replace('*', "x");
        for (way, text) in [
            ("plain SQL", format!("SELECT 1 FROM {name}")),
            ("a function", format!("SELECT {name}(1)")),
            ("a function in FROM", format!("SELECT 1 FROM {name}('{own}')")),
            ("a schema", format!("SELECT 1 FROM {name}.planted")),
            ("a result of its own", format!("WITH {name} AS (SELECT 1) SELECT 1 FROM {name}")),
        ] {
            let text = format!("fn planted() {{\n    {sql}!(\"{text}\");\n}}");
            plan.add(Tables, SYSTEM, way, [append(&file.path, text)]);
        }
    }
    let text = format!(
        "fn planted() {{\n    {sql}!(sqlite: \"PRAGMA table_info({own})\", postgres: \"SELECT 1\");\n}}"
    );
    plan.add(Tables, SYSTEM, "a pragma", [append(&file.path, text)]);
}

fn place<'a>(ground: Ground<'a>, here: &'a Crate) -> Option<Place<'a>> {
    let tables = ground.tables();
    let (_, sql) = ground.core()?;
    let (_, foreign) = tables.iter().find(|(owner, _)| {
        **owner != here.name && ground.find(owner).is_some_and(|owner| ground.is_context(owner))
    })?;
    let layers = ground.layers();
    let mut files = layers.iter().rev().filter_map(|layer| ground.file_in(here, &layer.name));
    let is_storing = |file: &&SourceFile| {
        let layer = ground.layer_of(file);
        layer.is_some_and(|layer| layer.groups.iter().any(|group| group == "storage"))
    };
    let file = files.find(is_storing)?;
    Some(Place { file, root: root_of(here)?, sql, own: tables.get(here.name.as_str())?, foreign })
}

/// Each other crate's table in each context, plainly.
fn everywhere(plan: &mut Plan<'_>, here: &Crate) {
    let ground = plan.ground;
    let Some((_, sql)) = ground.core() else { return };
    let Some(file) = ground.widest_file(here) else { return };
    for (owner, table) in ground.tables() {
        let text = format!("fn planted() {{\n    {sql}!(\"SELECT 1 FROM {table}\");\n}}");
        let change = append(&file.path, text);
        if owner == here.name {
            plan.spare(Tables, "a table of its own", "plain SQL", [change]);
        } else {
            plan.add(Tables, FOREIGN, "plain SQL", [change]);
        }
    }
    if let Some(tests) = tests_of(here) {
        for (_, table) in ground.tables().into_iter().filter(|(owner, _)| *owner != here.name) {
            let text = format!("fn planted() {{\n    {sql}!(\"SELECT 1 FROM {table}\");\n}}");
            plan.add(Tables, FOREIGN, "in a test", [append(&tests.path, text)]);
        }
    }
}

/// Statements that are put together.
fn composed(plan: &mut Plan<'_>, Place { file, root: _, sql, own, foreign }: &Place<'_>) {
    let select = format!("\"SELECT 1 FROM {foreign}\"");
    let called = |text: &str| format!("fn planted() {{\n    {sql}!({text});\n}}");
    for (way, text) in [
        ("concat!", called(&format!("concat!(\"SELECT 1 FROM \", \"{foreign}\")"))),
        ("concat!", called(&format!("std::concat!(\"SELECT 1 FROM \", concat!(\"{foreign}\"))"))),
        (
            "a macro",
            format!(
                "macro_rules! planted_too {{\n    () => {{\n        {select}\n    }};\n}}\n{}",
                called("planted_too!()")
            ),
        ),
        (
            "a macro",
            format!(
                "macro_rules! planted_too {{\n    ($table:literal) => {{\n        concat!(\"SELECT 1 FROM \", $table)\n    }};\n}}\n{}",
                called(&format!("planted_too!(\"{foreign}\")"))
            ),
        ),
        (
            "a macro",
            format!(
                "macro_rules! planted_too {{\n    ($($part:literal),*) => {{\n        concat!($($part),*)\n    }};\n}}\n{}",
                called(&format!("planted_too!(\"SELECT 1 FROM \", \"{foreign}\")"))
            ),
        ),
        (
            "a macro of two arms",
            format!(
                "macro_rules! planted_too {{\n    ($a:ident) => {{\n        \"SELECT 1 FROM {own}\"\n    }};\n    ($a:literal) => {{\n        {select}\n    }};\n}}\n{}",
                called("planted_too!(\"a\")")
            ),
        ),
        (
            "two macros of one name",
            format!(
                "mod one {{\n    macro_rules! planted_too {{\n        () => {{\n            {select}\n        }};\n    }}\n    fn planted() {{\n        {sql}!(planted_too!());\n    }}\n}}\nmod two {{\n    macro_rules! planted_too {{\n        () => {{\n            \"SELECT 1 FROM {own}\"\n        }};\n    }}\n}}"
            ),
        ),
        ("one engine", called(&format!("sqlite: \"SELECT 1 FROM {own}\", postgres: {select}"))),
        ("one engine", called(&format!("sqlite: {select}, postgres: \"SELECT 1 FROM {own}\""))),
        ("macro tokens", format!("fn planted() {{\n    vec![{sql}!({select})];\n}}")),
        (
            "macro tokens",
            format!(
                "macro_rules! planted_too {{\n    () => {{\n        {sql}!({select})\n    }};\n}}"
            ),
        ),
        ("macro tokens", format!("fn planted() {{\n    {sql}! {{ {select} }};\n}}")),
        (
            "plain use",
            format!(
                "mod planted {{\n    use {sql};\n    fn planted() {{\n        sql!({select});\n    }}\n}}"
            ),
        ),
        (
            "in a test",
            format!(
                "#[cfg(test)]\nmod planted {{\n    fn planted() {{\n        {sql}!({select});\n    }}\n}}"
            ),
        ),
        ("a raw text", called(&format!("r##\"SELECT 1 FROM \"{foreign}\"\"##"))),
        ("an escaped text", called(&format!("\"SELECT 1 FROM \\\"{foreign}\\\"\""))),
        (
            "an escaped text",
            called(&format!("\"SELECT 1 FROM \\x{:x}{}\"", foreign.as_bytes()[0], &foreign[1..])),
        ),
    ] {
        plan.add(Tables, FOREIGN, way, [append(&file.path, text)]);
    }
}

/// Statements that cannot be read.
fn unread(plan: &mut Plan<'_>, Place { file, root, sql, own: _, foreign }: &Place<'_>) {
    let select = format!("\"SELECT 1 FROM {foreign}\"");
    let called = |text: &str| format!("fn planted() {{\n    {sql}!({text});\n}}");
    for (way, text) in [
        ("a constant", format!("const PLANTED: &str = {select};\n{}", called("PLANTED"))),
        ("a file", called("include_str!(\"planted.sql\")")),
        ("a variable of the build", called("env!(\"PLANTED\")")),
        (
            "a macro that hands it on",
            format!(
                "macro_rules! planted_too {{\n    ($text:literal) => {{\n        {sql}!($text)\n    }};\n}}\nfn planted() {{\n    planted_too!({select});\n}}"
            ),
        ),
        (
            "a macro that hands it on",
            format!(
                "macro_rules! planted_too {{\n    ($($text:tt)*) => {{\n        {sql}!($($text)*)\n    }};\n}}\nfn planted() {{\n    planted_too!({select});\n}}"
            ),
        ),
        (
            "a macro that hands it on",
            format!(
                "macro_rules! planted_too {{\n    ($($text:literal),*) => {{\n        {sql}!($($text),*)\n    }};\n}}\nfn planted() {{\n    planted_too!({select});\n}}"
            ),
        ),
        (
            "a macro that hands it on",
            format!(
                "macro_rules! planted_too {{\n    ($table:literal) => {{\n        {sql}!(concat!(\"SELECT 1 FROM \", $table))\n    }};\n}}\nfn planted() {{\n    planted_too!(\"{foreign}\");\n}}"
            ),
        ),
        (
            "a macro under another name",
            format!(
                "use std::concat as planted_too;\n{}",
                called(&format!("planted_too!({select})"))
            ),
        ),
        (
            "another concat!",
            format!(
                "macro_rules! concat {{\n    ($own:ident) => {{\n        PLANTED\n    }};\n}}\n{}",
                called("concat!(own)")
            ),
        ),
        ("a method", called("\"SELECT 1\".trim()")),
        ("a block", called(&format!("{{ {select} }}.trim()"))),
        ("format!", called(&format!("format!(\"SELECT 1 FROM {{}}\", \"{foreign}\")"))),
    ] {
        plan.add(Tables, UNREAD, way, [append(&file.path, text)]);
    }
    // The macro under another name is a matter of rule 2, and the statement of nobody.
    let text = format!("use {sql} as planted;\nfn planted_too() {{\n    planted!({select});\n}}");
    plan.add(Grants, UNREAD, "renamed use", [append(&file.path, text)]);
    let text = format!("pub(crate) use {sql} as planted;");
    plan.add(Grants, UNREAD, "renamed use", [append(&root.path, text)]);
}

/// Ways around `sql!`.
fn raw(plan: &mut Plan<'_>, Place { file, root, .. }: &Place<'_>) {
    let patterns = &plan.ground.field.boundaries.sql.raw;
    let of_core = plan.ground.core().map(|(core, _)| core).unwrap_or_default();
    for pattern in patterns {
        let Some((krate, item)) = pattern.rsplit_once("::") else { continue };
        let item = item.replace('*', "");
        if item.is_empty() {
            continue;
        }
        plan.add(Tables, RAW, "plain use", [append(&file.path, format!("use {krate}::{item};"))]);
        let text = format!("fn planted() {{\n    {krate}::{item}(\"\");\n}}");
        plan.add(Tables, RAW, "full path", [append(&file.path, text)]);
    }
    let pattern = patterns.iter().filter_map(|pattern| pattern.rsplit_once("::"));
    let pattern = pattern.into_iter().find(|(krate, item)| {
        !krate.starts_with(&of_core)
            && !krate.contains("::")
            && item.chars().all(char::is_alphabetic)
    });
    if let Some((krate, item)) = plan.need("a way around sql!", pattern) {
        plan.in_every_way((Tables, RAW), super::ways::Kind::Foreign, (krate, item), (file, root));
    }
}

/// Migrations that touch what they must not.
fn migrations(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let tables = ground.tables();
    for here in ground.contexts() {
        let Some(file) = ground.migration_of(here) else { continue };
        for (owner, table) in &tables {
            if *owner == here.name {
                continue;
            }
            plan.add(
                Tables,
                FOREIGN_MIGRATION,
                "plain SQL",
                [append(file, format!("INSERT INTO {table} SELECT 1;"))],
            );
        }
    }
    let found = ground.contexts().into_iter().find_map(|here| {
        let own = tables.get(here.name.as_str())?;
        let (_, table) = tables.iter().find(|(owner, _)| **owner != here.name)?;
        Some((ground.migration_of(here)?, *own, *table))
    });
    let Some((file, own, table)) = plan.need("a migration", found) else { return };
    for (way, text) in statements::DEFINITIONS {
        let filled = text.replace("«own»", own).replace("«table»", table);
        plan.add(Tables, FOREIGN_MIGRATION, way, [append(file, filled)]);
        let text = text.replace("«own»", own).replace("«table»", own);
        plan.spare(Tables, "a migration of its own table", way, [append(file, text)]);
    }
    plan.add(Tables, NOBODY, "a migration", [append(file, "CREATE TABLE planted (id INTEGER);")]);
    plan.add(
        Tables,
        "migrations of nobody",
        "a folder",
        [write(format!("{}/planted/sqlite/0001_planted.sql", migrations::FOLDER), "SELECT 1;\n")],
    );
}
