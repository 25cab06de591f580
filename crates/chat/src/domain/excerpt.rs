//! What stands around the words that somebody looked for.

use identity::folded;

/// So many characters are shown before the first word that was found, and so many behind where it begins.
const BEFORE: usize = 60;
const BEHIND: usize = 140;

/// What stands in the place of what is left out.
const CUT: &str = "…";

/// The part of a text around the first of these words, which are folded; its beginning if none is found.
pub(crate) fn excerpt(text: &str, words: &[&str]) -> String {
    let found = text.split_whitespace().find(|token| {
        let token = folded(token);
        words.iter().any(|word| token.contains(word))
    });
    // Both are of the same text, so the one begins so many bytes behind the other.
    let at = found.map_or(0, |token| token.as_ptr().addr() - text.as_ptr().addr());
    let (before, behind) = text.split_at(at);
    let start = before.char_indices().rev().take(BEFORE).last().map_or(at, |(index, _)| index);
    let end = behind.char_indices().nth(BEHIND).map_or(text.len(), |(index, _)| at + index);
    let (cut_before, cut_behind) = (start > 0, end < text.len());
    let part = text[start..end].trim();
    format!("{}{part}{}", if cut_before { CUT } else { "" }, if cut_behind { CUT } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_what_stands_around_the_first_word() {
        assert_eq!(excerpt("The mill turns.", &["mill"]), "The mill turns.");
        let long = format!("{}Straße {}", "a ".repeat(100), "z ".repeat(200));
        let shown = excerpt(&long, &["nothing", "strasse"]);
        assert!(shown.starts_with("…a a") && shown.ends_with("z…"), "{shown}");
        assert!(shown.contains("a Straße z"), "{shown}");
        assert!((BEHIND..=BEFORE + BEHIND + 2).contains(&shown.chars().count()), "{shown}");
    }

    #[test]
    fn where_no_word_is_found_as_it_stands_the_beginning_is_shown() {
        assert_eq!(excerpt("The mill turns.", &["loom"]), "The mill turns.");
        assert_eq!(excerpt("", &["loom"]), "");
    }
}
