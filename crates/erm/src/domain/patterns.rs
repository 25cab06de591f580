//! Patterns that texts must match, in time that grows with the text and never faster.

use std::{fmt, sync::OnceLock};

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest pattern, in characters.
const LONGEST: usize = 500;
/// How much a compiled pattern may take, in bytes: the worst ones need that many steps for each byte of a text, so a
/// repetition of a large class, e.g. `\w{1,20}`, is said with `max_length`.
const SIZE: usize = 256 << 10;
/// How much one takes at most that counts once; `\w` alone needs three quarters of it.
const SMALL: usize = 64 << 10;
/// How often a larger one counts.
const LARGE_COUNTS: usize = SIZE / SMALL;
/// How many patterns a schema has at most.
const MOST: usize = 200;
/// How much a pattern remembers of the texts that it was searched for in, in bytes.
const MEMORY: usize = 256 << 10;
/// How deep groups may lie in each other.
const NESTING: u32 = 50;

/// A regular expression: it is searched for in a text, so whoever means the whole text anchors it. Compiled when first used.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(inline)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

/// How many more patterns a schema may have, so that all of them together stay small.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST)
    }
}

impl Budget {
    fn spend(&mut self, count: usize) -> Result<(), InvalidPattern> {
        self.0 = self.0.checked_sub(count).ok_or(InvalidPattern::TooMany)?;
        Ok(())
    }
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidPattern {
    #[error("a schema has at most {MOST}, of which large ones count as {LARGE_COUNTS}")]
    TooMany,
    #[error("longer than {LONGEST} characters")]
    TooLong,
    #[error("too large when compiled")]
    TooLarge,
    #[error("{0}")]
    Syntax(String),
}

impl Pattern {
    /// The pattern that this text is, if the budget allows one more. One that is none counts, too: it was looked at.
    pub(crate) fn parse(text: &str, budget: &mut Budget) -> Result<Self, InvalidPattern> {
        budget.spend(1)?;
        if text.chars().take(LONGEST + 1).count() > LONGEST {
            return Err(InvalidPattern::TooLong);
        }
        let mut compiled = compile(text, SMALL);
        if matches!(compiled, Err(regex::Error::CompiledTooBig(_))) {
            budget.spend(LARGE_COUNTS - 1)?;
            compiled = compile(text, SIZE);
        }
        let compiled = compiled.map_err(|error| {
            if matches!(error, regex::Error::CompiledTooBig(_)) {
                return InvalidPattern::TooLarge;
            }
            // The last line says what is wrong; those before it draw an arrow.
            let reason = error.to_string();
            let last = reason.lines().last().unwrap_or_default();
            InvalidPattern::Syntax(last.trim_start_matches("error: ").to_owned())
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
        let compiled = self.compiled.get_or_init(|| compile(&self.text, SIZE).ok());
        compiled.as_ref().map(|regex| regex.is_match(text))
    }
}

fn compile(text: &str, size: usize) -> Result<Regex, regex::Error> {
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(size).dfa_size_limit(MEMORY).nest_limit(NESTING).build()
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

    fn parse(text: &str) -> Result<Pattern, InvalidPattern> {
        Pattern::parse(text, &mut Budget::default())
    }

    #[test]
    fn a_pattern_is_searched_for_unless_it_is_anchored() {
        let is_in = |pattern: &str, text| parse(pattern).unwrap().is_in(text);
        assert_eq!(is_in("@", "ada@example.com"), Some(true));
        assert_eq!(is_in("^[a-z]+$", "ada"), Some(true));
        assert_eq!(is_in("^[a-z]+$", "ada\n"), Some(false));
    }

    #[test]
    fn what_does_not_compile_is_none() {
        let error = |text: &str| parse(text).unwrap_err().to_string();
        expect!["unclosed group"].assert_eq(&error("a("));
        expect!["look-around, including look-ahead and look-behind, is not supported"]
            .assert_eq(&error("(?=a)b"));
        expect!["longer than 500 characters"].assert_eq(&error(&"ü".repeat(501)));
        expect!["too large when compiled"].assert_eq(&error(r"(?:\pL{200}){200}"));
        expect!["exceed the maximum number of nested parentheses/brackets (50)"]
            .assert_eq(&error(&format!("{}{}", "(".repeat(60), ")".repeat(60))));
    }

    #[test]
    fn large_patterns_count_as_four() {
        let mut budget = Budget::default();
        let mut spent = |text: &str| {
            let before = budget.0;
            let outcome = Pattern::parse(text, &mut budget).map(|_| ());
            (before - budget.0, outcome)
        };
        for (small, large) in [(r"^\w+$", r"^\w+@\w+\.\w+$"), ("@", r"^\p{Lu}\p{L}*( \p{L}+)*$")] {
            assert_eq!(spent(small), (1, Ok(())), "{small}");
            assert_eq!(spent(large), (4, Ok(())), "{large}");
        }
        assert_eq!(spent(&"x".repeat(501)), (1, Err(InvalidPattern::TooLong)));
        assert_eq!(spent(r"(?:\pL{200}){200}"), (4, Err(InvalidPattern::TooLarge)));
    }

    #[test]
    fn what_was_stored_is_compiled_when_it_is_used() {
        let stored: Pattern = serde_json::from_str("\"a(\"").unwrap();
        assert_eq!(stored.is_in("a"), None);
        assert_eq!(serde_json::to_string(&stored).unwrap(), "\"a(\"");
    }
}
