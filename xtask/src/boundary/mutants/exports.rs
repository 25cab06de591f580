//! Mutants of rule 4: exports that nobody declared.

use super::{
    ground::{hidden_type, root_of},
    plan::{Plan, append, write},
};
use crate::boundary::{
    config::{FILE, TESTING},
    rules::Rule::Exports,
    workspace::Crate,
};

const UNDECLARED: &str = "an export that nobody declared";
const FICTION: &str = "a declared export that is none";

pub(super) fn plant(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let contexts = ground.contexts();
    for here in &contexts {
        if let Some((root, path)) = root_of(here).zip(hidden_type(here)) {
            let text = format!("pub use {path};");
            plan.add(Exports, UNDECLARED, "re-export", [append(&root.path, text)]);
        }
    }
    let found = contexts.iter().find_map(|here| Some((*here, root_of(here)?, hidden_type(here)?)));
    let Some((here, root, path)) = plan.need("a type that is not exported", found) else { return };
    let root = &*root.path;
    for (way, text) in undeclared(&path) {
        plan.add(Exports, UNDECLARED, way, [append(root, text)]);
    }
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
    plan.add(
        Exports,
        UNDECLARED,
        "a module of its own file",
        [
            append(root, "pub mod planted;"),
            write(format!("{folder}/planted.rs"), "//! Planted.\npub struct Planted;\n"),
        ],
    );
    exported_macros(plan, here);
    fictions(plan, here, (root, &path));
    for (way, text) in [
        ("re-export", format!("pub(crate) use {path};")),
        ("plain use", format!("use {path} as _;")),
        ("re-export", format!("#[cfg(test)]\npub use {path};")),
        ("an item of the root", "#[cfg(test)]\npub struct Planted;".to_owned()),
    ] {
        plan.spare(Exports, "what stays within", way, [append(root, text)]);
    }
}

/// Ways to write an export of what is hidden, or of what is new.
fn undeclared(path: &str) -> Vec<(&'static str, String)> {
    let (module, item) = path.rsplit_once("::").unwrap_or(("", path));
    vec![
        ("re-export", format!("pub use crate::{path};")),
        ("re-export", format!("pub use self::{path};")),
        ("re-export", format!("pub use {module}::{{{item}}};")),
        ("re-export", format!("pub use {{{module}::{{{item}}}}};")),
        ("re-export", format!("pub use {{crate::{path}}};")),
        ("re-export", format!("#[doc(hidden)]\npub use {path};")),
        ("re-export", format!("#[cfg(not(test))]\npub use {path};")),
        ("re-export", format!("#[cfg(any(test, unix))]\npub use {path};")),
        ("re-export", format!("#[cfg(feature = \"{TESTING}\")]\npub use {path};")),
        ("renamed use", format!("pub use {path} as Planted;")),
        ("renamed use", format!("pub use {module}::{{self as planted}};")),
        ("renamed use", format!("pub use {module} as planted;")),
        ("glob", format!("pub use {module}::*;")),
        ("glob", format!("pub use {{{module}::{{*}}}};")),
        ("glob", format!("pub mod planted {{\n    pub use crate::{module}::*;\n}}")),
        (
            "pub use chain",
            format!("mod planted {{\n    pub use crate::{path};\n}}\npub use planted::{item};"),
        ),
        (
            "pub use chain",
            format!(
                "mod planted {{\n    pub use crate::{module}::*;\n}}\npub use planted::{item};"
            ),
        ),
        ("pub use chain", format!("pub mod planted {{\n    pub use crate::{path};\n}}")),
        (
            "pub use chain",
            format!(
                "pub mod planted {{\n    pub mod deep {{\n        pub use super::super::{path};\n    }}\n}}"
            ),
        ),
        ("type alias", format!("pub type Planted = {path};")),
        ("an item of the root", "pub struct Planted;".to_owned()),
        ("an item of the root", "pub enum Planted {}".to_owned()),
        ("an item of the root", "pub union Planted {\n    planted: u8,\n}".to_owned()),
        ("an item of the root", "pub trait Planted {}".to_owned()),
        ("an item of the root", "pub fn planted() {}".to_owned()),
        ("an item of the root", "pub async fn planted() {}".to_owned()),
        ("an item of the root", "pub const fn planted() {}".to_owned()),
        ("an item of the root", "pub const PLANTED: u8 = 0;".to_owned()),
        ("an item of the root", "pub static PLANTED: u8 = 0;".to_owned()),
        ("an item of the root", "pub extern crate std;".to_owned()),
        ("an item of the root", "pub extern crate core as planted;".to_owned()),
        ("macro tokens", "planted! { pub struct Planted; }".to_owned()),
        ("macro tokens", format!("crate::planted! {{ pub use {path}; }}")),
        ("macro tokens", "pub mod planted {\n    planted! { pub struct Planted; }\n}".to_owned()),
        ("macro tokens", "#[macro_export]\nmacro_rules! planted {\n    () => {};\n}".to_owned()),
        ("what is not understood", format!("pub use {{::{path}}};")),
        ("what is not understood", "pub macro planted() {}".to_owned()),
    ]
}

/// Macros that leave the crate from a file below its root.
fn exported_macros(plan: &mut Plan<'_>, here: &Crate) {
    if let Some(file) = plan.ground.widest_file(here) {
        let exported = "#[macro_export]\nmacro_rules! planted {\n    () => {};\n}";
        plan.add(Exports, UNDECLARED, "macro tokens", [append(&file.path, exported)]);
        let exported = "#[cfg_attr(all(), macro_export)]\nmacro_rules! planted {\n    () => {};\n}";
        plan.add(Exports, UNDECLARED, "macro tokens", [append(&file.path, exported)]);
        let exported = "planted! {\n    #[macro_export]\n    macro_rules! planted_too {\n        () => {};\n    }\n}";
        plan.add(Exports, UNDECLARED, "macro tokens", [append(&file.path, exported)]);
        let inside = "fn planted() {\n    #[macro_export]\n    macro_rules! planted {\n        () => {};\n    }\n}";
        plan.add(Exports, UNDECLARED, "macro tokens", [append(&file.path, inside)]);
    }
}

/// Lists of exports that say what is not so.
fn fictions(plan: &mut Plan<'_>, here: &Crate, (root, path): (&str, &str)) {
    let ground = plan.ground;
    let Some(rules) = ground.rules(here) else { return };
    let mut groups = rules.exports.iter().filter(|(group, _)| *group != TESTING);
    if let (Some((one, names)), Some((_, others))) = (groups.next(), groups.next())
        && let (Some(name), Some(other)) = (names.first(), others.first())
    {
        let section = format!("[crates.{}.exports]\n", here.name);
        let head = format!("{one} = [\n");
        let of_crate = |more: &str| {
            let (before, after) = ground.field.boundaries.text().split_once(&section)?;
            let after = after.replacen(&head, &format!("{head}    \"{more}\",\n"), 1);
            Some(write(FILE, format!("{before}{section}{after}")))
        };
        for (way, more) in [
            ("a name that does not exist", "Planted"),
            ("a name in two groups", other.get_ref()),
            ("a name twice", name.get_ref()),
        ] {
            if let Some(change) = plan.need("a list of exports", of_crate(more)) {
                plan.add(Exports, FICTION, way, [change]);
            }
        }
        let declared = of_crate("Planted");
        if let Some(change) = declared {
            let text = format!("pub use {path} as Planted;");
            plan.spare(
                Exports,
                "an export that is declared",
                "re-export",
                [append(root, text), change],
            );
        }
    }
}
