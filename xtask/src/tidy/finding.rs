//! One thing that is not tidy, and how it is shown.

use std::path::{Path, PathBuf};

use owo_colors::{OwoColorize as _, Stream};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Warning,
    Error,
}

/// One thing that is not tidy; findings sort by place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    path: PathBuf,
    line: usize,
    rule: &'static str,
    severity: Severity,
    what: String,
    help: &'static str,
}

impl Finding {
    /// What fails the check.
    pub(super) fn error(
        rule: &'static str,
        path: &Path,
        line: usize,
        what: impl Into<String>,
        help: &'static str,
    ) -> Self {
        Self {
            path: path.to_owned(),
            line,
            rule,
            severity: Severity::Error,
            what: what.into(),
            help,
        }
    }

    /// The same place and words, but nothing that fails the check.
    pub(super) fn into_warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    pub(super) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// As rustc would say it.
    pub(super) fn shown(&self) -> String {
        let Self { path, line, rule, severity, what, help } = self;
        let severity = match severity {
            Severity::Warning => {
                "warning".if_supports_color(Stream::Stderr, |text| text.yellow()).to_string()
            }
            Severity::Error => {
                "error".if_supports_color(Stream::Stderr, |text| text.red()).to_string()
            }
        };
        let arrow = "-->".if_supports_color(Stream::Stderr, |text| text.blue()).to_string();
        format!(
            "{severity}[{rule}]: {what}\n  {arrow} {}:{line}\n   = help: {help}\n",
            path.display()
        )
    }

    /// In one line, for the tests of the rules.
    #[cfg(test)]
    pub(super) fn in_short(&self) -> String {
        let Self { path, line, rule, severity, what, help: _ } = self;
        let severity = if *severity == Severity::Error { "error" } else { "warning" };
        format!("{severity}[{rule}] {}:{line}: {what}", path.display())
    }
}

/// Findings in one line each.
#[cfg(test)]
pub(super) fn in_short(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.in_short() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_finding_says_where_what_and_how() {
        let path = Path::new("crates/mail/src/queue.rs");
        let finding = Finding::error("module-comment", path, 1, "no purpose", "say what it is for");
        expect![[r"
            error[module-comment]: no purpose
              --> crates/mail/src/queue.rs:1
               = help: say what it is for
        "]]
        .assert_eq(&finding.shown());
        assert!(finding.is_error());
        assert!(!finding.into_warning().is_error());
    }
}
