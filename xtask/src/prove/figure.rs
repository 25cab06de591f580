//! What proofs find, as they say it: `PROOF R6 | SQLite | 990 of 1000 keys at the head`.
//!
//! `perme8_events::testing::figure` writes such lines.

use super::rung::Rung;

/// Where a figure begins in a line; whoever runs the proof may have written something before it.
const MARK: &str = "PROOF ";

/// What a proof found on one engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) rung: Rung,
    pub(crate) engine: String,
    pub(crate) text: String,
}

impl Figure {
    /// The figure in a line, if there is one.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let (_, figure) = line.split_once(MARK)?;
        let mut parts = figure.splitn(3, " | ");
        let rung = parts.next()?.parse().ok()?;
        let (engine, text) = (parts.next()?.to_owned(), parts.next()?.trim_end().to_owned());
        Some(Self { rung, engine, text })
    }

    /// The version of its engine, if that is what it says.
    pub(crate) fn version(&self) -> Option<&str> {
        self.text.strip_prefix("version ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_names_its_rung_and_its_engine() {
        let figure = Figure::of("test x ... PROOF R6 | SQLite | 990 | 1000 keys at the head ");
        let figure = figure.unwrap();
        assert_eq!(figure.rung.to_string(), "R6");
        assert_eq!(
            (figure.engine.as_str(), figure.text.as_str()),
            ("SQLite", "990 | 1000 keys at the head")
        );
        assert_eq!(figure.version(), None);
        let version = Figure::of("PROOF R12 | PostgreSQL | version 15.18").unwrap();
        assert_eq!(version.version(), Some("15.18"));
    }

    #[test]
    fn other_lines_hold_no_figure() {
        for line in
            ["", "R6 | SQLite | 1", "PROOF R6", "PROOF R6 | SQLite", "PROOF R9 | SQLite | 1"]
        {
            assert_eq!(Figure::of(line), None, "{line}");
        }
    }
}
