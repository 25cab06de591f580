//! What every command of xtask looks like on a terminal; all of it goes to standard error.

use std::time::Duration;

use owo_colors::{OwoColorize as _, Stream};

/// Announces what starts now.
pub(crate) fn step(what: &str) {
    eprintln!("{} {what}", "──".if_supports_color(Stream::Stderr, |text| text.cyan()));
}

/// Says how something ended that took a while.
pub(crate) fn ended(what: &str, passed: bool, took: Duration) {
    let verdict = if passed {
        "ok".if_supports_color(Stream::Stderr, |text| text.green()).to_string()
    } else {
        "failed".if_supports_color(Stream::Stderr, |text| text.red()).to_string()
    };
    eprintln!("{:>8} s  {what:<10} {verdict}", seconds(took));
}

/// A remark that is not an error.
pub(crate) fn note(what: &str) {
    eprintln!("{} {what}", "note:".if_supports_color(Stream::Stderr, |text| text.yellow()));
}

/// What to do next, after a failure.
pub(crate) fn help(what: &str) {
    eprintln!("{} {what}", "help:".if_supports_color(Stream::Stderr, |text| text.cyan()));
}

/// Something that must not be overlooked.
pub(crate) fn warning_box(lines: &[&str]) {
    for line in boxed(lines) {
        eprintln!("{}", line.if_supports_color(Stream::Stderr, |text| text.yellow()));
    }
}

/// Seconds with one digit after the point.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}

fn boxed(lines: &[&str]) -> Vec<String> {
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let rule = "═".repeat(width + 2);
    std::iter::once(format!("╔{rule}╗"))
        .chain(lines.iter().map(|line| format!("║ {line:<width$} ║")))
        .chain(std::iter::once(format!("╚{rule}╝")))
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_box_is_as_wide_as_its_longest_line() {
        expect![[r"
            ╔════════════════════════╗
            ║ PostgreSQL: left out   ║
            ║ apt-get install → both ║
            ╚════════════════════════╝"]]
        .assert_eq(&boxed(&["PostgreSQL: left out", "apt-get install → both"]).join("\n"));
    }
}
