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

/// The one with event stores of others, which is a workspace of its own.
const PEERS: &str = "peers";

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
    let engines = if name == PEERS { "" } else { "SQLite and " };
    console::step(&format!("{name}, on {engines}{}", server.name()));
    let mut command = process::cargo();
    command.args(program(name)).args(&args.passed_on);
    if name == BESIDE_NODE {
        command.env(node::VARIABLE, node::require()?.program());
    }
    process::succeeds(command.env(postgres::VARIABLE, server.url()))
}

/// What cargo is asked for, up to what is passed on.
pub(crate) fn program(name: &str) -> Vec<&str> {
    if name == PEERS {
        return vec!["run", "--release", "--manifest-path", "benches/peers/Cargo.toml", "--"];
    }
    vec!["bench", "--package", PACKAGE, "--bench", name, "--"]
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
    let ours = benches.map(|target| target.name.clone());
    Ok(ours.chain([PEERS.to_owned()]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measurement_has_a_program() {
        let names = names().unwrap();
        assert!(names.iter().any(|name| name == "events"), "{names:?}");
        for name in names {
            let manifest = program(&name).into_iter().find(|word| word.ends_with("Cargo.toml"));
            assert_eq!(manifest.is_some(), name == PEERS);
            let path = process::root().join(manifest.unwrap_or("tests/Cargo.toml"));
            assert!(path.is_file(), "{}", path.display());
        }
    }
}
