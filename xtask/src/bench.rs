//! `cargo xtask bench`: measurements, on a PostgreSQL that keeps every promise.

use anyhow::Context as _;
use cargo_metadata::{MetadataCommand, TargetKind};

use crate::{
    console, node,
    postgres::{self, Durability},
    process,
};

/// The package of the measurements.
const PACKAGE: &str = "scenarios";

/// The one beside which a server under Node is measured.
const BESIDE_NODE: &str = "documents";

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which measurement; without one they are listed
    name: Option<String>,
    /// For the measurement itself
    #[arg(last = true)]
    passed_on: Vec<String>,
}

/// Runs a measurement, or lists them.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let names = names()?;
    let Some(name) = &args.name else {
        for name in &names {
            println!("cargo xtask bench {name}");
        }
        return Ok(true);
    };
    if !names.contains(name) {
        console::help(&format!("there is {}", names.join(", ")));
        anyhow::bail!("there is no measurement `{name}`");
    }
    let server = postgres::require(Durability::Durable)?;
    console::step(&format!("{name}, on SQLite and {}", server.name()));
    let mut command = process::cargo();
    command.args(["bench", "--package", PACKAGE, "--bench", name, "--"]).args(&args.passed_on);
    if name == BESIDE_NODE {
        command.env(node::VARIABLE, node::require()?.program());
    }
    process::succeeds(command.env(postgres::VARIABLE, server.url()))
}

fn names() -> anyhow::Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .current_dir(process::root())
        .no_deps()
        .exec()
        .context("cannot list the packages of the workspace")?;
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name == PACKAGE)
        .with_context(|| format!("there is no package `{PACKAGE}` in this workspace"))?;
    let benches = package.targets.iter().filter(|target| target.kind.contains(&TargetKind::Bench));
    Ok(benches.map(|target| target.name.clone()).collect())
}
