//! Mutants of rule 1: edges that nobody declared, and what would hide one.

use super::{
    ground::in_code,
    plan::{Plan, append, replace, write},
};
use crate::boundary::{
    config::{FILE, Kind, TESTING},
    rules::Rule::Edges,
    workspace::Crate,
};

const UNDECLARED: &str = "an edge that is not declared";
const RENAMED: &str = "a crate under another name";
const BESIDE: &str = "a crate beside the workspace";
const FAKES: &str = "fakes in the product";
const FICTION: &str = "a declaration of what is not there";

pub(super) fn plant(plan: &mut Plan<'_>) {
    let contexts = plan.ground.contexts();
    for here in &contexts {
        if let Some(stranger) = plan.ground.stranger(here) {
            let line = format!("[dependencies]\n{}.workspace = true", stranger.name);
            plan.add(
                Edges,
                UNDECLARED,
                "a line of the manifest",
                [replace(&here.manifest.path, "[dependencies]", line)],
            );
        }
    }
    let pair = contexts.iter().find_map(|here| Some((*here, plan.ground.stranger(here)?)));
    if let Some((here, stranger)) = plan.need("two contexts without an edge", pair) {
        undeclared(plan, here, stranger);
    }
    let edge = plan.ground.forbidden().first().map(|edge| (edge.from, edge.to));
    if let Some((here, there)) = plan.need("two contexts with an edge", edge) {
        renamed(plan, here, there);
    }
    fakes(plan);
    fiction(plan);
}

fn undeclared(plan: &mut Plan<'_>, here: &Crate, stranger: &Crate) {
    let manifest = &*here.manifest.path;
    let Crate { name: to, folder, .. } = stranger;
    let path = folder.display();
    let ways: [(&'static str, String); 8] = [
        ("a table of its own", format!("[dependencies.{to}]\nworkspace = true")),
        ("by path", format!("[dependencies.{to}]\npath = \"{path}\"")),
        ("for one platform", format!("[target.'cfg(unix)'.dependencies]\n{to}.workspace = true")),
        ("of the build", format!("[build-dependencies]\n{to} = {{ path = \"{path}\" }}")),
        ("of tests", format!("[dev-dependencies.{to}]\nworkspace = true")),
        ("optional", format!("[dependencies.{to}]\nworkspace = true\noptional = true")),
        (
            "under another name",
            format!("[dependencies.planted]\npackage = \"{to}\"\npath = \"{path}\""),
        ),
        (
            "under another name, of tests",
            format!("[dev-dependencies.planted]\npackage = \"{to}\"\npath = \"{path}\""),
        ),
    ];
    for (way, text) in ways {
        plan.add(Edges, UNDECLARED, way, [append(manifest, text)]);
    }
    plan.spare(
        Edges,
        "an edge that is declared",
        "a line of the manifest",
        [
            replace(manifest, "[dependencies]", format!("[dependencies]\n{to}.workspace = true")),
            replace(
                FILE,
                format!("[crates.{}]\n", here.name),
                format!("[crates.{}]\nuses.{to} = [\"language\"]\n", here.name),
            ),
        ],
    );
}

fn renamed(plan: &mut Plan<'_>, here: &Crate, there: &Crate) {
    let manifest = &*here.manifest.path;
    let Crate { name: to, folder, .. } = there;
    let path = folder.display();
    let (up, below) = (plan.ground.way_up(here), plan.ground.below_root(there));
    let package = format!("planted = {{ package = \"{to}\", path = \"{path}\" }}");
    plan.add(
        Edges,
        RENAMED,
        "package = in the manifest",
        [replace(manifest, "[dependencies]", format!("[dependencies]\n{package}"))],
    );
    plan.add(
        Edges,
        RENAMED,
        "package = of tests",
        [append(
            manifest,
            format!("[dev-dependencies.planted]\npackage = \"{to}\"\npath = \"{path}\""),
        )],
    );
    plan.add(
        Edges,
        RENAMED,
        "package = in the workspace",
        [
            replace(
                "Cargo.toml",
                "[workspace.dependencies]",
                format!("[workspace.dependencies]\n{package}"),
            ),
            replace(manifest, "[dependencies]", "[dependencies]\nplanted.workspace = true"),
        ],
    );
    plan.add(
        Edges,
        RENAMED,
        "the name of the library",
        [append(&there.manifest.path, "[lib]\nname = \"planted\"")],
    );
    plan.add(Edges, BESIDE, "excluded from the workspace", [
        replace("Cargo.toml", "exclude = [", "exclude = [\"planted\", "),
        write(
            "planted/Cargo.toml",
            format!("[package]\nname = \"planted\"\nedition = \"2024\"\n\n[dependencies.{to}]\npath = \"../{below}\""),
        ),
        write("planted/src/lib.rs", format!("pub use {}::*;", in_code(there))),
        append(manifest, format!("[dependencies.planted]\npath = \"{up}planted\"")),
    ]);
}

fn fakes(plan: &mut Plan<'_>) {
    let pairs = plan.ground.contexts().into_iter().find_map(|here| {
        let with_fakes = here.dependencies.iter().filter(|edge| !edge.only_tests);
        let mut with_fakes = with_fakes.filter_map(|edge| plan.ground.find(&edge.name));
        let there = with_fakes.find(|there| plan.ground.has_feature(there, TESTING))?;
        Some((here, there))
    });
    let Some((here, there)) = plan.need("an edge to a crate with fakes", pairs) else { return };
    let manifest = &*here.manifest.path;
    let line = format!("{}.workspace = true", there.name);
    let with = format!("{} = {{ workspace = true, features = [\"{TESTING}\"] }}", there.name);
    plan.add(Edges, FAKES, "a feature of the dependency", [replace(manifest, line, with)]);
    let default = |of: &str| format!("[features]\ndefault = [\"{of}\"]");
    let theirs = &*there.manifest.path;
    plan.add(Edges, FAKES, "a default feature", [replace(theirs, "[features]", default(TESTING))]);
    plan.add(
        Edges,
        FAKES,
        "a default feature by another",
        [replace(
            theirs,
            "[features]",
            format!("{}\nplanted = [\"{TESTING}\"]", default("planted")),
        )],
    );
    plan.add(
        Edges,
        FAKES,
        "a default feature of another crate",
        [append(manifest, default(&format!("{}/{TESTING}", there.name)))],
    );
}

fn fiction(plan: &mut Plan<'_>) {
    let contexts = plan.ground.contexts();
    let pair = contexts.iter().find_map(|here| Some((*here, plan.ground.stranger(here)?)));
    if let Some((here, stranger)) = pair {
        for (way, key) in [("an edge", "uses"), ("an edge of tests", "tests_use")] {
            let head = format!("[crates.{}]\n", here.name);
            let more = format!("{head}{key}.{} = [\"language\"]\n", stranger.name);
            plan.add(Edges, FICTION, way, [replace(FILE, head, more)]);
        }
    }
    let kind = Kind::Context;
    plan.add(
        Edges,
        FICTION,
        "a crate",
        [append(FILE, format!("[crates.planted]\nkind = \"{kind}\""))],
    );
    let Some(here) = contexts.first() else { return };
    let folder = plan.ground.beside(here, "planted");
    plan.add(
        Edges,
        "a crate that is not declared",
        "a folder",
        [
            write(
                format!("{folder}/Cargo.toml"),
                "[package]\nname = \"planted\"\nversion = \"0.0.0\"\nedition = \"2024\"\n",
            ),
            write(format!("{folder}/src/lib.rs"), "//! Planted.\n"),
        ],
    );
}
