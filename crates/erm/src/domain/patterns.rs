//! Patterns that texts must match, in time that grows with the text and never faster.

use std::{fmt, sync::OnceLock};

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// The longest pattern, in characters.
const LONGEST: usize = 500;
/// How much a compiled pattern may take, in bytes: the worst ones need that many steps for each byte of a text, so a
/// repetition of a large class, e.g. `\w{1,20}`, is said with `max_length`.
const SIZE: usize = 256 << 10;
/// How deep groups may lie in each other.
const NESTING: u32 = 50;

/// A regular expression: it is searched for in a text, so whoever means the whole text anchors it. Compiled when first used.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidPattern {
    #[error("longer than {LONGEST} characters")]
    TooLong,
    #[error("too large when compiled")]
    TooLarge,
    #[error("{0}")]
    Syntax(String),
}

impl Pattern {
    /// The pattern that this text is.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidPattern> {
        if text.chars().take(LONGEST + 1).count() > LONGEST {
            return Err(InvalidPattern::TooLong);
        }
        let compiled = compile(text).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => InvalidPattern::TooLarge,
            // The last line says what is wrong; those before it draw an arrow.
            error => {
                let reason = error.to_string();
                let last = reason.lines().last().unwrap_or_default();
                InvalidPattern::Syntax(last.trim_start_matches("error: ").to_owned())
            }
        })?;
        Ok(Self { text: text.to_owned(), compiled: OnceLock::from(Some(compiled)) })
    }

    /// The pattern as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is found in `text`; nobody knows if what was a pattern once is none any more.
    pub(crate) fn is_in(&self, text: &str) -> Option<bool> {
        let compiled = self.compiled.get_or_init(|| compile(&self.text).ok());
        compiled.as_ref().map(|regex| regex.is_match(text))
    }
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(SIZE).nest_limit(NESTING).build()
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_pattern_is_searched_for_unless_it_is_anchored() {
        let is_in = |pattern: &str, text| Pattern::parse(pattern).unwrap().is_in(text);
        assert_eq!(is_in("@", "ada@example.com"), Some(true));
        assert_eq!(is_in("^[a-z]+$", "ada"), Some(true));
        assert_eq!(is_in("^[a-z]+$", "ada\n"), Some(false));
    }

    #[test]
    fn what_does_not_compile_is_none() {
        let error = |text: &str| Pattern::parse(text).unwrap_err().to_string();
        expect!["unclosed group"].assert_eq(&error("a("));
        expect!["look-around, including look-ahead and look-behind, is not supported"]
            .assert_eq(&error("(?=a)b"));
        expect!["longer than 500 characters"].assert_eq(&error(&"ü".repeat(501)));
        expect!["too large when compiled"].assert_eq(&error(r"(?:\pL{200}){200}"));
        expect!["exceed the maximum number of nested parentheses/brackets (50)"]
            .assert_eq(&error(&format!("{}{}", "(".repeat(60), ")".repeat(60))));
    }

    #[test]
    fn what_was_stored_is_compiled_when_it_is_used() {
        let stored: Pattern = serde_json::from_str("\"a(\"").unwrap();
        assert_eq!(stored.is_in("a"), None);
        assert_eq!(serde_json::to_string(&stored).unwrap(), "\"a(\"");
    }
}
