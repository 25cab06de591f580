//! Rule 3: each layer names only what it may know.

use super::{
    config::{Boundaries, CrateRules, FILE, Layer},
    names::{Resolved, Target},
    report::{Place, Report, Violation},
    rules::Rule,
    source::{Mention, Unit},
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
    for file in unit.files.iter().filter(|file| !file.scope.is_test_code()) {
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

/// Whether a mention is one that its layer may make; reports it if not.
pub(crate) fn check(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    (mention, resolved): (&Mention, &Resolved),
    report: &mut Report,
) {
    if mention.at.scope.is_test_code() || !resolved.direct() {
        return;
    }
    let layer = is_layered(boundaries, rules, unit)
        .then(|| boundaries.layer_of(&unit.files[mention.at.file].below_root))
        .flatten();
    let refusal = layer
        .and_then(|layer| refusal_of_layer(boundaries, (krate, rules, unit), layer, resolved))
        .or_else(|| refusal_of_place(boundaries, rules, layer, resolved));
    if let Some((message, why, help)) = refusal {
        let (krate, place) = (krate.name.clone(), mention.at.place.clone());
        report.add(Violation { rule: Rule::Layers, krate, place, message, why, help });
    }
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
    resolved: &Resolved,
) -> Option<Refusal> {
    let Layer { name, why, .. } = layer;
    match &resolved.target {
        Target::Own(path) => {
            let module = path
                .first()
                .filter(|first| unit.modules.contains_key(std::slice::from_ref(*first)));
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
            let full = join(named, item);
            let known = if matches!(named.as_str(), "core" | "alloc") { "std" } else { named };
            let is_except = |except: &String| {
                full == *except
                    || full.strip_prefix(except).is_some_and(|rest| rest.starts_with("::"))
            };
            let excluded = layer.except.iter().any(is_except);
            if layer.may_name(known, rules) && !excluded {
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
