//! Violations, and how they look on a terminal and to a machine.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, sync::Arc};

use owo_colors::{OwoColorize as _, Style};
use serde::{Serialize, Serializer};

use super::rules::Rule;

/// Where in the workspace something stands; lines and columns count from one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Relative to the root of the workspace.
    pub(crate) file: Arc<str>,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// How many characters the carets underline.
    pub(crate) width: usize,
}

impl Place {
    pub(crate) fn new(file: &Arc<str>, line: usize, column: usize, width: usize) -> Self {
        Self { file: Arc::clone(file), line, column, width }
    }

    /// The bytes `range` of a file whose text is `text`.
    pub(crate) fn of_bytes(file: &Arc<str>, text: &str, range: std::ops::Range<usize>) -> Self {
        let before = &text[..range.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let width = text[range].lines().next().unwrap_or_default().chars().count();
        Self::new(
            file,
            before.matches('\n').count() + 1,
            text[line_start..line_start + (before.len() - line_start)].chars().count() + 1,
            width,
        )
    }
}

/// Something that is not as boundaries.toml says.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) rule: Rule,
    pub(crate) krate: String,
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) why: String,
    pub(crate) help: String,
}

impl Serialize for Violation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a> {
            rule: u8,
            code: String,
            #[serde(rename = "crate")]
            krate: &'a str,
            file: &'a str,
            line: usize,
            column: usize,
            message: &'a str,
            why: &'a str,
            help: &'a str,
        }
        let Self { rule, krate, place, message, why, help } = self;
        Flat {
            rule: rule.number(),
            code: rule.to_string(),
            krate,
            file: &place.file,
            line: place.line,
            column: place.column,
            message,
            why,
            help,
        }
        .serialize(serializer)
    }
}

/// Collects what the rules find.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) violations: Vec<Violation>,
    /// Remarks that are no violations, such as a part that could not be checked.
    pub(crate) notes: Vec<String>,
}

impl Report {
    pub(crate) fn add(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    /// By rule, then by place, each thing once.
    pub(crate) fn sort(&mut self) {
        let key = |violation: &Violation| {
            (violation.rule, violation.place.clone(), violation.message.clone())
        };
        self.violations.sort_by_cached_key(key);
        self.violations.dedup_by_key(|violation| key(violation));
    }

    /// The violations as the compiler would print them.
    pub(crate) fn render(&self, root: &Path, paint: Paint) -> String {
        let mut sources = Sources { root, texts: BTreeMap::new() };
        let rendered: Vec<String> =
            self.violations.iter().map(|violation| sources.render(violation, paint)).collect();
        rendered.join("\n")
    }
}

/// Whether to colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    /// Colours on a terminal that has them and whose user wants them, none elsewhere.
    pub(crate) fn for_stdout() -> Self {
        let probe =
            "·".if_supports_color(owo_colors::Stream::Stdout, |text| text.red()).to_string();
        Self(probe != "·")
    }

    fn style(self, style: Style, text: &str) -> String {
        if self.0 { text.style(style).to_string() } else { text.to_owned() }
    }

    fn error(self, text: &str) -> String {
        self.style(Style::new().bright_red().bold(), text)
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.style(Style::new().bold(), text)
    }

    fn frame(self, text: &str) -> String {
        self.style(Style::new().bright_blue().bold(), text)
    }
}

struct Sources<'a> {
    root: &'a Path,
    texts: BTreeMap<Arc<str>, Vec<String>>,
}

impl Sources<'_> {
    fn line(&mut self, place: &Place) -> Option<&str> {
        let lines = self.texts.entry(Arc::clone(&place.file)).or_insert_with(|| {
            let text = fs::read_to_string(self.root.join(&*place.file)).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        });
        lines.get(place.line.checked_sub(1)?).map(String::as_str)
    }

    fn render(&mut self, violation: &Violation, paint: Paint) -> String {
        let Violation { rule, krate: _, place, message, why, help } = violation;
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        let bar = paint.frame("|");
        let mut text = format!(
            "{}{}\n{margin}{} {}:{}:{}\n",
            paint.error(&format!("error[{rule}]")),
            paint.strong(&format!(": {message}")),
            paint.frame("-->"),
            place.file,
            place.line,
            place.column,
        );
        if let Some(source) = self.line(place).filter(|line| !line.trim().is_empty()) {
            let indent = " ".repeat(place.column.saturating_sub(1));
            let room = source.chars().count().saturating_sub(place.column - 1);
            let carets = "^".repeat(place.width.min(room).max(1));
            let carets = paint.error(&carets);
            let number = paint.frame(&number);
            let _ = write!(
                text,
                "{margin} {bar}\n{number} {bar} {source}\n{margin} {bar} {indent}{carets}\n"
            );
        }
        let _ = writeln!(text, "{margin} {bar}");
        for (label, words) in [("note", why), ("help", help)] {
            let words = words.replace('\n', &format!("\n{margin}         "));
            let (sign, label) = (paint.frame("="), paint.strong(label));
            let _ = writeln!(text, "{margin} {sign} {label}: {words}");
        }
        text
    }
}
