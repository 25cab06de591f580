//! The page that tells what the proofs found last: a section for each form, and each run writes its own.

use std::{collections::BTreeMap, fmt, fmt::Write as _, time::Duration};

use super::{Verdict, machine::Machine};
use crate::console;

/// How hard proofs try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Short,
    Long,
}

impl Form {
    const ALL: [Self; 2] = [Self::Short, Self::Long];

    fn heading(self) -> String {
        format!("## The {self} forms\n")
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "short",
            Self::Long => "long",
        })
    }
}

/// A run of every rung.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) form: Form,
    pub(crate) seed: u64,
    pub(crate) took: Duration,
    /// What the PostgreSQL server is called.
    pub(crate) server: &'a str,
    pub(crate) verdicts: &'a [Verdict],
}

const HEAD: &str = "\
# Proof

What `cargo xtask prove` found last: every promise with its verdict, and the figures that its proofs gave.
The short forms are those that CI runs with every test; `--long` tries harder.
Each proof has a negative control, the same harness on a deliberately broken variant, and passes only when that is found broken.
This page is written by the program, a section by each run.
";

/// What stands in the place of a section that was never written.
const NOT_YET: &str = "\nThey have not been run yet.\n";

/// The page with another section for this form.
pub(crate) fn with(page: &str, form: Form, section: &str) -> String {
    let mut text = HEAD.to_owned();
    for one in Form::ALL {
        let kept = found(page, one).unwrap_or(NOT_YET);
        let section = if one == form { section } else { kept };
        write!(text, "\n{}{section}", one.heading()).expect("a String takes everything");
    }
    text
}

/// The section of a form in a page, without its heading and what parts it from the next one.
fn found(page: &str, form: Form) -> Option<&str> {
    let heading = form.heading();
    let (_, rest) = page.split_once(heading.as_str())?;
    Some(rest.split_once("\n## ").map_or(rest, |(section, _)| section))
}

/// What a run found, behind its heading.
pub(crate) fn section(run: &Run<'_>, machine: &Machine) -> String {
    let mut text = String::new();
    write_section(&mut text, run, machine).expect("a String takes everything");
    text
}

fn write_section(text: &mut String, run: &Run<'_>, machine: &Machine) -> fmt::Result {
    let Machine { cores, memory, system, commit, date } = machine;
    let minutes = run.took.as_secs_f64() / 60.0;
    writeln!(text, "\n{date}, commit {commit}, `--seed {}`, {minutes:.1} minutes.", run.seed)?;
    let memory = memory.map_or_else(String::new, |mebibytes| {
        format!(", {} GiB of memory", mebibytes.div_ceil(1024))
    });
    writeln!(text, "{cores} cores{memory}, {system}; {}.", engines(run))?;
    writeln!(text, "\n| rung | promise | verdict | seconds |\n|---|---|---|---|")?;
    for Verdict { rung, passed, took, .. } in run.verdicts {
        let verdict = if *passed { "passed" } else { "**failed**" };
        writeln!(
            text,
            "| {rung} | {} | {verdict} | {} |",
            rung.promise(),
            console::seconds(*took)
        )?;
    }
    for Verdict { rung, figures, .. } in run.verdicts {
        let mut figures = figures.iter().filter(|figure| figure.version().is_none()).peekable();
        if figures.peek().is_some() {
            writeln!(text, "\n### {rung}: {}\n", rung.promise())?;
        }
        for figure in figures {
            writeln!(text, "- {}: {}", figure.engine, figure.text)?;
        }
    }
    Ok(())
}

/// The engines with their versions, as the proofs were told them.
fn engines(run: &Run<'_>) -> String {
    let figures = run.verdicts.iter().flat_map(|verdict| &verdict.figures);
    let versions = figures.filter_map(|figure| Some((figure.engine.as_str(), figure.version()?)));
    let versions: BTreeMap<&str, &str> = versions.collect();
    if versions.is_empty() {
        return format!("SQLite and {}", run.server);
    }
    let named = versions.iter().map(|(engine, version)| format!("{engine} {version}"));
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::prove::figure::Figure;

    fn verdict(rung: &str, passed: bool, figures: &[&str]) -> Verdict {
        Verdict {
            rung: rung.parse().unwrap(),
            passed,
            took: Duration::from_millis(12_340),
            figures: figures.iter().filter_map(|line| Figure::of(line)).collect(),
        }
    }

    fn machine() -> Machine {
        Machine {
            cores: 2,
            memory: Some(24_003),
            system: "Linux 6.1.0".to_owned(),
            commit: "0123456789".to_owned(),
            date: "2026-01-05".to_owned(),
        }
    }

    #[test]
    fn a_section_tells_verdicts_figures_and_the_machine() {
        let verdicts = [
            verdict("R1", true, &["PROOF R1 | SQLite | 0 of 120 lost"]),
            verdict("R12", false, &["PROOF R12 | SQLite | version 3.50.4"]),
        ];
        let took = Duration::from_secs(90);
        let run =
            Run { form: Form::Short, seed: 7, took, server: "PostgreSQL 15", verdicts: &verdicts };
        expect![[r"

            2026-01-05, commit 0123456789, `--seed 7`, 1.5 minutes.
            2 cores, 24 GiB of memory, Linux 6.1.0; SQLite 3.50.4.

            | rung | promise | verdict | seconds |
            |---|---|---|---|
            | R1 | lossless | passed | 12.3 |
            | R12 | both engines alike, and many writers on SQLite | **failed** | 12.3 |

            ### R1: lossless

            - SQLite: 0 of 120 lost
        "]]
        .assert_eq(&section(&run, &machine()));
    }

    #[test]
    fn engines_that_tell_no_version_are_named_all_the_same() {
        let run = Run {
            form: Form::Long,
            seed: 7,
            took: Duration::ZERO,
            server: "PostgreSQL 15.18",
            verdicts: &[],
        };
        assert_eq!(engines(&run), "SQLite and PostgreSQL 15.18");
    }

    #[test]
    fn a_run_leaves_the_section_of_the_other_form_alone() {
        let first = with("", Form::Long, "\nlong, first\n");
        expect![[r"

            ## The short forms

            They have not been run yet.

            ## The long forms

            long, first
        "]]
        .assert_eq(first.strip_prefix(HEAD).unwrap());
        let both = with(&first, Form::Short, "\nshort, second\n");
        let again = with(&both, Form::Long, "\nlong, third\n");
        expect![[r"

            ## The short forms

            short, second

            ## The long forms

            long, third
        "]]
        .assert_eq(again.strip_prefix(HEAD).unwrap());
        assert_eq!(with(&again, Form::Long, "\nlong, third\n"), again, "nothing grows");
    }

    #[test]
    fn the_page_in_the_repository_has_both_sections() {
        let page = std::fs::read_to_string(crate::process::root().join("docs/proof.md")).unwrap();
        assert!(Form::ALL.iter().all(|form| found(&page, *form).is_some()));
        assert!(page.starts_with(HEAD), "the page is written by the program");
    }
}
