//! The types of fields: whether an event can name them, and where they come from.

use anyhow::{Context as _, Result, bail};
use proc_macro2::{TokenStream, TokenTree};

use crate::boundary::config::{ALL, FILE, Kind};

use super::{context::Context, imports, plan::Plan};

/// What needs no import.
const PRELUDE: &[&str] = &[
    "String", "Option", "Vec", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "u8",
    "u16", "u32", "u64",
];

/// What else an event may be made of, with the crate that declares it.
const OUTSIDE: &[(&str, &str, &str)] = &[
    ("std", "std::collections", "BTreeMap"),
    ("std", "std::collections", "BTreeSet"),
    ("chrono", "chrono", "DateTime"),
    ("chrono", "chrono", "NaiveDate"),
    ("chrono", "chrono", "Utc"),
    ("uuid", "uuid", "Uuid"),
];

/// The names that a type is made of.
pub(super) fn names(ty: &str) -> Result<Vec<String>> {
    fn collect(tokens: TokenStream, into: &mut Vec<String>) -> bool {
        tokens.into_iter().all(|token| match token {
            TokenTree::Ident(name) => {
                into.push(name.to_string());
                true
            }
            TokenTree::Punct(punct) => matches!(punct.as_char(), '<' | '>' | ','),
            TokenTree::Group(_) | TokenTree::Literal(_) => false,
        })
    }
    let mut names = Vec::new();
    let is_type = syn::parse_str::<syn::Type>(ty).is_ok();
    if !is_type || !collect(ty.parse().unwrap_or_default(), &mut names) {
        bail!(
            "`{ty}` is no type for a field: write the names of types, `Option<ProjectId>` for example"
        );
    }
    Ok(names)
}

/// Whether values of the type can be told apart exactly.
pub(super) fn is_eq(ty: &str) -> bool {
    names(ty).is_ok_and(|names| !names.iter().any(|name| name == "f32" || name == "f64"))
}

/// Whether values of the type are copied where they are needed again.
pub(super) fn is_copy(ty: &str) -> bool {
    const COPIED: &[&str] = &["DateTime", "NaiveDate", "Option", "Utc", "Uuid", "bool", "char"];
    let is_number = |name: &str| {
        let size = name.strip_prefix(['f', 'i', 'u']);
        size.is_some_and(|size| size.parse::<u8>().is_ok())
    };
    let is_copied =
        |name: &String| COPIED.contains(&&**name) || is_number(name) || name.ends_with("Id");
    names(ty).is_ok_and(|names| names.iter().all(is_copied))
}

/// Plans the imports that a type needs in a file of the domain.
pub(super) fn import(
    context: &Context<'_>,
    plan: &mut Plan<'_>,
    file: &str,
    ty: &str,
) -> Result<()> {
    for name in names(ty)? {
        if PRELUDE.contains(&name.as_str()) || imports::at_hand(&plan.text(file)?)?.contains(&name)
        {
            continue;
        }
        let path = path_of(context, &name)?;
        plan.change(file, |text| imports::add(text, &path, &name))?;
    }
    Ok(())
}

/// The path from which the domain of a context imports a type.
fn path_of(context: &Context<'_>, name: &str) -> Result<String> {
    let Context { boundaries, krate, rules, .. } = context;
    if let Some(module) = context.module_of(name).filter(|module| module.starts_with("domain")) {
        return Ok(format!("crate::{module}"));
    }
    let domain = boundaries.layers.get("domain");
    let granted = rules.uses.iter().filter_map(|(to, groups)| {
        let to = to.get_ref();
        let known = boundaries.rules(to)?;
        let group = known.group_of_export(name)?;
        let is_granted = groups.iter().any(|granted| granted == group || granted == ALL);
        let is_seen =
            known.kind == Kind::Core || domain.is_some_and(|layer| layer.may_use_group(group));
        (is_granted && is_seen).then(|| to.replace('-', "_"))
    });
    let mut granted: Vec<String> = granted.collect();
    if granted.len() == 1 {
        return Ok(granted.swap_remove(0));
    }
    let outside = OUTSIDE
        .iter()
        .find(|(by, _, known)| *known == name && krate.surroundings.externals.contains_key(*by));
    if !granted.is_empty() {
        bail!(
            "`{name}` is exported by {}: import the one that is meant into the file of the events first",
            granted.join(" and ")
        );
    }
    let (_, path, _) = outside.with_context(|| {
        format!(
            "the domain of {} knows no type `{name}`: declare and export it first, or grant the edge to it in {FILE}",
            krate.name
        )
    })?;
    Ok((*path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_made_of_names() {
        assert_eq!(names("Option<Vec<ProjectId>>").unwrap(), ["Option", "Vec", "ProjectId"]);
        for ty in ["", "&str", "[u8; 4]", "a::B", "Vec<", "(u8, u8)"] {
            assert!(names(ty).is_err(), "{ty}");
        }
        assert!(is_eq("String") && !is_eq("Option<f64>"));
        assert!(is_copy("Option<ProjectId>") && is_copy("u64") && !is_copy("Option<String>"));
    }
}
