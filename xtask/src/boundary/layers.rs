//! Rule 3: each layer names only what it may know.

use super::{
    config::{Boundaries, CrateRules, FILE, Layer},
    names::{Resolved, Target},
    report::{Place, Report, Violation},
    rules::Rule,
    source::{Form, Mention, Oddity, OddityKind, SourceFile, Unit},
    workspace::Crate,
};

/// Every file of a layered library belongs to a layer.
pub(crate) fn check_files(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    report: &mut Report,
) {
    if !is_layered(boundaries, rules, unit) {
        return;
    }
    for file in unit.files().filter(|file| !file.scope.is_test_code()) {
        if boundaries.layer_of(&file.below_root).is_none() {
            let layers: Vec<&str> = boundaries.layers.keys().map(String::as_str).collect();
            report.add(Violation {
                rule: Rule::Layers,
                krate: krate.name.clone(),
                place: Place::new(&file.path, 1, 1, 1),
                message: format!("`{}` belongs to no layer", file.below_root),
                why: "code outside the layers could name anything and be named by all".into(),
                help: format!("move it into one of the layers: {}", layers.join(", ")),
            });
        }
    }
}

/// The layer of a file, where the modules of a unit are layers.
pub(crate) fn of<'a>(
    boundaries: &'a Boundaries,
    rules: &CrateRules,
    unit: &Unit,
    file: &SourceFile,
) -> Option<&'a Layer> {
    is_layered(boundaries, rules, unit).then(|| boundaries.layer_of(&file.below_root)).flatten()
}

/// Whether a mention is one that its layer may make; reports it if not.
pub(crate) fn check(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    layer: Option<&Layer>,
    (mention, resolved): (&Mention, &Resolved),
    report: &mut Report,
) {
    // What an import says already is judged there.
    let is_judged = !matches!(resolved.target, Target::External { .. }) && !resolved.direct();
    if mention.at.scope.is_test_code() || is_judged || is_nowhere(unit, mention, resolved) {
        return;
    }
    let said = (mention, resolved);
    let refusal = layer
        .and_then(|layer| refusal_of_layer(boundaries, (krate, rules, unit), layer, said))
        .or_else(|| refusal_of_place(boundaries, rules, layer, resolved));
    if let Some((message, why, help)) = refusal {
        let (krate, place) = (krate.name.clone(), mention.at.place.clone());
        report.add(Violation { rule: Rule::Layers, krate, place, message, why, help });
    }
}

/// Whether a path that a macro may mean elsewhere leads to no module there.
fn is_nowhere(unit: &Unit, mention: &Mention, resolved: &Resolved) -> bool {
    let leads_somewhere = match &resolved.target {
        Target::Own(path) => path.first().is_some_and(|first| is_module(unit, first)),
        Target::Member { .. } | Target::External { .. } | Target::Unknown => false,
    };
    mention.form == Form::Elsewhere && !leads_somewhere
}

fn is_module(unit: &Unit, name: &String) -> bool {
    unit.modules.contains_key(std::slice::from_ref(name))
}

/// Something of a layered library that would be in every layer, whoever defines it.
pub(crate) fn check_oddity(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    oddity: &Oddity,
    report: &mut Report,
) {
    let is_of_all = oddity.kind == OddityKind::MacroOfAllLayers && !oddity.at.scope.is_test_code();
    if !is_of_all || !is_layered(boundaries, rules, unit) {
        return;
    }
    report.add(Violation {
        rule: Rule::Layers,
        krate: krate.name.clone(),
        place: oddity.at.place.clone(),
        message: "every layer can call this macro".into(),
        why: "what a macro does, is done by whoever calls it, and a name without a path leads nowhere"
            .into(),
        help: "define it in a layer, and pass it on by `pub(crate) use`".into(),
    });
}

/// Message, reason and advice.
type Refusal = (String, String, String);

fn is_layered(boundaries: &Boundaries, rules: &CrateRules, unit: &Unit) -> bool {
    unit.is_library && boundaries.layered.contains(&rules.kind)
}

/// What the layer itself has against a path.
fn refusal_of_layer(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    layer: &Layer,
    (mention, resolved): (&Mention, &Resolved),
) -> Option<Refusal> {
    let Layer { name, why, .. } = layer;
    match &resolved.target {
        Target::Own(path) => {
            let module = path.first().filter(|first| is_module(unit, first));
            let module = module.map_or("lib", String::as_str);
            if layer.may_see(module) {
                return None;
            }
            Some((
                format!("the {name} names `{}`", join("crate", path)),
                why.clone(),
                if module == "lib" {
                    format!(
                        "import it from the module that defines it; the {name} does not see lib.rs"
                    )
                } else {
                    format!("turn the arrow around: {module} may name the {name}, not the reverse")
                },
            ))
        }
        Target::External { krate: named, item } => {
            let known = if matches!(named.as_str(), "core" | "alloc") { "std" } else { named };
            let full = join(known, item);
            let is_within = |path: &str, outer: &str| {
                path.strip_prefix(outer)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            };
            let imported = resolved.foreign_path().and_then(|(_, imported)| imported);
            let excluded = layer.except.iter().any(|except| {
                let by_import = imported.as_ref().is_some_and(|path| is_within(path, except));
                is_within(&full, except) && !by_import
            });
            // A glob brings what lies within, too.
            let brings = matches!(mention.form, Form::Use { glob: true, .. } | Form::Completed);
            let excluded =
                excluded || (brings && layer.except.iter().any(|except| is_within(except, &full)));
            let may_name = layer.may_name(known, rules) || !resolved.direct();
            if may_name && !excluded {
                return None;
            }
            Some((
                format!("the {name} names `{}`", if excluded { &full } else { named }),
                why.clone(),
                if excluded {
                    "ask through a port; the infrastructure may do it".into()
                } else {
                    format!(
                        "move the code to a layer that may, or list `{named}` for this crate under\n\
                         domain_crates or application_crates in {FILE} if it does no I/O"
                    )
                },
            ))
        }
        Target::Member { krate: to, item } if *to != krate.name => {
            let groups = boundaries.rules(to)?.groups_of_path(item);
            let group = groups.into_iter().find(|group| !layer.may_use_group(group))?;
            let to = to.replace('-', "_");
            let places: Vec<&str> = boundaries
                .layers
                .values()
                .filter(|layer| layer.may_use_group(group))
                .map(|layer| layer.name.as_str())
                .collect();
            Some((
                format!("the {name} names `{}`, which is of the group {group}", join(&to, item)),
                why.clone(),
                format!("the group {group} is for: {}", places.join(", ")),
            ))
        }
        Target::Member { .. } | Target::Unknown => None,
    }
}

fn join(first: &str, rest: &[String]) -> String {
    std::iter::once(first).chain(rest.iter().map(String::as_str)).collect::<Vec<_>>().join("::")
}

/// What the crates that have their places have against a path.
fn refusal_of_place(
    boundaries: &Boundaries,
    rules: &CrateRules,
    layer: Option<&Layer>,
    resolved: &Resolved,
) -> Option<Refusal> {
    let Target::External { krate: named, .. } = &resolved.target else { return None };
    if !resolved.direct() {
        return None;
    }
    let places = boundaries.only_in.get(named)?;
    let kind = rules.kind.to_string();
    if places.iter().any(|place| *place == kind || layer.is_some_and(|layer| layer.name == *place))
    {
        return None;
    }
    let here = layer.map_or(kind, |layer| layer.name.clone());
    Some((
        format!("the {here} names `{named}`"),
        format!("`{named}` may be named only in: {}", places.join(", ")),
        "move the code there, behind a name of our own".into(),
    ))
}
