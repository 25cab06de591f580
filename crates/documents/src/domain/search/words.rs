//! The words of a text, as searches compare them.

use std::ops::Range;

use identity::folded;
use unicode_normalization::char::is_combining_mark;

/// Of a longer word, so many letters are compared.
pub(super) const LONGEST_WORD: usize = 64;

/// A word, and where it stands in the text.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) struct Word {
    /// Without letter case, and of nothing but letters, digits and their marks.
    pub(super) folded: String,
    /// In bytes.
    pub(super) at: Range<usize>,
}

/// Letters and digits that follow each other, and are written in the same way.
pub(super) struct Run {
    way: Way,
    /// Where each of them begins, together with its marks.
    letters: Vec<usize>,
    end: usize,
}

/// How words are told apart in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// There is something between them: a run is a word.
    Apart,
    /// There is nothing between them.
    Dense,
}

/// What a character is to words.
enum Kind {
    Letter(Way),
    /// Belongs to the letter before it, if there is one.
    Mark,
    Between,
}

/// Scripts whose words are not told apart, in the order of their letters.
const DENSE: [Range<char>; 21] = [
    '\u{0e00}'..'\u{0f00}',   // Thai, Lao
    '\u{1000}'..'\u{10a0}',   // Myanmar
    '\u{1780}'..'\u{1800}',   // Khmer
    '\u{1950}'..'\u{19e0}',   // Tai Le, New Tai Lue
    '\u{1a20}'..'\u{1ab0}',   // Tai Tham
    '\u{2e80}'..'\u{2fe0}',   // radicals
    '\u{3005}'..'\u{3008}',   // iteration mark, closing mark, zero
    '\u{3021}'..'\u{302a}',   // numerals of Hangzhou
    '\u{3031}'..'\u{3036}',   // repeat marks of Kana
    '\u{3038}'..'\u{303d}',   // more numerals and marks
    '\u{3041}'..'\u{3100}',   // Hiragana, Katakana
    '\u{3105}'..'\u{3130}',   // Bopomofo
    '\u{31a0}'..'\u{3200}',   // Bopomofo, strokes, Katakana
    '\u{3400}'..'\u{4dc0}',   // Han
    '\u{4e00}'..'\u{a4d0}',   // Han, Yi
    '\u{a980}'..'\u{aa00}',   // Javanese, Myanmar
    '\u{aa60}'..'\u{aae0}',   // Myanmar, Tai Viet
    '\u{f900}'..'\u{fb00}',   // Han
    '\u{ff66}'..'\u{ffa0}',   // Katakana of half width
    '\u{1aff0}'..'\u{1b170}', // Kana
    '\u{20000}'..'\u{40000}', // Han
];

impl Kind {
    fn of(c: char) -> Self {
        // First, because some of them count as alphabetic.
        if is_combining_mark(c) || is_ignored(c) {
            Self::Mark
        } else if !c.is_alphanumeric() {
            Self::Between
        } else if is_dense(c) {
            Self::Letter(Way::Dense)
        } else {
            Self::Letter(Way::Apart)
        }
    }
}

fn is_dense(c: char) -> bool {
    // Most letters are before all of them.
    c >= DENSE[0].start && DENSE.iter().any(|script| script.contains(&c))
}

/// Joins letters, and makes one sign of several.
const JOINER: char = '\u{200d}';

/// What is written into words without being part of them: places to hyphenate, and letters to join or not to join.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200c}' | JOINER | '\u{2060}' | '\u{feff}')
}

/// Whether a place of a text is behind the beginning of a word that is told apart from others, and before its end.
pub(super) fn is_within_word(text: &str, at: usize) -> bool {
    let is_apart = |c: char| matches!(Kind::of(c), Kind::Letter(Way::Apart));
    let mut before = text[..at].chars().rev().take(LONGEST_WORD);
    let letter = before.find(|c| !matches!(Kind::of(*c), Kind::Mark));
    letter.is_some_and(is_apart) && text[at..].chars().next().is_some_and(is_apart)
}

/// The next place of a text that is not between a letter and its marks, and not within a sign that several are joined to; the
/// place itself, if there is none nearby.
pub(super) fn between_letters(text: &str, at: usize) -> usize {
    let mut before = text[..at].chars().next_back();
    for (n, c) in text[at..].char_indices().take(LONGEST_WORD) {
        let is_joined = before == Some(JOINER) && !c.is_alphanumeric();
        if !is_joined && !matches!(Kind::of(c), Kind::Mark) {
            return at + n;
        }
        before = Some(c);
    }
    at
}

