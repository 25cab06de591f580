//! `cargo xtask check`: everything that CI does, in order of speed.

mod dependencies;

use std::time::Instant;

use clap::{Parser as _, ValueEnum};

use crate::{boundary, catalogue::Source, codegen, console, process, test, tidy};

/// Which steps to take.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these steps
    #[arg(long, value_enum, value_name = "STEP")]
    only: Vec<Step>,
    /// All but these steps
    #[arg(long, value_enum, value_name = "STEP", conflicts_with = "only")]
    skip: Vec<Step>,
    /// Repair what can be repaired without thinking
    #[arg(long)]
    fix: bool,
}

/// One thing that CI looks at; the order is the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    Fmt,
    Tidy,
    Boundary,
    Codegen,
    Clippy,
    Doc,
    Test,
    Deny,
}

/// Takes the steps up to the first that fails; `false` when one did.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let started = Instant::now();
    let steps = chosen(&args.only, &args.skip);
    for step in &steps {
        let name = step.name();
        console::step(&name);
        let begun = Instant::now();
        let clean = step.take(args.fix)?;
        console::ended(&name, clean, begun.elapsed());
        if !clean {
            console::help(step.remedy());
            console::help(&format!("`cargo xtask check --only {name}` repeats this step alone"));
            return Ok(false);
        }
    }
    console::step(&format!(
        "{} steps, all clean, {} s",
        steps.len(),
        console::seconds(started.elapsed())
    ));
    Ok(true)
}

fn chosen(only: &[Step], skip: &[Step]) -> Vec<Step> {
    let wanted = |step: &Step| (only.is_empty() || only.contains(step)) && !skip.contains(step);
    Step::value_variants().iter().copied().filter(wanted).collect()
}

impl Step {
    fn name(self) -> String {
        let value = self.to_possible_value().expect("no step is hidden");
        value.get_name().to_owned()
    }

    fn take(self, fix: bool) -> anyhow::Result<bool> {
        let mut cargo = process::cargo();
        match self {
            Self::Fmt if fix => process::succeeds(cargo.args(["fmt", "--all"])),
            Self::Fmt => process::succeeds(cargo.args(["fmt", "--all", "--check"])),
            Self::Tidy => tidy::run(),
            Self::Boundary => boundary::run(&defaults::<boundary::Args>()),
            Self::Codegen if fix => {
                Ok(codegen::write(&Source::default())? && codegen::check(&Source::default())?)
            }
            Self::Codegen => codegen::check(&Source::default()),
            Self::Clippy => {
                cargo.args(["clippy", "--workspace", "--all-targets"]);
                if fix {
                    cargo.args(["--fix", "--allow-dirty", "--allow-staged"]);
                }
                // The second run sees the product and the examples as they are built: beside tests, every crate has its test kit.
                let built = ["perme8", "embed", "handler", "second-host"].into_iter();
                let built = built.flat_map(|package| ["--package", package]);
                let mut product = process::cargo();
                product.arg("clippy").args(built).args(["--", "-D", "warnings"]);
                Ok(process::succeeds(cargo.args(["--", "-D", "warnings"]))?
                    && process::succeeds(&mut product)?)
            }
            Self::Doc => process::succeeds(
                cargo
                    .args(["doc", "--workspace", "--no-deps", "--document-private-items"])
                    .env("RUSTDOCFLAGS", "-D warnings"),
            ),
            Self::Test => test::run(&test::Args::default()),
            Self::Deny => dependencies::check(),
        }
    }

    /// What to do about a failure.
    fn remedy(self) -> &'static str {
        match self {
            Self::Fmt => "`cargo fmt --all` formats everything",
            Self::Tidy => "each finding above says how to repair it",
            Self::Boundary => {
                "each finding above says how to repair it; `boundaries.toml` holds what is allowed"
            }
            Self::Codegen => {
                "`cargo xtask codegen` writes what differs; read the difference, then commit it"
            }
            Self::Clippy => {
                "`cargo xtask check --only clippy --fix` repairs what clippy can repair"
            }
            Self::Doc => "the links and tags named above are in doc comments",
            Self::Test => "`cargo xtask test -p <package> -- <name>` runs one test again",
            Self::Deny => "`deny.toml` holds what is allowed; a new entry needs its reason",
        }
    }
}

/// The arguments of another command when none are given.
fn defaults<A: clap::Args>() -> A {
    #[derive(clap::Parser)]
    struct None<A: clap::Args> {
        #[command(flatten)]
        args: A,
    }
    None::<A>::parse_from(["xtask"]).args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(steps: &[Step]) -> String {
        steps.iter().map(|step| step.name()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn all_steps_are_taken_in_order_of_speed() {
        assert_eq!(names(&chosen(&[], &[])), "fmt tidy boundary codegen clippy doc test deny");
    }

    #[test]
    fn chosen_steps_keep_their_order() {
        assert_eq!(names(&chosen(&[Step::Clippy, Step::Fmt], &[])), "fmt clippy");
        assert_eq!(names(&chosen(&[], &[Step::Test])), "fmt tidy boundary codegen clippy doc deny");
    }
}
