//! `cargo xtask test`: every test, on SQLite and on PostgreSQL, and with the programs of others that run under Node.

mod counts;
pub(crate) mod runner;

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use cargo_metadata::{MetadataCommand, TargetKind};

use crate::{
    console, environment,
    node::{self, Node},
    postgres::{self, Durability},
    process,
    scratch::{self, Scratch},
};
use runner::{Runner, Selection};

/// What the folders are called in which tests put their files.
const PREFIX: &str = "perme8-tests-";

/// What to test, and where.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Only these packages
    #[arg(short, long = "package", value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Only on this engine
    #[arg(long, value_enum, default_value_t)]
    engine: Engine,
    /// For the test runner, e.g. part of a test's name
    #[arg(last = true)]
    passed_on: Vec<String>,
}

/// Where the tests of both engines run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
    #[default]
    All,
}

/// Runs the tests; `false` when one failed.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let started = Instant::now();
    let server = match args.engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(postgres::require(Durability::Fast)?),
        Engine::All if environment::is_ci() => Some(postgres::require(Durability::Fast)?),
        Engine::All => postgres::find(Durability::Fast)?,
    };
    // Without it everything else can be tested, so only those who decide about a commit insist.
    let node = match node::require() {
        Err(error) if environment::is_ci() => return Err(error),
        found => found,
    };
    let left_out = || {
        if args.engine == Engine::All && server.is_none() {
            warn_about_the_half_left_out();
        }
        if let Err(error) = &node {
            warn_about_node_left_out(error);
        }
    };
    left_out();

    scratch::sweep(PREFIX, |_| ());
    let folder = Scratch::quick(PREFIX)?;
    let ourselves = [runner::OURSELVES.to_owned()];
    let select = |packages| Selection {
        packages,
        engine: args.engine,
        url: server.as_ref().map(postgres::Server::url),
        node: node.as_ref().map(Node::program).ok(),
        folder: folder.path(),
        passed_on: &args.passed_on,
    };
    let runner = Runner::find();
    let selection = select(&args.packages);
    let mut outcome = runner.run(&selection)?;
    if args.packages.is_empty() {
        outcome = outcome.and(runner.run(&select(&ourselves))?);
    }
    // Where something did not compile, none were counted either.
    if outcome.passed && outcome.tests == Some(0) && !args.passed_on.is_empty() {
        bail!("there is no test like `{}`", args.passed_on.join(" "));
    }
    let mut counts = vec![(outcome.tests, "tests")];
    if outcome.passed && args.passed_on.is_empty() && has_examples(&args.packages)? {
        let examples = runner::documentation(&selection)?;
        outcome.passed &= examples.passed;
        counts.push((examples.tests, "examples"));
    }

    let engines = match (args.engine, &server) {
        (_, None) => "SQLite".to_owned(),
        (Engine::Postgres, Some(server)) => server.name(),
        (_, Some(server)) => format!("SQLite and {}", server.name()),
    };
    let places = match &node {
        Ok(node) => format!("{engines}, {}", node.name()),
        Err(_) => engines,
    };
    console::step(&summary(&places, &counts, outcome.passed, started.elapsed()));
    left_out();
    Ok(outcome.passed)
}

fn warn_about_the_half_left_out() {
    console::warning_box(&[
        "PostgreSQL is not installed: only the SQLite half of the tests runs.",
        &format!("To run both halves:  {}", postgres::install()),
        &format!("or point {} at the superuser of a server.", postgres::VARIABLE),
    ]);
}

fn warn_about_node_left_out(error: &anyhow::Error) {
    let why = format!("{error:#}");
    let first =
        "The tests with the stock editors of Yjs and with the parsers of contracts are left out:";
    console::warning_box(&std::iter::once(first).chain(why.lines()).collect::<Vec<_>>());
}

fn summary(places: &str, counts: &[(Option<usize>, &str)], passed: bool, took: Duration) -> String {
    let counts = counts.iter().map(|(count, what)| match count {
        Some(count) => format!("{count} {what}"),
        None => format!("an unknown number of {what}"),
    });
    let counts = counts.collect::<Vec<_>>().join(" and ");
    let verdict = if passed { "all passed" } else { "FAILED" };
    format!("{places}: {counts} run, {verdict}, {} s", console::seconds(took))
}

/// Whether the documentation of one of these packages can have tests; without, cargo refuses to look.
fn has_examples(wanted: &[String]) -> anyhow::Result<bool> {
    let metadata = MetadataCommand::new()
        .current_dir(process::root())
        .no_deps()
        .exec()
        .context("cannot list the packages of the workspace")?;
    let packages = metadata.workspace_packages();
    if let Some(unknown) =
        wanted.iter().find(|name| packages.iter().all(|package| package.name != **name))
    {
        bail!("there is no package `{unknown}` in this workspace");
    }
    let has_library = |package: &&cargo_metadata::Package| {
        package.targets.iter().any(|target| {
            target.doctest
                && target
                    .kind
                    .iter()
                    .any(|kind| matches!(kind, TargetKind::Lib | TargetKind::ProcMacro))
        })
    };
    Ok(packages
        .iter()
        .filter(|package| wanted.is_empty() || wanted.iter().any(|name| package.name == *name))
        .any(has_library))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_places_tests_and_time() {
        let took = Duration::from_millis(12_340);
        assert_eq!(
            summary(
                "SQLite and PostgreSQL 15.18, Node 20.20.2",
                &[(Some(214), "tests"), (Some(9), "examples")],
                true,
                took
            ),
            "SQLite and PostgreSQL 15.18, Node 20.20.2: 214 tests and 9 examples run, all passed, 12.3 s",
        );
        assert_eq!(
            summary("SQLite", &[(None, "tests")], false, took),
            "SQLite: an unknown number of tests run, FAILED, 12.3 s",
        );
    }

    #[test]
    fn a_package_without_a_library_has_no_documentation_to_test() {
        assert!(!has_examples(&["xtask".to_owned()]).unwrap());
    }

    #[test]
    fn an_unknown_package_is_an_error() {
        let error = has_examples(&["xtusk".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "there is no package `xtusk` in this workspace");
    }
}
