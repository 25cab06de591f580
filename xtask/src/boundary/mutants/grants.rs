//! Mutants of rule 2: what an edge does not grant, and what would keep a name from being recognised.

use super::{
    ground::{in_code, root_of, tests_of},
    plan::{Plan, append, write},
    ways::Kind as Way,
};
use crate::boundary::{
    config::{ALL, Kind, TESTING},
    rules::Rule::Grants,
    source::SourceFile,
};

const UNGRANTED: &str = "what the edge does not grant";
const HIDDEN: &str = "source that nobody finds";

pub(super) fn plant(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let forbidden = ground.forbidden();
    for edge in &forbidden {
        let (krate, item) = (in_code(edge.to), edge.item);
        if let Some(file) = ground.widest_file(edge.from) {
            plan.add(
                Grants,
                UNGRANTED,
                "plain use",
                [append(&file.path, format!("use {krate}::{item};"))],
            );
        }
    }
    // The commands are what matters most.
    let edge = forbidden.iter().find(|edge| edge.group == "commands").or_else(|| forbidden.first());
    if let Some(edge) = plan.need("an edge that does not grant everything", edge) {
        let krate = in_code(edge.to);
        let files = ground.widest_file(edge.from).zip(root_of(edge.from));
        if let Some(files) = files {
            let what = "a command of another context";
            plan.in_every_way((Grants, what), Way::Foreign, (&krate, edge.item), files);
        }
        if let Some(file) = root_of(edge.from) {
            let text = format!("pub use {krate}::{};", edge.item);
            plan.add(
                Grants,
                "a command passed on to others",
                "re-export",
                [append(&file.path, text)],
            );
        }
        let in_tests = ground.rules(edge.from).map(|rules| rules.grants(&edge.to.name, true));
        let is_open =
            in_tests.is_some_and(|granted| granted.contains(&edge.group) || granted.contains(&ALL));
        if let Some(file) = tests_of(edge.from).filter(|_| !is_open) {
            tests(plan, file, (&krate, edge.item));
        }
    }
    for edge in forbidden.iter().filter(|edge| {
        let rules = ground.rules(edge.from);
        rules.is_some_and(|rules| !rules.tests_use.contains_key(edge.to.name.as_str()))
    }) {
        if let Some(file) = tests_of(edge.from) {
            tests(plan, file, (&in_code(edge.to), edge.item));
        }
    }
    strangers(plan);
    fakes(plan);
    hidden(plan);
    controls(plan);
}

fn tests(plan: &mut Plan<'_>, file: &SourceFile, (krate, item): (&str, &str)) {
    let what = "what the edge does not grant to tests";
    plan.add(Grants, what, "plain use", [append(&file.path, format!("use {krate}::{item};"))]);
    let path = format!("#[test]\nfn planted() {{\n    {krate}::{item}::new();\n}}");
    plan.add(Grants, what, "full path", [append(&file.path, path)]);
}

/// Crates that are named without a dependency, in code that is compiled elsewhere.
fn strangers(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let what = "a crate without an edge to it";
    let pair = ground.contexts().into_iter().find_map(|here| Some((here, ground.stranger(here)?)));
    if let Some((here, stranger)) = pair
        && let Some(file) = ground.widest_file(here)
    {
        let to = in_code(stranger);
        let exported = format!(
            "#[macro_export]\nmacro_rules! planted {{\n    () => {{\n        {to}::Planted\n    }};\n}}"
        );
        plan.add(Grants, what, "macro tokens", [append(&file.path, exported)]);
        let path = format!("fn planted(_: &{to}::Planted) {{}}");
        plan.add(Grants, what, "full path", [append(&file.path, path)]);
    }
    let tools = ground.of_kind(Kind::Tool);
    let tool = tools.iter().find_map(|tool| root_of(tool));
    let to = ground.contexts().into_iter().next().map(in_code);
    if let Some((file, to)) = plan.need("a crate that works on source", tool.zip(to)) {
        let text = format!("fn planted() {{\n    quote!(::{to}::Planted);\n}}");
        plan.add(Grants, what, "macro tokens", [append(&file.path, text)]);
    }
}

/// Fakes of others in the product.
fn fakes(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let found = ground.contexts().into_iter().find_map(|here| {
        let edges = here.dependencies.iter().filter_map(|edge| ground.find(&edge.name));
        let mut fakes = edges.filter_map(|there| {
            let names = ground.rules(there)?.exports.get(TESTING)?;
            Some((in_code(there), names.first()?.get_ref().as_str()))
        });
        Some((ground.widest_file(here)?, fakes.next()?))
    });
    if let Some((file, (krate, item))) = plan.need("an edge to a crate with fakes", found) {
        let what = "fakes of another crate in the product";
        for (way, text) in [
            ("plain use", format!("use {krate}::{item};")),
            ("full path", format!("fn planted(_: &{krate}::{item}) {{}}")),
            ("macro tokens", format!("planted!({krate}::{item}::Planted);")),
        ] {
            plan.add(Grants, what, way, [append(&file.path, text)]);
        }
    }
}

