//! Mutants of rule 3: layers that name what they must not know.

use super::{
    ground::{named_file, root_of},
    plan::{Plan, append, replace, write},
    ways::Kind as Way,
};
use crate::boundary::{
    config::{ANY, Layer},
    rules::Rule::Layers,
    source::SourceFile,
    workspace::Crate,
};

const PLACE: &str = "a crate that has its places";
const UNKNOWN: &str = "a crate that the layer does not know";
const UPWARDS: &str = "a layer above";
const EXCEPT: &str = "a part of a crate that is out of reach";
const ALL_LAYERS: &str = "a macro of all layers";

pub(super) fn plant(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let contexts = ground.contexts();
    for here in &contexts {
        for layer in ground.layers() {
            let Some(file) = ground.file_in(here, &layer.name) else { continue };
            everywhere(plan, here, layer, file);
        }
    }
    let here = contexts.iter().find_map(|here| Some((*here, root_of(here)?)));
    let Some((here, root)) = plan.need("a context", here) else { return };
    for layer in ground.layers() {
        let Some(file) = ground.file_in(here, &layer.name) else { continue };
        if let Some(krate) = out_of_place(plan, layer) {
            plan.in_every_way((Layers, PLACE), Way::Foreign, (krate, "Planted"), (file, root));
        }
        if let Some(above) = above(plan, layer)
            && let Some((module, item)) = ground.type_in(here, above)
        {
            plan.in_every_way((Layers, UPWARDS), Way::Own, (&module, item), (file, root));
            relative(plan, (file, root), (&module, item));
        }
        exceptions(plan, layer, file);
    }
    macros(plan, here, root);
    strays(plan, here, root);
    controls(plan, here);
}

/// A crate that may be named elsewhere, but not in this layer of a context.
fn out_of_place<'a>(plan: &Plan<'a>, layer: &Layer) -> Option<&'a str> {
    let places = &plan.ground.field.boundaries.only_in;
    let other = places
        .iter()
        .filter(|(krate, places)| !places.contains(&layer.name) && plan.ground.is_used(krate));
    // One that some layer may name is closer to a mistake.
    let layers = plan.ground.layers();
    let is_close =
        |places: &&Vec<String>| layers.iter().filter(|layer| places.contains(&layer.name)).count();
    other.max_by_key(|(_, places)| is_close(places)).map(|(krate, _)| krate.as_str())
}

/// A layer that this one does not see.
fn above<'a>(plan: &Plan<'a>, layer: &Layer) -> Option<&'a str> {
    let layers = plan.ground.layers();
    let mut names =
        layers.iter().map(|layer| layer.name.as_str()).filter(|name| !layer.may_see(name));
    // Some layers are parts of others.
    names.find(|name| layers.iter().any(|layer| layer.sees.iter().any(|seen| seen == name)))
}

/// In each layer of each context, plainly.
fn everywhere(plan: &mut Plan<'_>, here: &Crate, layer: &Layer, file: &SourceFile) {
    let ground = plan.ground;
    for (krate, places) in &ground.field.boundaries.only_in {
        if !places.contains(&layer.name) && ground.is_used(krate) {
            let text = format!("fn planted(_: &{krate}::Planted) {{}}");
            plan.add(Layers, PLACE, "full path", [append(&file.path, text)]);
        }
    }
    if !layer.crates.iter().any(|krate| krate == ANY) {
        let known = &here.surroundings.externals;
        let mut unknown = known.iter().filter(|(_, real)| {
            let is_known = |krate: &String| krate == *real;
            let rules = ground.rules(here);
            let is_built_in =
                matches!(real.as_str(), "std" | "core" | "alloc" | "proc_macro" | "test");
            !is_built_in
                && !ground.field.boundaries.only_in.contains_key(*real)
                && !layer.crates.iter().any(is_known)
                && rules.is_some_and(|rules| !layer.may_name(real, rules))
        });
        if let Some((krate, _)) = unknown.next() {
            for (way, text) in [
                ("plain use", format!("use {krate}::Planted;")),
                ("full path", format!("fn planted(_: {krate}::Planted) {{}}")),
                ("macro tokens", format!("planted!({krate}::Planted);")),
            ] {
                plan.add(Layers, UNKNOWN, way, [append(&file.path, text)]);
            }
        }
    }
    if let Some(above) = above(plan, layer)
        && let Some((module, item)) = ground.type_in(here, above)
    {
        let text = format!("fn planted(_: &{module}::{item}) {{}}");
        plan.add(Layers, UPWARDS, "full path", [append(&file.path, text)]);
    }
}

