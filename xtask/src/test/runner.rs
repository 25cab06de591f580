//! The two programs that can run tests: nextest, and cargo itself where it is missing.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Engine, counts};
use crate::{console, environment, node, postgres, process};

/// This program: whoever started it has built it and what it is made of already.
pub(crate) const OURSELVES: &str = "xtask";

/// All packages but this program's own, which among them would be given other features of its dependencies, and be built
/// again with them.
pub(crate) const EVERYTHING_ELSE: [&str; 3] = ["--workspace", "--exclude", OURSELVES];

/// Which tests run, and against what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selection<'a> {
    /// None stands for everything else.
    pub(crate) packages: &'a [String],
    pub(crate) engine: Engine,
    pub(crate) url: Option<&'a str>,
    /// The program that runs the stock editors and the parsers of contracts.
    pub(crate) node: Option<&'a Path>,
    /// Where they put their files.
    pub(crate) folder: &'a Path,
    pub(crate) passed_on: &'a [String],
}

impl Selection<'_> {
    fn packages(&self) -> Vec<&str> {
        if self.packages.is_empty() {
            return EVERYTHING_ELSE.to_vec();
        }
        self.packages.iter().flat_map(|package| ["--package", package]).collect()
    }

    /// What the runner is told besides; a test of both engines is a module with a test for each.
    fn passed_on(&self) -> Vec<&str> {
        let mut passed_on: Vec<&str> = self.passed_on.iter().map(String::as_str).collect();
        let skipped = match self.engine {
            Engine::Sqlite => "::postgres",
            Engine::Postgres => "::sqlite",
            Engine::All => return passed_on,
        };
        if !passed_on.contains(&"--") {
            passed_on.push("--");
        }
        passed_on.extend(["--skip", skipped]);
        passed_on
    }

    /// Tells the tests what they find where.
    fn tell(&self, command: &mut Command) {
        let told = [
            (postgres::VARIABLE, self.url.map(OsStr::new)),
            (node::VARIABLE, self.node.map(Path::as_os_str)),
        ];
        for (variable, place) in told {
            match place {
                Some(place) => command.env(variable, place),
                None => command.env_remove(variable),
            };
        }
        command.env("TMPDIR", self.folder);
        // Whoever wants other cases than those of every run says so.
        if env::var_os(SEED).is_none() {
            command.env(SEED, EVERY_TIME);
        }
    }
}

/// From what property tests draw their cases: always the same ones, so that a commit that fails is itself the reason.
const SEED: &str = "PROPTEST_RNG_SEED";
const EVERY_TIME: &str = "1843";

/// How a run of tests ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) passed: bool,
    /// Not known when the runner did not come as far as counting.
    pub(crate) tests: Option<usize>,
}

impl Outcome {
    /// How both ended.
    pub(crate) fn and(self, other: Self) -> Self {
        let tests = self.tests.zip(other.tests).map(|(ours, others)| ours + others);
        Self { passed: self.passed && other.passed, tests }
    }
}

/// What runs the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    Nextest,
    Cargo,
}

impl Runner {
    pub(crate) fn find() -> Self {
        if process::answers(process::cargo().args(["nextest", "--version"])) {
            return Self::Nextest;
        }
        console::note(
            "cargo-nextest is not installed, so `cargo test` runs the tests, one program after another; \
             `cargo install --locked cargo-nextest` makes it quicker",
        );
        Self::Cargo
    }

    pub(crate) fn run(self, selection: &Selection<'_>) -> anyhow::Result<Outcome> {
        match self {
            Self::Nextest => nextest(selection),
            Self::Cargo => cargo_test(selection),
        }
    }
}

fn nextest(selection: &Selection<'_>) -> anyhow::Result<Outcome> {
    let profile = if environment::is_ci() { "ci" } else { "default" };
    let report = report(profile);
    // An old report must not be taken for a new one.
    let _ = fs::remove_file(&report);
    let mut command = process::cargo();
    command.args(["nextest", "run", "--profile", profile, "--no-tests", "pass"]);
    command.args(selection.packages());
    command.args(selection.passed_on());
    selection.tell(&mut command);
    let passed = process::succeeds(&mut command)?;
    let tests = fs::read_to_string(report).ok().and_then(|report| counts::of_junit(&report));
    Ok(Outcome { passed, tests })
}

/// Where nextest puts its report; below `target` also when programs are built elsewhere.
fn report(profile: &str) -> PathBuf {
    process::root().join("target/nextest").join(profile).join("junit.xml")
}

fn cargo_test(selection: &Selection<'_>) -> anyhow::Result<Outcome> {
    let mut command = process::cargo();
    command.args(["test", "--tests", "--no-fail-fast"]).args(selection.packages());
    command.args(selection.passed_on());
    selection.tell(&mut command);
    counted(&mut command)
}

/// Runs the examples in the documentation of the packages, at least one of which has a library.
///
/// It is the same selection as of the tests: to leave a package out would choose other features of dependencies, and build
/// nearly everything again.
pub(crate) fn documentation(selection: &Selection<'_>) -> anyhow::Result<Outcome> {
    let mut command = process::cargo();
    command.args(["test", "--doc", "--quiet"]).args(selection.packages());
    selection.tell(&mut command);
    counted(&mut command)
}

/// Runs `cargo test`, counting on the way.
fn counted(command: &mut Command) -> anyhow::Result<Outcome> {
    let mut tests = 0;
    let passed = process::heard(command, |line| tests += counts::of_libtest(line))?;
    Ok(Outcome { passed, tests: Some(tests) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed_on(engine: Engine, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let folder = Path::new("unused");
        let selection =
            Selection { packages: &[], engine, url: None, node: None, folder, passed_on: &words };
        selection.passed_on().join(" ")
    }

    #[test]
    fn one_engine_leaves_out_the_tests_of_the_other() {
        assert_eq!(passed_on(Engine::All, &["slug"]), "slug");
        assert_eq!(passed_on(Engine::Sqlite, &["slug"]), "slug -- --skip ::postgres");
        assert_eq!(passed_on(Engine::Postgres, &["--", "--exact"]), "-- --exact --skip ::sqlite");
    }
}
