//! Starting programs, with errors that name the command.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};

use crate::environment;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}

/// The cargo that runs us, at the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut command =
        Command::new(environment::variable("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Whether a program answers, which is how a missing one is told from a failing one.
pub(crate) fn answers(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a command that talks to the terminal itself; `false` when it failed.
pub(crate) fn succeeds(command: &mut Command) -> anyhow::Result<bool> {
    let status = command.status().with_context(|| format!("cannot start `{}`", words(command)))?;
    Ok(status.success())
}

/// The same, and hears every line of its standard output, which is shown.
pub(crate) fn heard(command: &mut Command, mut hear: impl FnMut(&str)) -> anyhow::Result<bool> {
    let words = words(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{words}`"))?;
    let output = child.stdout.take().expect("its output is piped");
    for line in BufReader::new(output).lines() {
        let line = line.with_context(|| format!("cannot read what `{words}` says"))?;
        println!("{line}");
        hear(&line);
    }
    let status = child.wait().with_context(|| format!("cannot wait for `{words}`"))?;
    Ok(status.success())
}

/// Runs a command for what it writes to its standard output.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", words(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` ended with {}\n{}", words(command), output.status, complaint.trim_end());
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` wrote something that is not UTF-8", words(command)))
}

/// The command as somebody would type it.
pub(crate) fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| match word.to_string_lossy() {
            plain if plain.contains([' ', '(']) => format!("'{plain}'"),
            plain => plain.into_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/opt/rust/bin/cargo");
        command.args(["nextest", "run", "-E", "test(/^r1_/)"]);
        assert_eq!(words(&command), "cargo nextest run -E 'test(/^r1_/)'");
    }

    #[test]
    fn a_failing_command_says_what_it_complained_about() {
        let error =
            output(Command::new("sh").args(["-c", "echo no such thing >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().ends_with("exit status: 3\nno such thing"), "{error}");
    }

    #[test]
    fn a_missing_program_does_not_answer() {
        assert!(!answers(&mut Command::new("there-is-no-such-program")));
    }
}
