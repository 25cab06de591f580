//! What can be wrong with the fields of a command.

use std::fmt;

use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

/// Everything that is wrong with the fields of a command, in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(Vec<FieldError>);

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The name of the field, as in the command.
    pub field: &'static str,
    /// What is wrong with it; its `Display` is meant for the person who filled it in.
    pub problem: Problem,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Nothing was given, or only blanks.
    Blank,
    /// Fewer characters than needed.
    TooShort {
        /// So many are needed.
        min: usize,
    },
    /// More characters than allowed.
    TooLong {
        /// So many are allowed.
        max: usize,
    },
    /// More entries than allowed.
    TooMany {
        /// So many are allowed.
        max: usize,
    },
    /// Not of the form it must have, which the text names.
    Malformed(&'static str),
    /// Somebody else has it.
    Taken,
    /// A password that is found by guessing.
    Guessable,
    /// Not the secret that it should be.
    Wrong,
    /// What it is already.
    Unchanged,
    /// An instant that is over.
    Past,
}

impl FieldErrors {
    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// Whether anything is wrong with this field.
    #[must_use]
    pub fn concern(&self, field: &str) -> bool {
        self.iter().any(|error| error.field == field)
    }

    /// What is wrong with a single field.
    #[must_use]
    pub fn of(field: &'static str, problem: Problem) -> Self {
        Self(vec![FieldError { field, problem }])
    }

    /// A single line of 1 to `max` characters, without blanks around it; or one more error.
    ///
    /// Whoever reads it must see all of it, and in its order: characters that cannot be seen or that turn the direction of
    /// others around are refused, not removed, since somebody may have meant something by them. Those that choose the form of
    /// the character before them stay, as of pictures.
    pub fn line(&mut self, field: &'static str, text: &str, max: usize) -> Option<String> {
        self.check(field, line(text, max))
    }

    /// A text of several lines and at most `max` characters, none where there is nothing to see in it; or one more error.
    ///
    /// What orders the text around it anew is refused; joiners and marks stay, which some scripts need.
    pub fn paragraph(
        &mut self,
        field: &'static str,
        text: Option<&str>,
        max: usize,
    ) -> Option<Option<String>> {
        self.check(field, paragraph(text, max))
    }

    /// The same, where there must be something to see; or one more error.
    pub fn text(&mut self, field: &'static str, text: &str, max: usize) -> Option<String> {
        self.check(field, paragraph(Some(text), max).and_then(|text| text.ok_or(Problem::Blank)))
    }

    /// A colour such as `#4f46e5`, none where it is blank; or one more error.
    pub fn color(&mut self, field: &'static str, text: Option<&str>) -> Option<Option<String>> {
        self.check(field, color(text))
    }

    /// The value, or one more error.
    pub fn check<T>(&mut self, field: &'static str, checked: Result<T, Problem>) -> Option<T> {
        checked.map_err(|problem| self.0.push(FieldError { field, problem })).ok()
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, FieldError { field, problem }) in self.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{field} {problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("can't be blank"),
            Self::TooShort { min } => write!(f, "should be at least {min} character(s)"),
            Self::TooLong { max } => write!(f, "should be at most {max} character(s)"),
            Self::TooMany { max } => write!(f, "should have at most {max} item(s)"),
            Self::Malformed(expected) => f.write_str(expected),
            Self::Taken => f.write_str("has already been taken"),
            Self::Unchanged => f.write_str("did not change"),
            Self::Past => f.write_str("must be in the future"),
            Self::Wrong => f.write_str("is wrong"),
            Self::Guessable => f.write_str(
                "is too easy to guess: take more words, and none that have to do with each other or with you",
            ),
        }
    }
}

/// Whether a character cannot be seen, or turns the direction of others around, so that one name could pass for another.
pub(crate) fn is_invisible(c: char) -> bool {
    // Beside what Unicode lets fonts ignore: ends of lines and paragraphs, and an empty cell of Braille.
    let is_blank = matches!(c, '\u{2028}' | '\u{2029}' | '\u{2800}');
    is_blank || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a character does no more than choose the form of the one before it.
const fn chooses_form(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character embeds a text in the other direction, overrides the direction of letters, or isolates what follows.
const fn reorders(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A single line without blanks around it, 1 to `max` characters long.
fn line(text: &str, max: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Blank);
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::Malformed("must be a single line without control characters"));
    }
    if text.starts_with(chooses_form) || text.contains(|c| is_invisible(c) && !chooses_form(c)) {
        return Err(Problem::Malformed("must not have invisible characters"));
    }
    at_most(text, max)
}

