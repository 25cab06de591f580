//! `cargo xtask tidy`: habits that are visible in text and manifests.

mod authorisation;
mod exports;
mod files;
mod finding;
mod lexed;
mod manifests;
mod migrations;
mod prose;
mod source;

use std::path::Path;

use crate::{boundary::config::Boundaries, process};
use files::File;
use finding::Finding;

/// Prints what is not tidy; `false` when any of it is an error.
pub(crate) fn run() -> anyhow::Result<bool> {
    let findings = findings(process::root())?;
    for finding in &findings {
        eprintln!("{}", finding.shown());
    }
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = findings.len() - errors;
    eprintln!("tidy: {errors} errors, {warnings} warnings");
    Ok(errors == 0)
}

fn findings(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let files = files::of(root)?;
    let mut findings = Vec::new();
    for File { path, text } in &files {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            Some("rs") => {
                findings.extend(source::check(path, text));
                if path.ends_with("src/lib.rs") {
                    findings.extend(exports::check(path, text)?);
                }
            }
            Some("md") => findings.extend(prose::check(path, text)),
            _ => {}
        }
    }
    findings.extend(authorisation::check(&files, Boundaries::load(root)?.contexts())?);
    findings.extend(manifests::check(&files)?);
    findings.extend(migrations::twins(&files));
    findings.extend(migrations::changed(root, &files)?);
    findings.sort();
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_tidy() {
        let findings = findings(process::root()).unwrap();
        let errors = findings.iter().filter(|finding| finding.is_error());
        let errors: Vec<String> = errors.map(Finding::shown).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}
