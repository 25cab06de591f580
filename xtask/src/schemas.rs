//! `cargo xtask schemas`: the published form of every event, one file per version.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use crate::{console, process};

/// Whether to write or only to look.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail when a file is missing or differs
    #[arg(long)]
    pub(crate) check: bool,
}

/// One entry of `perme8 events catalog --json --schemas`.
#[derive(Debug, Deserialize)]
struct Entry {
    event_type: String,
    version: u32,
    schema: Value,
}

/// Writes the schemas, or compares them; `false` when one was not up to date and still is not.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let catalog = catalog()?;
    let folder = process::root().join("schemas");
    let stale = stale(&folder, &catalog)?;
    for (file, text) in &stale {
        let shown = file.strip_prefix(process::root()).unwrap_or(file).display();
        if args.check {
            eprintln!("{shown} is not what the code says");
            continue;
        }
        let parent = file.parent().expect("a schema is in the folder of its event type");
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(file, text).with_context(|| format!("cannot write {shown}"))?;
        eprintln!("wrote {shown}");
    }
    if args.check && !stale.is_empty() {
        console::help("`cargo xtask schemas` writes these files");
        return Ok(false);
    }
    eprintln!("{} event schemas are up to date", catalog.len());
    Ok(true)
}

fn catalog() -> anyhow::Result<Vec<Entry>> {
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--package", "perme8", "--"]);
    command.args(["events", "catalog", "--json", "--schemas"]);
    let json = process::output(&mut command)?;
    serde_json::from_str(&json)
        .with_context(|| format!("`{}` wrote an unexpected catalogue", process::words(&command)))
}

/// The files that differ from the catalogue, with what they should contain.
fn stale(folder: &Path, catalog: &[Entry]) -> anyhow::Result<BTreeMap<PathBuf, String>> {
    let mut stale = BTreeMap::new();
    for Entry { event_type, version, schema } in catalog {
        let file = folder.join(event_type).join(format!("v{version}.json"));
        let text = serde_json::to_string_pretty(schema)
            .with_context(|| format!("the schema of {event_type} cannot be written as JSON"))?;
        let text = format!("{text}\n");
        if fs::read_to_string(&file).ok().as_ref() != Some(&text) {
            stale.insert(file, text);
        }
    }
    Ok(stale)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_stale_until_its_file_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let entry = Entry {
            event_type: "identity.user_registered".to_owned(),
            version: 2,
            schema: json!({ "type": "object" }),
        };
        let file = folder.path().join("identity.user_registered/v2.json");
        let text = "{\n  \"type\": \"object\"\n}\n";
        let catalog = [entry];
        let expected = BTreeMap::from([(file.clone(), text.to_owned())]);

        assert_eq!(stale(folder.path(), &catalog).unwrap(), expected);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "{}\n").unwrap();
        assert_eq!(stale(folder.path(), &catalog).unwrap(), expected);
        fs::write(&file, text).unwrap();
        assert_eq!(stale(folder.path(), &catalog).unwrap(), BTreeMap::new());
    }

    #[test]
    fn the_catalogue_may_say_more_than_is_read_here() {
        let entry = r#"{"event_type":"a.b","version":1,"context":"a","schema":{}}"#;
        let entry: Entry = serde_json::from_str(entry).unwrap();
        assert_eq!((entry.event_type.as_str(), entry.version), ("a.b", 1));
    }
}
