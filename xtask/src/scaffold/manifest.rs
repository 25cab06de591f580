//! What is added to a `Cargo.toml`.

use anyhow::{Context as _, Result, bail};
use toml::Table;

use super::{context::Context, plan::Plan};

/// The manifest of the workspace.
const ROOT: &str = "Cargo.toml";

/// Plans the dependencies that a file of the product needs, as far as the crate has them not yet.
pub(super) fn depend(context: &Context<'_>, plan: &mut Plan<'_>, names: &[&str]) -> Result<()> {
    add(context, plan, "dependencies", names)
}

/// Plans those that tests need, and among them the core with what it has for tests.
pub(super) fn depend_in_tests(
    context: &Context<'_>,
    plan: &mut Plan<'_>,
    names: &[&str],
) -> Result<()> {
    add(context, plan, "dev-dependencies", &[names, &[context.core()?]].concat())
}

fn add(context: &Context<'_>, plan: &mut Plan<'_>, section: &str, names: &[&str]) -> Result<()> {
    let core = context.core()?;
    let file = &context.krate.manifest.path;
    let known = dependencies(plan, file, &[section])?;
    let at_hand = dependencies(plan, file, &["dependencies"])?;
    let declared = dependencies(plan, ROOT, &["workspace", "dependencies"])?;
    for name in names {
        // Tests have at hand what the product has, but for the core: that has more for them.
        if known.contains_key(*name) || (at_hand.contains_key(*name) && *name != core) {
            continue;
        }
        if !declared.contains_key(*name) {
            bail!(
                "{ROOT} does not declare `{name}`, which {} needs for this: add it under [workspace.dependencies]",
                context.krate.name
            );
        }
        let line = if *name == core {
            format!("{name} = {{ workspace = true, features = [\"testing\"] }}\n")
        } else {
            format!("{name}.workspace = true\n")
        };
        plan.change(file, |text| depended(text, section, &line))?;
    }
    Ok(())
}

/// What a part of a manifest declares.
fn dependencies(plan: &Plan<'_>, file: &str, path: &[&str]) -> Result<Table> {
    let manifest: Table =
        toml::from_str(&plan.text(file)?).with_context(|| format!("{file} is not TOML"))?;
    let part = path.iter().try_fold(&manifest, |part, key| part.get(*key)?.as_table());
    Ok(part.cloned().unwrap_or_default())
}

/// The manifest with one more dependency, in its place in a section.
fn depended(text: &str, section: &str, line: &str) -> Result<String> {
    let header = format!("[{section}]\n");
    let Some(at) = text.find(&header) else {
        return Ok(format!("{}\n\n{header}{line}", text.trim_end()));
    };
    let is_empty = text[at + header.len()..].lines().next().unwrap_or_default().is_empty();
    if is_empty {
        let mut changed = text.to_owned();
        changed.insert_str(at + header.len(), line);
        return Ok(changed);
    }
    sorted_in(text, header.trim_end(), line, |line| line.contains("workspace"))
}

/// The text with one more line, in its place among its kind in a section.
pub(super) fn sorted_in(
    text: &str,
    section: &str,
    line: &str,
    is_kind: impl Fn(&str) -> bool,
) -> Result<String> {
    let header = text.find(&format!("{section}\n"));
    let header = header.with_context(|| format!("it has no `{section}`"))?;
    let mut at = header + section.len() + 1;
    let mut place = None;
    for known in text[at..].split_inclusive('\n') {
        if known.starts_with('[') {
            break;
        }
        at += known.len();
        if is_kind(known) && (known < line || place.is_none()) {
            place = Some(if known < line { at } else { at - known.len() });
        }
    }
    let place =
        place.with_context(|| format!("`{section}` has nothing like `{}`", line.trim_end()))?;
    let mut changed = text.to_owned();
    changed.insert_str(place, line);
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_line_stands_in_its_place() {
        let text = "[a]\nx = 1\n\n[b]\n# Why.\nb.uses = 1\nd.uses = 2\ne = 3\n\n[c]\nz.uses = 4\n";
        let put = |line| sorted_in(text, "[b]", line, |line| line.contains("uses")).unwrap();
        let cut = |text: String| {
            let (_, rest) = text.split_once("[b]\n").unwrap();
            rest.split_once("\n\n").unwrap().0.to_owned()
        };
        assert_eq!(cut(put("a.uses = 0\n")), "# Why.\na.uses = 0\nb.uses = 1\nd.uses = 2\ne = 3");
        assert_eq!(cut(put("c.uses = 0\n")), "# Why.\nb.uses = 1\nc.uses = 0\nd.uses = 2\ne = 3");
        assert_eq!(cut(put("f.uses = 0\n")), "# Why.\nb.uses = 1\nd.uses = 2\nf.uses = 0\ne = 3");
        assert!(sorted_in(text, "[d]", "a\n", |_| true).is_err());
    }

    #[test]
    fn a_dependency_stands_in_its_section() {
        let text = "[package]\nname = \"a\"\n\n[dependencies]\nb.workspace = true\n";
        let text = depended(text, "dependencies", "c.workspace = true\n").unwrap();
        let text = depended(&text, "dev-dependencies", "e = { workspace = true }\n").unwrap();
        let text = depended(&text, "dev-dependencies", "d.workspace = true\n").unwrap();
        expect![[r#"
            [package]
            name = "a"

            [dependencies]
            b.workspace = true
            c.workspace = true

            [dev-dependencies]
            d.workspace = true
            e = { workspace = true }
        "#]]
        .assert_eq(&text);
        let empty = depended("[dependencies]\n", "dependencies", "c.workspace = true\n").unwrap();
        assert_eq!(empty, "[dependencies]\nc.workspace = true\n");
    }
}
