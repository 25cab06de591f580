//! `cargo xtask prove`: the proofs, rung by rung, and the page that tells what they found.

mod figure;
mod machine;
mod page;
mod rung;

use std::{
    fs,
    process::Command,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, bail};

use crate::{
    bench, console,
    postgres::{self, Durability},
    process,
    test::runner,
};
use figure::Figure;
use machine::Machine;
use page::{Form, Run};
use rung::{Measurement, Rung};

/// The tests among which proofs are; others are not even built.
const TARGETS: [&str; 2] = ["models", "proof"];

/// What the proofs found last.
const PAGE: &str = "docs/proof.md";

/// The forms that CI runs are quick enough for every day, or they are no forms for CI.
const QUICK: Duration = Duration::from_mins(10);

/// What to prove, and how hard to try.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these rungs, e.g. R1,R4; the page stays as it is
    #[arg(long, value_name = "RUNG", value_delimiter = ',')]
    only: Vec<Rung>,
    /// The long forms, in the place of those that CI runs
    #[arg(long)]
    long: bool,
    /// What chance starts from; printed, so that a failure can be repeated
    #[arg(long)]
    seed: Option<u64>,
    /// How long a proof may look for a counterexample, where it has a choice
    #[arg(long)]
    minutes: Option<u32>,
}

impl Args {
    fn form(&self) -> Form {
        if self.long { Form::Long } else { Form::Short }
    }

    fn rungs(&self) -> &[Rung] {
        if self.only.is_empty() { &Rung::ALL } else { &self.only }
    }
}

/// How one rung ended.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) rung: Rung,
    pub(crate) passed: bool,
    pub(crate) took: Duration,
    pub(crate) figures: Vec<Figure>,
}

/// Runs the proofs one rung after another, also after one that failed; `false` when one did.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    if !process::answers(process::cargo().args(["nextest", "--version"])) {
        bail!("proofs run under cargo-nextest; `cargo install --locked cargo-nextest` installs it");
    }
    let server = postgres::require(Durability::Durable)?;
    let (form, seed) = (args.form(), args.seed.unwrap_or_else(fresh_seed));
    console::step(&format!("{form} forms on SQLite and {}, --seed {seed}", server.name()));
    // What takes long here is no matter of the proofs.
    if !process::succeeds(nextest().arg("--no-run"))? {
        return Ok(false);
    }

    let begun = Instant::now();
    let mut verdicts = Vec::new();
    for &rung in args.rungs() {
        console::step(&format!("{rung}, {}", rung.promise()));
        verdicts.push(prove(rung, args, seed, server.url())?);
    }
    let took = begun.elapsed();
    println!("{}", table(&verdicts));
    if args.only.is_empty() {
        let server = server.name();
        write_page(&Run { form, seed, took, server: &server, verdicts: &verdicts })?;
    }
    if form == Form::Short && took > QUICK {
        console::note(&format!(
            "the forms for CI took {} s, and are to take {} s at most",
            console::seconds(took),
            console::seconds(QUICK)
        ));
    }
    let failed = verdicts.iter().find(|verdict| !verdict.passed);
    if let Some(Verdict { rung, .. }) = failed {
        let long = if args.long { " --long" } else { "" };
        console::help(&format!("`cargo xtask prove --only {rung} --seed {seed}{long}` repeats it"));
    }
    Ok(failed.is_none())
}

fn nextest() -> Command {
    let mut command = process::cargo();
    // With the selection of `cargo xtask test`: whoever has run that builds nothing anew.
    command.args(["nextest", "run", "--profile", "prove"]).args(runner::EVERYTHING_ELSE);
    command.args(TARGETS.iter().flat_map(|target| ["--test", target]));
    command
}

