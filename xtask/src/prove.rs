//! `cargo xtask prove`: the long forms of the proofs, rung by rung.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::bail;

use crate::{
    console,
    postgres::{self, Durability},
    process,
};

/// The packages whose tests are proofs when their name says so.
const PACKAGES: [&str; 2] = ["perme8-events", "scenarios"];

/// What to prove, and how hard to try.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these rungs, e.g. R1,R4
    #[arg(long, value_name = "RUNG", value_delimiter = ',')]
    only: Vec<Rung>,
    /// The short forms, as `cargo xtask test` runs them
    #[arg(long, conflicts_with = "long")]
    short: bool,
    /// The long forms, which is what happens anyway
    #[arg(long)]
    long: bool,
    /// What chance starts from; printed, so that a failure can be repeated
    #[arg(long)]
    seed: Option<u64>,
    /// How long a proof may look for a counterexample, where it has a choice
    #[arg(long)]
    minutes: Option<u32>,
}

/// A promise of the event core, or of what is built upon it, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rung(u32);

impl Rung {
    /// Lossless, ordered, atomic, exactly-once effects; fenced leases; read models that are built anew; edits of notes.
    const ALL: [Self; 7] = [Self(1), Self(2), Self(3), Self(4), Self(8), Self(15), Self(17)];

    /// The tests that prove it: those in a module or with a name that starts with `r1_`.
    fn filter(self) -> String {
        format!("test(/(^|::)r{}_/)", self.0)
    }
}

impl FromStr for Rung {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix(['R', 'r']).and_then(|number| number.parse().ok());
        number.map(Self).ok_or_else(|| "a rung is written like R1".to_owned())
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{}", self.0)
    }
}

/// How one rung ended.
#[derive(Debug)]
struct Verdict {
    rung: Rung,
    passed: bool,
    took: Duration,
}

/// Runs the proofs one rung after another, also after one that failed; `false` when one did.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    if !process::answers(process::cargo().args(["nextest", "--version"])) {
        bail!("proofs run under cargo-nextest; `cargo install --locked cargo-nextest` installs it");
    }
    let server = postgres::require(Durability::Durable)?;
    let seed = args.seed.unwrap_or_else(fresh_seed);
    let form = if args.short { "short" } else { "long" };
    console::step(&format!("{form} forms on SQLite and {}, --seed {seed}", server.name()));

    let rungs: &[Rung] = if args.only.is_empty() { &Rung::ALL } else { &args.only };
    let mut verdicts = Vec::new();
    for &rung in rungs {
        console::step(&rung.to_string());
        let begun = Instant::now();
        let mut command = process::cargo();
        // One at a time and in the open, so that the figures of a proof are its own and are seen.
        command.args([
            "nextest",
            "run",
            "--profile",
            "prove",
            "--no-capture",
            "-E",
            &rung.filter(),
        ]);
        command.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
        command.env(postgres::VARIABLE, server.url());
        command.env("PERME8_PROVE", form).env("PERME8_PROVE_SEED", seed.to_string());
        if let Some(minutes) = args.minutes {
            command.env("PERME8_PROVE_MINUTES", minutes.to_string());
        }
        let passed = process::succeeds(&mut command)?;
        verdicts.push(Verdict { rung, passed, took: begun.elapsed() });
    }
    println!("{}", table(&verdicts));
    let failed = verdicts.iter().find(|verdict| !verdict.passed);
    if let Some(Verdict { rung, .. }) = failed {
        let short = if args.short { " --short" } else { "" };
        console::help(&format!(
            "`cargo xtask prove --only {rung} --seed {seed}{short}` repeats it"
        ));
    }
    Ok(failed.is_none())
}

fn table(verdicts: &[Verdict]) -> String {
    let lines = verdicts.iter().map(|Verdict { rung, passed, took }| {
        let verdict = if *passed { "passed" } else { "FAILED" };
        format!("{:<4}  {verdict}  {:>8} s", rung.to_string(), console::seconds(*took))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ (now.as_secs() << 30)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_rung_is_a_letter_and_a_number() {
        assert_eq!("r4".parse(), Ok(Rung(4)));
        assert_eq!("R12".parse::<Rung>().unwrap().filter(), "test(/(^|::)r12_/)");
        assert_eq!("4".parse::<Rung>(), Err("a rung is written like R1".to_owned()));
    }

    #[test]
    fn the_table_has_a_line_for_every_rung() {
        let verdict = |rung, passed, seconds| Verdict {
            rung: Rung(rung),
            passed,
            took: Duration::from_secs(seconds),
        };
        expect![[r"
            R1    passed      12.0 s
            R12   FAILED     600.0 s"]]
        .assert_eq(&table(&[verdict(1, true, 12), verdict(12, false, 600)]));
    }
}
