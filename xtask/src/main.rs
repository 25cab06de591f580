//! `cargo xtask`: everything that is done to this workspace, with no script beside it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool prints")]

mod bench;
mod boundary;
mod catalogue;
mod check;
mod codegen;
mod console;
mod environment;
mod events;
mod generated;
mod history;
mod node;
mod postgres;
mod process;
mod prove;
mod scaffold;
mod scratch;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Everything that is done to this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every test, on SQLite and on PostgreSQL, and with the programs of others that run under Node
    Test(test::Args),
    /// Do everything that CI does, in order of speed, up to the first failure
    Check(check::Args),
    /// Hold the habits that are visible in text and manifests
    Tidy,
    /// Hold the architecture: who may name whom, what is exported, who owns which table
    Boundary(boundary::Args),
    /// Write what follows from the source: the golden files of events, the documents, the contracts
    Codegen(codegen::Args),
    /// Hold or write the golden files of every event
    Events(events::Args),
    /// Write an event: its struct, and its name wherever events are listed
    NewEvent(scaffold::EventArgs),
    /// Write a handler of an event: its file, its export and its place in the host
    NewHandler(scaffold::HandlerArgs),
    /// Write a use case: its file, a method of the facade, and its row in the matrix of rights
    NewUseCase(scaffold::UseCaseArgs),
    /// Write a context: a crate that begins one kind of thing, declared, migrated and known to the host
    NewContext(scaffold::ContextArgs),
    /// Run the proofs of what the event core promises, and tell what they found in docs/proof.md
    Prove(prove::Args),
    /// Measure; without a name, list what can be measured
    Bench(bench::Args),
    /// Start a throwaway PostgreSQL to try the second engine by hand
    Postgres(postgres::foreground::Args),
    /// Hold a cluster for another xtask
    #[command(hide = true)]
    PostgresKeeper(postgres::keeper::Args),
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `false` when something was found that is not as it should be.
fn run(command: &Command) -> anyhow::Result<bool> {
    match command {
        Command::Test(args) => test::run(args),
        Command::Check(args) => check::run(args),
        Command::Tidy => tidy::run(),
        Command::Boundary(args) => boundary::run(args),
        Command::Codegen(args) => codegen::run(args),
        Command::Events(args) => events::run(args),
        Command::NewEvent(args) => scaffold::new_event(args),
        Command::NewHandler(args) => scaffold::new_handler(args),
        Command::NewUseCase(args) => scaffold::new_use_case(args),
        Command::NewContext(args) => scaffold::new_context(args),
        Command::Prove(args) => prove::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Postgres(args) => postgres::foreground::run(args),
        Command::PostgresKeeper(args) => postgres::keeper::run(args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
