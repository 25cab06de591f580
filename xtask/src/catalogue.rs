//! What the host says of itself: every event that it knows, and what programs can ask it.

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use cargo_metadata::Message;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{console, process, test::runner};

/// Which workspace, and what its host knows.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Source {
    /// Look at another workspace than this one
    #[arg(long, value_name = "FOLDER", requires = "catalog")]
    root: Option<PathBuf>,
    /// Read what `perme8 events catalog --json --schemas` writes from a file instead of running the host
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Read what `perme8 api openapi --json` writes from a file instead of running the host
    #[arg(long, value_name = "FILE")]
    openapi: Option<PathBuf>,
    /// The program of the host, once it was asked.
    #[arg(skip)]
    host: OnceCell<PathBuf>,
}

/// One entry of `perme8 events catalog --json --schemas`.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) event_type: String,
    pub(crate) version: u64,
    pub(crate) schema: Value,
}

impl Source {
    pub(crate) fn root(&self) -> &Path {
        self.root.as_deref().unwrap_or_else(|| process::root())
    }

    /// Every event, in the order of the host.
    pub(crate) fn catalogue(&self) -> anyhow::Result<Vec<Entry>> {
        let asked = ["events", "catalog", "--json", "--schemas"];
        let (json, origin) = self.said(self.catalog.as_deref(), &asked)?;
        serde_json::from_str(&json).with_context(|| format!("{origin} is no catalogue of events"))
    }

    /// What programs can ask the host over HTTP; nothing where another workspace says nothing of it.
    pub(crate) fn openapi(&self) -> anyhow::Result<Option<Map<String, Value>>> {
        if self.root.is_some() && self.openapi.is_none() {
            return Ok(None);
        }
        let (json, origin) = self.said(self.openapi.as_deref(), &["api", "openapi", "--json"])?;
        let document = serde_json::from_str(&json);
        document.map(Some).with_context(|| format!("{origin} is no document"))
    }

    /// What is in the file, or else what the host says to these arguments; and where that comes from.
    fn said(&self, file: Option<&Path>, arguments: &[&str]) -> anyhow::Result<(String, String)> {
        if let Some(file) = file {
            let shown = file.display().to_string();
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
            return Ok((text, shown));
        }
        let host = if let Some(host) = self.host.get() {
            host
        } else {
            let built = built_host()?;
            self.host.get_or_init(|| built)
        };
        let mut command = Command::new(host);
        command.args(arguments).current_dir(process::root());
        Ok((process::output(&mut command)?, format!("`{}`", process::words(&command))))
    }
}

/// The program of the host.
///
/// It is built with the selection of `cargo xtask test`, and beside a test, because features are then the same: whoever has run that, or
/// is about to, builds nothing for this alone.
fn built_host() -> anyhow::Result<PathBuf> {
    // What is built says nothing of it, and after a change that takes minutes.
    console::note("the host is built, to be asked what it knows");
    let mut command = process::cargo();
    command.args(["build", "--quiet"]).args(runner::EVERYTHING_ELSE);
    command.args(["--bin", "perme8", "--test", "ui", "--message-format=json-render-diagnostics"]);
    let told = process::output(&mut command)?;
    let program = |message| {
        let Message::CompilerArtifact(artifact) = message else { return None };
        artifact.executable.filter(|_| artifact.target.name == "perme8")
    };
    Message::parse_stream(told.as_bytes())
        .filter_map(Result::ok)
        .find_map(program)
        .map(PathBuf::from)
        .with_context(|| format!("`{}` made no program", process::words(&command)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_may_say_more_than_is_read_here() {
        let entry = r#"{"event_type":"a.b","version":1,"context":"a","schema":{}}"#;
        let entry: Entry = serde_json::from_str(entry).unwrap();
        assert_eq!((entry.event_type.as_str(), entry.version), ("a.b", 1));
    }
}
