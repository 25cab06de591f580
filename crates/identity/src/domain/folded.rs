//! Texts as a search compares them.

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization as _;

/// The dot of a decomposed capital İ, where the letter has become a small one, which has it anyway.
const DOTTED: &str = "i\u{307}";

/// The text without letter case, and however its letters are composed.
///
/// Searches compare what is folded here, since the engines of databases fold letters differently. It is the full folding of
/// Unicode, so that a word is found in the spelling of capitals, too: `ß` as `SS`, each sigma as `Σ`; and `İ` as any other `I`.
#[must_use]
pub fn folded(text: &str) -> String {
    let decomposed: String = text.nfd().collect();
    UniCase::unicode(decomposed).to_folded_case().replace(DOTTED, "i").nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_and_composition_do_not_matter() {
        assert_eq!(folded("ÉCOLE"), folded("e\u{301}cole"));
        assert_ne!(folded("école"), folded("ecole"));
    }

    #[test]
    fn letters_are_folded_that_have_no_capital_of_their_own() {
        for (one, other) in [
            ("Straße", "STRASSE"),
            ("STRAẞE", "straße"),
            ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
            ("σοφός", "ΣΟΦΌΣ"),
            ("İzmir", "izmir"),
            ("I\u{307}zmir", "IZMIR"),
            ("eﬃcient", "EFFICIENT"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} and {other}");
        }
        assert_eq!(folded(&folded("Straße ΣΟΦΌΣ İ")), folded("Straße ΣΟΦΌΣ İ"));
    }
}
