//! The one place that prints.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    process::ExitCode,
};

use owo_colors::Stream;
use serde::Serialize;

use crate::cli::{Failure, Paint, Report, failure::Kind, paint::has_colours};

/// Prints to standard output what was asked for, and to standard error everything else.
#[derive(Debug)]
pub(crate) struct Console {
    json: bool,
    paint: Paint,
}

impl Console {
    pub(crate) fn standard(json: bool) -> Self {
        Self { json, paint: Paint { colours: has_colours(Stream::Stdout) } }
    }

    /// The whole answer of a command.
    pub(crate) fn report(&self, report: &impl Report) -> Result<(), Failure> {
        let text =
            if self.json { serde_json::to_string_pretty(report)? } else { report.text(self.paint) };
        print(&text)
    }

    /// A part of an answer that is a stream.
    pub(crate) fn line(&self, report: &impl Report) -> Result<(), Failure> {
        let text = if self.json { serde_json::to_string(report)? } else { report.text(self.paint) };
        print(&text)
    }

    /// A part of a file, as it is.
    pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        Ok(stdout.flush()?)
    }

    /// Whether machines read what is printed.
    pub(crate) fn speaks_json(&self) -> bool {
        self.json
    }

    /// Something that people want to know on the way, and machines do not.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            say(text);
        }
    }

    /// What whoever reads an answer has to know beside it, be it a person or a machine.
    pub(crate) fn warn(&self, warning: &Failure) {
        if self.json {
            #[derive(Serialize)]
            struct Document<'f> {
                warning: &'f Failure,
            }
            let document = serde_json::to_string(&Document { warning });
            say(&document.expect("texts are always JSON"));
        } else {
            let paint = Paint { colours: has_colours(Stream::Stderr) };
            say(&for_people(&paint.strong("warning:"), warning, paint));
        }
    }

    /// How far something is that takes a while: a line that changes, at a terminal alone.
    pub(crate) fn progress(&self, text: &str) {
        if self.shows_progress() {
            rewrite(text);
        }
    }

    /// The line that changes has changed for the last time.
    pub(crate) fn progress_over(&self) {
        if self.shows_progress() {
            rewrite("");
        }
    }

    fn shows_progress(&self) -> bool {
        !self.json && io::stderr().is_terminal()
    }

    /// Whether somebody at the terminal agrees; `yes` answers for them.
    pub(crate) fn confirm(&self, question: &str, yes: bool) -> Result<bool, Failure> {
        if yes {
            return Ok(true);
        }
        let stdin = io::stdin();
        if self.json || !stdin.is_terminal() || !io::stderr().is_terminal() {
            return Err(
                Failure::usage("nobody is here to confirm").help("say --yes if you are sure")
            );
        }
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} [y/N] ")?;
        stderr.flush()?;
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Tells why a command failed; its exit code.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        match failure.kind {
            Kind::NobodyListens => return ExitCode::SUCCESS,
            Kind::Failed | Kind::Usage => {}
        }
        if self.json {
            #[derive(Serialize)]
            struct Document<'f> {
                error: &'f Failure,
            }
            let document = serde_json::to_string(&Document { error: failure });
            say(&document.expect("texts are always JSON"));
        } else {
            let paint = Paint { colours: has_colours(Stream::Stderr) };
            say(&for_people(&paint.bad("error:"), failure, paint));
        }
        ExitCode::from(if failure.kind == Kind::Usage { 2 } else { 1 })
    }
}

fn for_people(kind: &str, failure: &Failure, paint: Paint) -> String {
    let Failure { message, causes, help, kind: _ } = failure;
    let mut lines = vec![format!("{kind} {message}")];
    lines.extend(causes.iter().map(|cause| format!("  - {}", cause.replace('\n', "\n    "))));
    lines.extend(help.iter().map(|help| format!("{} {help}", paint.good("help:"))));
    lines.join("\n")
}

fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.write_all(b"\n")?;
    Ok(stdout.flush()?)
}

/// Puts a text into the place of the last line of a terminal.
fn rewrite(text: &str) {
    let mut stderr = io::stderr().lock();
    drop(write!(stderr, "\r\u{1b}[K{text}").and_then(|()| stderr.flush()));
}

/// A message that nobody can hear is no reason to fail.
fn say(text: &str) {
    let mut stderr = io::stderr().lock();
    drop(stderr.write_all(text.as_bytes()).and_then(|()| stderr.write_all(b"\n")));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_failure_says_what_why_and_how_to_go_on() {
        let failure = Failure {
            causes: vec!["the file is locked".to_owned(), "line one\nline two".to_owned()],
            ..Failure::new("the database cannot be opened").help("stop the other program")
        };
        expect![[r"
            error: the database cannot be opened
              - the file is locked
              - line one
                line two
            help: stop the other program"]]
        .assert_eq(&for_people("error:", &failure, Paint::PLAIN));
    }
}