/// Paths that begin where they are written.
fn relative(
    plan: &mut Plan<'_>,
    (file, root): (&SourceFile, &SourceFile),
    (module, item): (&str, &str),
) {
    let below = module.trim_start_matches("crate::");
    let path = file.below_root.trim_end_matches(".rs");
    let up = "super::".repeat(path.split('/').count());
    for prefix in [up.clone(), format!("self::{up}")] {
        for (way, text) in [
            ("plain use", format!("use {prefix}{below}::{item};")),
            ("full path", format!("fn planted(_: &{prefix}{below}::{item}) {{}}")),
            ("macro tokens", format!("planted!({prefix}{below}::{item});")),
            ("plain use", format!("mod planted {{\n    use super::{up}{below}::{item};\n}}")),
            ("renamed use", format!("use {prefix}{below} as planted;")),
        ] {
            plan.add(Layers, UPWARDS, way, [append(&file.path, text)]);
        }
    }
    let alias = append(&root.path, "extern crate self as planted;");
    for (way, text) in [
        ("alias of the crate", format!("use planted::{below}::{item};")),
        ("alias of the crate", format!("fn planted(_: &planted::{below}::{item}) {{}}")),
    ] {
        plan.add(Layers, UPWARDS, way, [alias.clone(), append(&file.path, text)]);
    }
    let macros = format!(
        "macro_rules! planted {{\n    () => {{\n        $crate::{below}::{item}\n    }};\n}}"
    );
    plan.add(Layers, UPWARDS, "macro tokens", [append(&file.path, macros)]);
    // A relative path in a macro means another thing where the macro is called.
    let macros = format!(
        "mod deep {{\n    macro_rules! planted {{\n        () => {{\n            super::{below}::{item}\n        }};\n    }}\n    pub(crate) use planted;\n}}"
    );
    plan.add(Layers, UPWARDS, "macro tokens", [append(&file.path, macros)]);
}

/// Parts of permitted crates that stay out of reach.
fn exceptions(plan: &mut Plan<'_>, layer: &Layer, file: &SourceFile) {
    for except in &layer.except {
        let text = format!("fn planted() {{\n    {except}::planted();\n}}");
        plan.add(Layers, EXCEPT, "full path", [append(&file.path, text)]);
    }
    let Some((krate, part)) = layer.except.first().and_then(|except| except.split_once("::"))
    else {
        return;
    };
    for (way, text) in [
        ("plain use", format!("use {krate}::{part};\nfn planted() {{\n    {part}::planted();\n}}")),
        ("plain use", format!("use {krate}::{{{part}::planted}};")),
        ("renamed use", format!("use {krate}::{part} as planted;")),
        (
            "renamed use",
            format!(
                "use {krate} as planted;\nfn planted() {{\n    planted::{part}::planted();\n}}"
            ),
        ),
        ("glob", format!("use {krate}::*;\nfn planted() {{\n    {part}::planted();\n}}")),
        ("glob", format!("mod planted {{\n    use {krate}::{part}::*;\n}}")),
        ("macro tokens", format!("planted!({krate}::{part}::planted());")),
        ("macro tokens", format!("planted!(if ::{krate}::{part}::planted() {{}});")),
        (
            "alias of the crate",
            format!(
                "extern crate {krate} as planted;\nfn planted() {{\n    planted::{part}::planted();\n}}"
            ),
        ),
        ("type alias", format!("type Planted = {krate}::{part}::Planted;")),
        (
            "macro that composes the path",
            format!(
                "macro_rules! planted {{\n    ($planted:ident) => {{\n        $planted::{part}::planted()\n    }};\n}}\nfn planted() {{\n    planted!({krate});\n}}"
            ),
        ),
        (
            "macro that composes the path",
            format!(
                "macro_rules! planted {{\n    ($planted:ident) => {{\n        {krate}::$planted::planted()\n    }};\n}}\nfn planted() {{\n    planted!({part});\n}}"
            ),
        ),
    ] {
        plan.add(Layers, EXCEPT, way, [append(&file.path, text)]);
    }
}

