//! Texts as a search compares them.

use unicode_normalization::UnicodeNormalization as _;

/// The text without letter case, and however its letters are composed.
///
/// Searches compare what is folded here, since the engines of databases fold letters differently.
#[must_use]
pub fn folded(text: &str) -> String {
    text.to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_and_composition_do_not_matter() {
        assert_eq!(folded("ÉCOLE"), folded("e\u{301}cole"));
        assert_ne!(folded("école"), folded("ecole"));
    }
}