fn prove(rung: Rung, args: &Args, seed: u64, server: &str) -> anyhow::Result<Verdict> {
    let begun = Instant::now();
    let mut command = nextest();
    // One at a time and in the open, so that the figures of a proof are its own and are seen.
    command.args(["--no-capture", "-E", &rung.filter()]).env(postgres::VARIABLE, server);
    command.env("PERME8_PROVE", args.form().to_string());
    command.env("PERME8_PROVE_SEED", seed.to_string());
    // Property tests begin there, too.
    command.env("PROPTEST_RNG_SEED", seed.to_string());
    if let Some(minutes) = args.minutes {
        command.env("PERME8_PROVE_MINUTES", minutes.to_string());
    }
    let (mut passed, mut figures) = listen(&mut command)?;
    if args.long
        && let Some(measurement) = rung.measurement()
    {
        let (enough, more) = listen(&mut measuring(rung, measurement, server))?;
        passed &= enough;
        figures.extend(more);
    }
    Ok(Verdict { rung, passed, took: begun.elapsed(), figures })
}

/// A measurement that says whether it is enough.
fn measuring(rung: Rung, measurement: Measurement, server: &str) -> Command {
    let Measurement { name, passed_on } = measurement;
    let mut command = process::cargo();
    command.args(bench::program(name)).args(passed_on).args(["--prove", &rung.to_string()]);
    command.env(postgres::VARIABLE, server);
    command
}

/// Runs a command, and keeps the figures in what it says.
fn listen(command: &mut Command) -> anyhow::Result<(bool, Vec<Figure>)> {
    let mut figures = Vec::new();
    let passed = process::heard(command, |line| figures.extend(Figure::of(line)))?;
    Ok((passed, figures))
}

fn write_page(run: &Run<'_>) -> anyhow::Result<()> {
    let path = process::root().join(PAGE);
    let section = page::section(run, &Machine::here(process::root())?);
    let before = fs::read_to_string(&path).unwrap_or_default();
    fs::write(&path, page::with(&before, run.form, &section))
        .with_context(|| format!("cannot write {PAGE}"))?;
    console::step(&format!("wrote {PAGE}"));
    Ok(())
}

fn table(verdicts: &[Verdict]) -> String {
    let lines = verdicts.iter().map(|Verdict { rung, passed, took, .. }| {
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
    use clap::Parser;
    use expect_test::expect;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(words: &[&str]) -> Args {
        Line::parse_from([&["prove"][..], words].concat()).args
    }

    #[test]
    fn without_a_word_every_rung_is_proven_in_its_short_form() {
        let plain = args(&[]);
        assert_eq!((plain.form(), plain.rungs()), (Form::Short, &Rung::ALL[..]));
        let some = args(&["--long", "--only", "r4,R12"]);
        let named: Vec<String> = some.rungs().iter().map(Rung::to_string).collect();
        assert_eq!((some.form(), named.join(" ")), (Form::Long, "R4 R12".to_owned()));
    }

    #[test]
    fn a_measurement_is_told_what_it_proves() {
        let rung: Rung = "R5".parse().unwrap();
        let command = measuring(rung, rung.measurement().unwrap(), "postgres://localhost/postgres");
        let words = process::words(&command);
        let expected =
            "bench --package scenarios --bench events -- --only writers --writers 16,64 --prove R5";
        assert!(words.ends_with(expected), "{words}");
    }

    #[test]
    fn the_table_has_a_line_for_every_rung() {
        let verdict = |rung: &str, passed, seconds| Verdict {
            rung: rung.parse().unwrap(),
            passed,
            took: Duration::from_secs(seconds),
            figures: Vec::new(),
        };
        expect![[r"
            R1    passed      12.0 s
            R12   FAILED     600.0 s"]]
        .assert_eq(&table(&[verdict("R1", true, 12), verdict("R12", false, 600)]));
    }

    #[test]
    fn what_a_proof_says_is_kept_and_how_it_ended() {
        let script = "echo building; echo 'PROOF R1 | SQLite | 12 commits, 0 lost'; exit 3";
        let (passed, figures) = listen(Command::new("sh").args(["-c", script])).unwrap();
        assert!(!passed);
        assert_eq!(figures, Figure::of("PROOF R1 | SQLite | 12 commits, 0 lost").as_slice());
    }
}
