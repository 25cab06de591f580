//! What is kept of a document for searches.

use std::collections::BTreeSet;

use perme8_events::WorkspaceId;

use super::{searched_words, shelf};

/// So many bytes of a text are searched, and shown in excerpts; what follows is found by nobody.
pub(crate) const MAX_TEXT: usize = 256 * 1024;

/// So many bytes the different words of a document have together, with what stands before them.
///
/// PostgreSQL keeps less than a mebibyte of words in a row, and checks nothing where words are not made by itself.
pub(crate) const MAX_WORDS: usize = 768 * 1024;

/// A document, as searches find and show it.
pub(crate) struct Indexed {
    /// The words of the title, behind the shelf of the workspace, and with a blank between each two.
    pub(crate) title_words: String,
    /// The words of title and text, in the same way.
    pub(crate) words: String,
    /// The text, for excerpts.
    pub(crate) text: String,
}

impl Indexed {
    pub(crate) fn of(workspace: WorkspaceId, title: &str, text: &str) -> Self {
        let text = kept(text);
        let shelf = shelf(workspace);
        let mut words = Words { shelf: &shelf, found: BTreeSet::new(), bytes: 0 };
        words.add(title);
        let title_words = words.joined();
        words.add(&text);
        Self { title_words, words: words.joined(), text }
    }
}

/// What is kept of a text: its beginning, without what PostgreSQL cannot keep.
fn kept(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].replace('\0', " ")
}

/// The different words of texts, as many as there is room for.
struct Words<'a> {
    shelf: &'a str,
    found: BTreeSet<String>,
    bytes: usize,
}

impl Words<'_> {
    fn add(&mut self, text: &str) {
        for folded in searched_words(text) {
            let bytes = self.shelf.len() + folded.len() + 1;
            if self.found.contains(&folded) {
                continue;
            }
            if self.bytes + bytes > MAX_WORDS {
                return;
            }
            self.bytes += bytes;
            self.found.insert(folded);
        }
    }

    fn joined(&self) -> String {
        let words: Vec<String> =
            self.found.iter().map(|word| format!("{}{word}", self.shelf)).collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const COMPANY: WorkspaceId = Id::new(Uuid::from_u128(0x0199_0000_dead_beef));

    #[test]
    fn words_stand_behind_the_shelf_of_their_workspace() {
        let Indexed { title_words, words, text } =
            Indexed::of(COMPANY, "The Mill", "A mill\0 grinds.\n\nThe end");
        expect!["deadbeefmill deadbeefthe"].assert_eq(&title_words);
        expect!["deadbeefa deadbeefend deadbeefgrinds deadbeefmill deadbeefthe"].assert_eq(&words);
        assert_eq!(text, "A mill  grinds.\n\nThe end");
    }

    #[test]
    fn what_is_too_long_is_searched_as_far_as_there_is_room() {
        // Each letter of Han begins a word of two.
        let letters: String = ('\u{4e00}'..'\u{9fa0}').cycle().take(200_000).collect();
        let numbers: Vec<String> = (0..200_000).map(|n| n.to_string()).collect();
        for text in [&letters, &numbers.join(" "), &"x".repeat(2 * MAX_TEXT), &"é".repeat(MAX_TEXT)]
        {
            let indexed = Indexed::of(COMPANY, "Long", text);
            assert!(indexed.words.len() <= MAX_WORDS && indexed.text.len() <= MAX_TEXT);
            assert!(indexed.words.contains("deadbeeflong"));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_the_words_are_letters_digits_and_marks(title in ".{0,40}", text in "(\\PC|\\s|\0|\u{ad}|.){0,400}") {
            let indexed = Indexed::of(COMPANY, &title, &text);
            for word in indexed.words.split(' ').filter(|word| !word.is_empty()) {
                prop_assert!(word.starts_with("deadbeef") && word.len() > "deadbeef".len());
                prop_assert!(word.len() <= 2046, "PostgreSQL keeps no longer ones");
                prop_assert!(word.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric()));
            }
            prop_assert!(!indexed.text.contains('\0'));
        }
    }
}