/// Source that stands where its module path does not say.
fn hidden(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let file = ground.contexts().into_iter().find_map(|here| ground.widest_file(here));
    let Some(file) = plan.need("a context", file) else { return };
    let texts = [
        ("#[path]", "#[path = \"/planted.rs\"]\nmod planted;"),
        ("#[path]", "#[cfg_attr(all(), path = \"/planted.rs\")]\nmod planted;"),
        ("#[path]", "#[cfg_attr(all(), cfg_attr(all(), path = \"/planted.rs\"))]\nmod planted;"),
        ("#[path]", "planted! { #[path = \"/planted.rs\"] mod planted; }"),
        (
            "#[path]",
            "macro_rules! planted {\n    () => {\n        #[path = concat!(\"/planted\", \".rs\")]\n        mod planted;\n    };\n}",
        ),
        (
            "#[path]",
            "macro_rules! planted {\n    ($file:literal) => {\n        #[path = $file]\n        mod planted;\n    };\n}\nplanted!(\"/planted.rs\");",
        ),
        (
            "#[path]",
            "macro_rules! planted {\n    ($said:meta) => {\n        #[$said]\n        mod planted;\n    };\n}\nplanted!(path = \"/planted.rs\");",
        ),
        (
            "#[path]",
            "macro_rules! planted {\n    ($key:ident) => {\n        #[$key = \"/planted.rs\"]\n        mod planted;\n    };\n}\nplanted!(path);",
        ),
        ("include!", "include!(\"/planted.rs\");"),
        ("include!", "fn planted() {\n    std::include!(\"/planted.rs\");\n}"),
        ("include!", "planted! { include!(\"/planted.rs\"); }"),
        (
            "include!",
            "macro_rules! planted {\n    () => {\n        ::core::include!(\"/planted.rs\");\n    };\n}",
        ),
        ("include!", "use std::include as planted;\nplanted!(\"/planted.rs\");"),
        ("include!", "use core::{include as planted};\nplanted!(\"/planted.rs\");"),
        ("include!", "include! { \"/planted.rs\" }"),
    ];
    for (way, text) in texts {
        plan.add(Grants, HIDDEN, way, [append(&file.path, text)]);
    }
}

/// What is granted, in the same ways.
fn controls(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let found = ground.contexts().into_iter().find_map(|here| {
        let (there, item) = ground.permitted(here)?;
        Some((here, in_code(there), item))
    });
    let Some((here, krate, item)) = plan.need("a grant for every layer", found) else { return };
    let what = "what the edge grants";
    let file = ground.layers().into_iter().find_map(|layer| ground.file_in(here, &layer.name));
    for (way, text) in [
        ("plain use", format!("mod planted {{\n    use {krate}::{item};\n}}")),
        ("full path", format!("fn planted(_: &{krate}::{item}) {{}}")),
        ("macro tokens", format!("fn planted() {{\n    vec![{krate}::{item}::new()];\n}}")),
        ("attribute", format!("#[serde(with = \"{krate}::{item}\")]\nstruct Planted;")),
        ("plain use", format!("use {krate}::{item} as _;")),
    ] {
        if let Some(file) = file {
            plan.spare(Grants, what, way, [append(&file.path, text)]);
        }
    }
    let Some(file) = ground.widest_file(here) else { return };
    let of_its_own = "what is nobody else's";
    for (way, text) in [
        ("renamed use", "use std::fmt::Result as Planted;".to_owned()),
        ("glob", "mod planted {\n    use super::*;\n}".to_owned()),
        ("re-export", "mod one {\n    pub(crate) struct Planted;\n}\npub(crate) use one::Planted;".to_owned()),
        ("type alias", "pub(crate) type Planted = Vec<String>;".to_owned()),
        (
            "macro that composes the path",
            "macro_rules! planted {\n    ($Planted:ident) => {\n        $Planted::new()\n    };\n}\nfn planted() {\n    planted!(String);\n}".to_owned(),
        ),
        (
            "full path",
            format!("mod planted {{\n    mod {krate} {{\n        pub(super) struct {item};\n    }}\n    fn planted(_: {krate}::{item}) {{}}\n}}"),
        ),
        ("include_str!", "const PLANTED: &str = include_str!(\"planted.txt\");".to_owned()),
    ] {
        plan.spare(Grants, of_its_own, way, [append(&file.path, text)]);
    }
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let stem = file.below_root.trim_end_matches(".rs").rsplit('/').next().unwrap_or_default();
    plan.spare(
        Grants,
        of_its_own,
        "a module of its own file",
        [
            append(&file.path, "mod planted;"),
            write(format!("{folder}/{stem}/planted.rs"), "//! Planted.\n"),
        ],
    );
}
