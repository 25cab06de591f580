//! What a text keeps of another, told by words and then by letters.

use std::ops::Range;

use super::difference::{Change, changes, common_ends};

/// The stretches from an old text to a new one, in letters.
///
/// Whole words are compared first, so that the letters of one word are not scattered over another.
pub(crate) fn changed_letters(old: &[char], new: &[char]) -> Vec<Change> {
    let (old_words, new_words) = (words(old), words(new));
    let old_texts: Vec<&[char]> = old_words.iter().map(|word| &old[word.clone()]).collect();
    let new_texts: Vec<&[char]> = new_words.iter().map(|word| &new[word.clone()]).collect();
    let mut letters = Vec::new();
    for change in changes(&old_texts, &new_texts) {
        match change {
            Change::Kept { old, new } => letters
                .push(Change::Kept { old: span(&old_words, old), new: span(&new_words, new) }),
            Change::Replaced { old: olds, new: news } => {
                let (olds, news) = (span(&old_words, olds), span(&new_words, news));
                narrow(old, new, olds, news, &mut letters);
            }
        }
    }
    letters
}

/// Words, spaces, and all else letter by letter.
fn words(letters: &[char]) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let goes_on = at > 0 && {
            let before = letters[at - 1];
            (letter.is_alphanumeric() && before.is_alphanumeric())
                || (letter.is_whitespace() && before.is_whitespace())
        };
        match words.last_mut() {
            Some(word) if goes_on => word.end = at + 1,
            Some(_) | None => words.push(at..at + 1),
        }
    }
    words
}

/// The letters of some words; of none, the place between two.
fn span(words: &[Range<usize>], of: Range<usize>) -> Range<usize> {
    let end = |at: usize| at.checked_sub(1).map_or(0, |before| words[before].end);
    end(of.start)..end(of.end)
}

/// Leaves out what both have at their beginnings and ends.
fn narrow(
    old: &[char],
    new: &[char],
    olds: Range<usize>,
    news: Range<usize>,
    into: &mut Vec<Change>,
) {
    let (head, tail) = common_ends(&old[olds.clone()], &new[news.clone()]);
    let inner_old = olds.start + head..olds.end - tail;
    let inner_new = news.start + head..news.end - tail;
    if head > 0 {
        into.push(Change::Kept {
            old: olds.start..inner_old.start,
            new: news.start..inner_new.start,
        });
    }
    let (old_end, new_end) = (inner_old.end, inner_new.end);
    into.push(Change::Replaced { old: inner_old, new: inner_new });
    if tail > 0 {
        into.push(Change::Kept { old: old_end..olds.end, new: new_end..news.end });
    }
}
