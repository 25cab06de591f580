//! `cargo xtask events`: every version of every event can be read, and nothing that is published changes.
//!
//! What the source and the history say is rule 5 of the boundary; here the catalogue of the host is added to it.

mod example;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    boundary::{
        self,
        golden::{example_file, schema_file},
        schemas,
    },
    console, process,
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

/// Which workspace, and what its host knows.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Source {
    /// Look at another workspace than this one
    #[arg(long, value_name = "FOLDER", requires = "catalog")]
    root: Option<PathBuf>,
    /// Read what `perme8 events catalog --json --schemas` writes from a file instead of running the host
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
}

/// One entry of `perme8 events catalog --json --schemas`.
#[derive(Debug, Deserialize)]
struct Entry {
    event_type: String,
    version: u64,
    schema: Value,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    match &args.command {
        Command::Check(source) => check(source),
        Command::Write(source) => write(source),
    }
}

/// Holds rule 5, then compares the golden files with what the host knows; `false` when something is amiss.
pub(crate) fn check(source: &Source) -> anyhow::Result<bool> {
    let root = source.root();
    if !boundary::events(root)? {
        return Ok(false);
    }
    let catalog = source.catalog()?;
    let mut is_compatible = true;
    let mut clean = true;
    for entry in &catalog {
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
        eprintln!("{} events: every version can be read", catalog.len());
    }
    Ok(clean)
}

/// Writes the schema of each current version, and an example where there is none.
pub(crate) fn write(source: &Source) -> anyhow::Result<bool> {
    let root = source.root();
    let catalog = source.catalog()?;
    for (file, text) in stale(root, &catalog)? {
        let path = root.join(&file);
        let parent = path.parent().expect("a golden file is in the folder of its event type");
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {file}"))?;
        eprintln!("wrote {file}");
    }
    eprintln!("the golden files of {} events are up to date", catalog.len());
    Ok(true)
}

impl Source {
    fn root(&self) -> &Path {
        self.root.as_deref().unwrap_or_else(|| process::root())
    }

    fn catalog(&self) -> anyhow::Result<Vec<Entry>> {
        let (json, origin) = if let Some(file) = &self.catalog {
            let shown = file.display().to_string();
            (fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?, shown)
        } else {
            let mut command = process::cargo();
            command.args(["run", "--quiet", "--package", "perme8", "--"]);
            command.args(["events", "catalog", "--json", "--schemas"]);
            (process::output(&mut command)?, format!("`{}`", process::words(&command)))
        };
        serde_json::from_str(&json).with_context(|| format!("{origin} is no catalogue of events"))
    }
}

/// The golden files that are missing or differ, with what they should contain. An example is written once and for all.
fn stale(root: &Path, catalog: &[Entry]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut stale = BTreeMap::new();
    for entry in catalog {
        let (file, text) = schema(entry)?;
        if fs::read_to_string(root.join(&file)).ok().as_ref() != Some(&text) {
            stale.insert(file, text);
        }
        let file = example_file(&entry.event_type, entry.version);
        if !root.join(&file).exists() {
            stale.insert(file, pretty(&example::of(&entry.schema))?);
        }
    }
    Ok(stale)
}

/// The golden file of a schema, and its text.
fn schema(Entry { event_type, version, schema }: &Entry) -> anyhow::Result<(String, String)> {
    Ok((schema_file(event_type, *version), pretty(schema)?))
}

fn pretty(json: &Value) -> anyhow::Result<String> {
    let text =
        serde_json::to_string_pretty(json).context("a golden file cannot be written as JSON")?;
    Ok(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_catalogue_may_say_more_than_is_read_here() {
        let entry = r#"{"event_type":"a.b","version":1,"context":"a","schema":{}}"#;
        let entry: Entry = serde_json::from_str(entry).unwrap();
        assert_eq!((entry.event_type.as_str(), entry.version), ("a.b", 1));
    }
}