/// Macros that need no path to be called.
fn macros(plan: &mut Plan<'_>, here: &Crate, root: &SourceFile) {
    let definition = "macro_rules! planted {\n    () => {\n        0\n    };\n}";
    plan.add(Layers, ALL_LAYERS, "defined in the root", [append(&root.path, definition)]);
    let layers = plan.ground.layers();
    let names = layers.iter().map(|layer| &layer.name);
    let mut lines =
        names.map(|name| format!("mod {name};")).filter(|line| root.text.contains(line));
    if let Some(line) = lines.next_back() {
        for (way, attribute) in [
            ("#[macro_use] on a module", "#[macro_use]"),
            ("#[macro_use] under a condition", "#[cfg_attr(all(), macro_use)]"),
        ] {
            let shared = format!("{attribute}\n{line}");
            plan.add(Layers, ALL_LAYERS, way, [replace(&root.path, &line, shared)]);
        }
    }
    let exported = "#[macro_export]\nmacro_rules! planted {\n    () => {\n        0\n    };\n}";
    let ground = plan.ground;
    for layer in ground.layers() {
        let Some(above) = above(plan, layer) else { continue };
        let files = named_file(here, &layer.name).zip(named_file(here, above));
        if let Some((low, high)) = files {
            plan.add(
                Layers,
                ALL_LAYERS,
                "#[macro_export] from above",
                [
                    append(&high.path, exported),
                    append(&low.path, "fn planted() {\n    crate::planted!();\n}"),
                ],
            );
        }
    }
}

/// Files that would be in no layer, or in another than it seems.
fn strays(plan: &mut Plan<'_>, here: &Crate, root: &SourceFile) {
    let folder = root.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let what = "a file that belongs to no layer";
    let text = "//! Planted.\n";
    plan.add(
        Layers,
        what,
        "a module of the root",
        [append(&root.path, "mod planted;"), write(format!("{folder}/planted.rs"), text)],
    );
    plan.add(
        Layers,
        what,
        "a file that no module names",
        [write(format!("{folder}/planted/deep.rs"), text)],
    );
    let ground = plan.ground;
    for layer in ground.layers() {
        let Some(krate) = out_of_place(plan, layer) else { continue };
        let name = &layer.name;
        let Some(file) = named_file(here, name) else { continue };
        let text = format!("//! Planted.\nuse {krate}::Planted;\n");
        let declared = [
            ("a module twice", "#[cfg(test)]\nmod planted;\n#[cfg(not(test))]\nmod planted;"),
            ("a module twice", "#[cfg(not(test))]\nmod planted;\n#[cfg(test)]\nmod planted;"),
            ("a module by a macro", "planted! { mod planted; }"),
            ("a module that is for everybody", "#[cfg(any(test, unix))]\nmod planted;"),
        ];
        for (way, declaration) in declared {
            plan.add(
                Layers,
                PLACE,
                way,
                [
                    append(&file.path, declaration),
                    write(format!("{folder}/{name}/planted.rs"), text.clone()),
                ],
            );
        }
    }
}

/// What layers may do.
fn controls(plan: &mut Plan<'_>, here: &Crate) {
    let ground = plan.ground;
    for layer in ground.layers() {
        let Some(file) = ground.file_in(here, &layer.name) else { continue };
        let what = "what the layer may name";
        let places = &ground.field.boundaries.only_in;
        let place = places.iter().find(|(_, places)| places.contains(&layer.name));
        if let Some((krate, _)) = place {
            let text = format!("mod planted {{\n    use {krate}::Planted;\n}}");
            plan.spare(Layers, what, "plain use", [append(&file.path, text)]);
        }
        let below = layer.sees.iter().find_map(|seen| ground.type_in(here, seen));
        if let Some((module, item)) = below {
            let text = format!("mod planted {{\n    use {module}::{item};\n}}");
            plan.spare(Layers, what, "plain use", [append(&file.path, text)]);
            let text = format!("fn planted(_: &{module}::{item}) {{}}");
            plan.spare(Layers, what, "full path", [append(&file.path, text)]);
        }
        if let Some(krate) = out_of_place(plan, layer) {
            let text = format!("#[cfg(test)]\nmod planted {{\n    use {krate}::Planted;\n}}");
            plan.spare(Layers, "what only tests name", "plain use", [append(&file.path, text)]);
        }
        let text = "fn planted() {\n    std::mem::size_of::<std::fmt::Error>();\n}";
        plan.spare(Layers, what, "full path", [append(&file.path, text)]);
        let text = "mod planted {\n    macro_rules! planted {\n        () => {\n            0\n        };\n    }\n    fn planted() {\n        planted!();\n    }\n}";
        plan.spare(Layers, "a macro of its own", "macro tokens", [append(&file.path, text)]);
    }
}
