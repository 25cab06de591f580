//! `cargo xtask events`: every version of every event can be read, and nothing that is published changes.
//!
//! What the source and the history say is rule 5 of the boundary; here the catalogue of the host is added to it.

mod example;

use std::{fs, path::Path};

use crate::{
    boundary::{
        self,
        golden::{example_file, schema_file},
        loader::Detail,
        schemas,
    },
    catalogue::{Entry, Source},
    console,
    generated::{self, Files},
};

/// What to do about the golden files.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Fail when a version of an event cannot be read, or a golden file is missing, differs or has changed
    Check(Source),
    /// Write the schema and the example of each current version
    Write(Source),
}

pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    match &args.command {
        Command::Check(source) => {
            let root = source.root();
            Ok(boundary::events(&boundary::read(root, Detail::Rules)?)
                && check(root, &source.catalogue()?)?)
        }
        Command::Write(source) => {
            write(source.root(), &source.catalogue()?)?;
            Ok(true)
        }
    }
}

/// Compares the golden files with what the host knows; `false` when something is amiss.
pub(crate) fn check(root: &Path, catalogue: &[Entry]) -> anyhow::Result<bool> {
    let mut is_compatible = true;
    let mut clean = true;
    for entry in catalogue {
        let (file, text) = schema(entry)?;
        let stored = fs::read_to_string(root.join(&file)).ok();
        if stored.as_deref() == Some(text.as_str()) {
            continue;
        }
        clean = false;
        let stored = stored.and_then(|stored| serde_json::from_str(&stored).ok());
        let broken =
            stored.map_or_else(Vec::new, |stored| schemas::broken_promises(&stored, &entry.schema));
        is_compatible &= broken.is_empty();
        for what in &broken {
            eprintln!("{file}: the code {what}");
        }
        if broken.is_empty() {
            eprintln!("{file} is not what the code says");
        }
    }
    if !is_compatible {
        console::help(
            "what is stored has the form of these files: give the event its next version, \
             and `upcast(…)` brings the data of this one there (CONTRIBUTING.md has the recipe)",
        );
    } else if !clean {
        console::help("`cargo xtask events write` writes these files");
    } else {
        eprintln!("{} events: every version can be read", catalogue.len());
    }
    Ok(clean)
}

/// Writes the schema of each current version, and an example where there is none.
pub(crate) fn write(root: &Path, catalogue: &[Entry]) -> anyhow::Result<()> {
    generated::write(root, &stale(root, catalogue)?)?;
    eprintln!("the golden files of {} events are up to date", catalogue.len());
    Ok(())
}

/// The golden files that are missing or differ, with what they should contain. An example is written once and for all.
fn stale(root: &Path, catalogue: &[Entry]) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for entry in catalogue {
        files.extend([schema(entry)?]);
        let example = example_file(&entry.event_type, entry.version);
        if !root.join(&example).exists() {
            files.insert(example, generated::json(&example::of(&entry.schema))?);
        }
    }
    Ok(generated::stale(root, files))
}

/// The golden file of a schema, and its text.
fn schema(entry: &Entry) -> anyhow::Result<(String, String)> {
    let file = schema_file(&entry.event_type, entry.version);
    Ok((file, generated::json(&entry.schema)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_stale_until_its_file_says_the_same_and_an_example_until_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let entry = Entry {
            event_type: "identity.user_registered".to_owned(),
            version: 2,
            schema: json!({ "type": "object" }),
        };
        let schema = "schemas/identity.user_registered/v2.json".to_owned();
        let example = "schemas/identity.user_registered/v2.example.json".to_owned();
        let schema_text = "{\n  \"type\": \"object\"\n}\n".to_owned();
        let catalog = [entry];
        let both = [(schema.clone(), schema_text.clone()), (example.clone(), "{}\n".to_owned())];
        assert_eq!(stale(root, &catalog).unwrap(), BTreeMap::from(both));

        fs::create_dir_all(root.join(&schema).parent().unwrap()).unwrap();
        fs::write(root.join(&schema), "{}\n").unwrap();
        fs::write(root.join(&example), "{\"of\": \"old\"}").unwrap();
        let expected = BTreeMap::from([(schema.clone(), schema_text.clone())]);
        assert_eq!(stale(root, &catalog).unwrap(), expected);
        fs::write(root.join(&schema), schema_text).unwrap();
        assert_eq!(stale(root, &catalog).unwrap(), BTreeMap::new());
    }
}