/// The runs of a text.
pub(super) fn runs(text: &str) -> impl Iterator<Item = Run> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let mut run: Option<Run> = None;
        while let Some(&(at, c)) = rest.peek() {
            match (Kind::of(c), &mut run) {
                (Kind::Letter(way), None) => {
                    run = Some(Run { way, letters: vec![at], end: at + c.len_utf8() });
                }
                (Kind::Letter(way), Some(begun)) if way == begun.way => {
                    begun.letters.push(at);
                    begun.end = at + c.len_utf8();
                }
                (Kind::Mark, Some(begun)) => begun.end = at + c.len_utf8(),
                (Kind::Letter(_) | Kind::Between, Some(_)) => return run,
                (Kind::Mark | Kind::Between, None) => {}
            }
            rest.next();
        }
        run
    })
}

impl Run {
    /// Where it begins.
    pub(super) fn start(&self) -> usize {
        self.letters[0]
    }

    /// Where it ends.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// The words that a text has in this run.
    ///
    /// Where words are not told apart, every two letters that follow each other are one, and so is the last letter: whatever
    /// is asked for is found, from two letters on by what stands together.
    pub(super) fn words(&self, text: &str) -> Vec<Word> {
        match self.way {
            Way::Apart => words_at(text, self.start()..self.end),
            Way::Dense => self.pairs().flat_map(|pair| words_at(text, pair)).collect(),
        }
    }

    /// The words that somebody asks for who writes this run: the last letter of several is in the last pair already.
    pub(super) fn asked(&self, text: &str) -> Vec<Word> {
        match self.way {
            Way::Apart => self.words(text),
            Way::Dense => {
                let count = (self.letters.len() - 1).max(1);
                self.pairs().take(count).flat_map(|pair| words_at(text, pair)).collect()
            }
        }
    }

    /// Each letter together with the next one, if there is one.
    fn pairs(&self) -> impl Iterator<Item = Range<usize>> {
        let behind = |at: usize| self.letters.get(at + 2).copied().unwrap_or(self.end);
        self.letters.iter().enumerate().map(move |(n, from)| *from..behind(n))
    }
}

/// The words that a part of a text becomes when it is folded: one, as a rule.
fn words_at(text: &str, at: Range<usize>) -> Vec<Word> {
    let part = &text[at.clone()];
    if part.is_ascii() {
        // Nothing but letters and digits, so there is no more to it. Most words are such.
        let letters = part.chars().take(LONGEST_WORD);
        return vec![Word { folded: letters.map(|c| c.to_ascii_lowercase()).collect(), at }];
    }
    let part: String = part.chars().filter(|c| !is_ignored(*c)).collect();
    let folded = folded(&part);
    let is_between = |c: char| !c.is_alphanumeric() && !is_combining_mark(c);
    let words = folded.split(is_between).filter(|word| !word.is_empty());
    words
        .map(|word| Word { folded: word.chars().take(LONGEST_WORD).collect(), at: at.clone() })
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let words: Vec<String> =
            runs(text).flat_map(|run| run.words(text)).map(|word| word.folded).collect();
        expected.assert_eq(&words.join(" "));
    }

    fn check_asked(text: &str, expected: &Expect) {
        let words: Vec<String> =
            runs(text).flat_map(|run| run.asked(text)).map(|word| word.folded).collect();
        expected.assert_eq(&words.join(" "));
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        check("The Mill, 2nd draft -- don't!", &expect!["the mill 2nd draft don t"]);
        check("foo_bar.baz@example.com #42", &expect!["foo bar baz example com 42"]);
        check("ÉCOLE e\u{301}cole", &expect!["école école"]);
        check("Größe Ἀθῆναι Москва עברית العربية", &expect!["grösse ἀθῆναι москва עברית العربية"]);
        check("co\u{ad}operate می\u{200c}خواهم", &expect!["cooperate میخواهم"]);
        check("हिन्दी 한국어", &expect!["हिन्दी 한국어"]);
        check(" \u{301}\u{200d} -- 🙂 \0", &expect![""]);
    }

    #[test]
    fn where_words_are_not_told_apart_two_letters_are_one() {
        check("東京都", &expect!["東京 京都 都"]);
        check("iPhone15の使い方", &expect!["iphone15 の使 使い い方 方"]);
        check("ที่นี่", &expect!["ที่นี่ นี่"]);
        check("私", &expect!["私"]);
        check_asked("東京都", &expect!["東京 京都"]);
        check_asked("都", &expect!["都"]);
    }

    #[test]
    fn the_scripts_are_in_order() {
        assert!(DENSE.is_sorted_by(|one, next| one.start < one.end && one.end <= next.start));
    }

    #[test]
    fn long_words_are_cut() {
        let long = "x".repeat(1000);
        let words: Vec<Word> = runs(&long).flat_map(|run| run.words(&long)).collect();
        assert_eq!(words, [Word { folded: "x".repeat(LONGEST_WORD), at: 0..1000 }]);
    }

    proptest! {
        #[test]
        fn the_short_way_leads_to_the_same_word(word in "[a-zA-Z0-9]{1,64}") {
            let words = words_at(&word, 0..word.len());
            prop_assert_eq!(words, [Word { folded: folded(&word), at: 0..word.len() }]);
        }
    }
}