/// A text of several lines, at most `max` characters long; nothing if there is nothing to see in it.
fn paragraph(text: Option<&str>, max: usize) -> Result<Option<String>, Problem> {
    let is_blank = |c: char| c.is_whitespace() || is_invisible(c);
    let Some(text) = text.map(str::trim).filter(|text| !text.chars().all(is_blank)) else {
        return Ok(None);
    };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Problem::Malformed("must not have control characters"));
    }
    if text.contains(reorders) {
        return Err(Problem::Malformed("must not have characters that reorder text"));
    }
    at_most(text, max).map(Some)
}

/// A colour such as `#4f46e5`, in lower case; nothing if it is blank.
fn color(text: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        Ok(Some(text.to_ascii_lowercase()))
    } else {
        Err(Problem::Malformed("must look like #rrggbb"))
    }
}

fn at_most(text: &str, max: usize) -> Result<String, Problem> {
    if text.chars().count() > max { Err(Problem::TooLong { max }) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_and_measured_in_characters() {
        assert_eq!(line("  Ada  ", 3), Ok("Ada".to_owned()));
        assert_eq!(line("Ädä", 3), Ok("Ädä".to_owned()));
        assert_eq!(line("Adas", 3), Err(Problem::TooLong { max: 3 }));
        assert_eq!(line(" \t ", 3), Err(Problem::Blank));
        assert!(matches!(line("A\0a", 3), Err(Problem::Malformed(_))));
        assert!(matches!(line("A\na", 3), Err(Problem::Malformed(_))));
    }

    #[test]
    fn what_cannot_be_seen_is_in_no_name() {
        for c in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200f}',
            '\u{2028}',
            '\u{202e}',
            '\u{2060}',
            '\u{2069}',
            '\u{2800}',
            '\u{3164}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{e0041}',
        ] {
            let refused = Err(Problem::Malformed("must not have invisible characters"));
            assert_eq!(line(&format!("A{c}a"), 9), refused, "{c:?}");
            assert!(line(&format!("{c}{c}"), 9).is_err(), "{c:?}");
        }
        assert!(line("A\u{2010}a", 9).is_ok(), "a hyphen is seen");
    }

    #[test]
    fn the_form_of_a_character_is_chosen_behind_it() {
        assert!(line("I \u{2764}\u{fe0f} \u{845b}\u{e0100}", 9).is_ok());
        assert!(line("\u{fe0f}", 9).is_err());
    }

    #[test]
    fn paragraphs_may_be_missing_and_have_lines() {
        assert_eq!(paragraph(None, 9), Ok(None));
        assert_eq!(paragraph(Some("  "), 9), Ok(None));
        assert_eq!(paragraph(Some("a\n\tb "), 9), Ok(Some("a\n\tb".to_owned())));
        assert!(matches!(paragraph(Some("a\0"), 9), Err(Problem::Malformed(_))));
        assert_eq!(paragraph(Some("0123456789"), 9), Err(Problem::TooLong { max: 9 }));
    }

    #[test]
    fn paragraphs_are_read_in_their_order() {
        assert!(
            paragraph(Some("می\u{200c}خواهم \u{200e}x"), 20).is_ok(),
            "words need joiners and marks"
        );
        assert_eq!(paragraph(Some("\u{3164} \u{200b}"), 9), Ok(None));
        for c in ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
            assert!(
                matches!(paragraph(Some(&format!("a{c}b")), 9), Err(Problem::Malformed(_))),
                "{c:?}"
            );
        }
    }

    #[test]
    fn colours_have_six_digits() {
        assert_eq!(color(Some("#4F46e5")), Ok(Some("#4f46e5".to_owned())));
        assert_eq!(color(Some("")), Ok(None));
        for text in ["4f46e5", "#4f46e", "#4f46e5a", "#4f46g5", "red", "#éé"] {
            assert!(matches!(color(Some(text)), Err(Problem::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn errors_read_like_sentences() {
        let mut errors = FieldErrors::default();
        errors.check("email", Err::<(), _>(Problem::Taken));
        errors.check("first_name", Err::<(), _>(Problem::TooLong { max: 100 }));
        expect_test::expect![
            "email has already been taken; first_name should be at most 100 character(s)"
        ]
        .assert_eq(&errors.to_string());
    }
}
