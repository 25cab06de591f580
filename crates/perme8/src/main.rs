//! The perme8 host.

use std::process::ExitCode;

fn main() -> ExitCode {
    perme8::run(std::env::args_os())
}
