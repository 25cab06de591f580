//! What is shown of what was found.

use std::{fmt, ops::Range};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    query::SearchQuery,
    words::{Word, between_letters, is_within_word, runs},
};

/// So many characters stand before the first match.
const BEFORE: usize = 60;
/// So many characters an excerpt has.
const LENGTH: usize = 240;
/// In so many bytes of a text the first match is looked for.
const FURTHEST: usize = 64 * 1024;
/// In so many bytes of all texts of a page.
const FURTHEST_TOGETHER: usize = 1024 * 1024;
/// No excerpt needs more characters of the beginning of a text than this.
pub(crate) const ENOUGH: usize = LENGTH + 1;
/// No excerpt around a match needs more characters of a text than this.
pub(crate) const ENOUGH_AROUND: usize = FURTHEST + ENOUGH;
/// Stands where something was left out.
const LEFT_OUT: char = '…';

/// A part of a text, in one line, and where the words are in it that somebody looked for.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Excerpt {
    /// As it was written, and nothing of it is markup; what is left out before and behind is an ellipsis.
    pub text: String,
    /// Where each match begins and ends, in order, counted in UTF-16 as JavaScript does.
    pub matches: Vec<(usize, usize)>,
}

/// What people write is shown nowhere.
impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Excerpt").field("matches", &self.matches).finish_non_exhaustive()
    }
}

impl Excerpt {
    /// The whole of a short text.
    pub(crate) fn whole(text: &str, query: &SearchQuery) -> Self {
        Self::of(text, 0..text.len(), query)
    }

    /// The beginning of a text.
    pub(crate) fn beginning(text: &str, query: &SearchQuery) -> Self {
        Self::of(text, window(text, 0), query)
    }

    /// The part of a text around the first match; its beginning, if there is none as far as it is looked for.
    pub(crate) fn around(text: &str, query: &SearchQuery, budget: &mut Budget) -> Self {
        let first = budget.first_match(text, query).unwrap_or(0);
        Self::of(text, window(text, first), query)
    }

    fn of(text: &str, part: Range<usize>, query: &SearchQuery) -> Self {
        let (is_begun, is_ended) = (part.start > 0, part.end < text.len());
        let matches = matches(text, part.clone(), query);
        let part = &text[part];
        let mut line = String::new();
        line.extend(is_begun.then_some(LEFT_OUT));
        // Blanks have one unit each, so matches stay where they are.
        line.extend(
            part.chars().map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c }),
        );
        line.extend(is_ended.then_some(LEFT_OUT));
        let shift = usize::from(is_begun);
        let mut units = Units { text: part, at: 0, count: shift };
        let matches = matches
            .into_iter()
            .map(|Range { start, end }| (units.before(start), units.before(end)))
            .collect();
        Self { text: line, matches }
    }
}

/// How much of the texts of a page may still be looked through: whoever has written much, or looks for what is far behind,
/// keeps nobody else waiting.
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    pub(crate) const fn of_page() -> Self {
        Self { left: FURTHEST_TOGETHER }
    }

    /// Where the first word begins that somebody looks for, if it is near enough.
    fn first_match(&mut self, text: &str, query: &SearchQuery) -> Option<usize> {
        let near = &text[..text.floor_char_boundary(FURTHEST.min(self.left))];
        for run in runs(near) {
            if let Some(word) = run.words(near).iter().find(|word| query.wants(&word.folded)) {
                self.left -= run.end();
                return Some(word.at.start);
            }
        }
        self.left -= near.len();
        None
    }
}

/// The bytes around a match that are shown, from word to word where there are blanks, and never from within a letter.
fn window(text: &str, first: usize) -> Range<usize> {
    let before = text[..first].char_indices().rev();
    let earliest = before.take(BEFORE).last().map_or(first, |(at, _)| at);
    let start = if earliest == 0 {
        0
    } else {
        between_letters(text, blank_in(text, earliest..first).unwrap_or(earliest))
    };
    let latest = text[start..].char_indices().nth(LENGTH).map_or(text.len(), |(at, _)| start + at);
    let end = if latest == text.len() {
        latest
    } else {
        between_letters(text, last_blank(text, start..latest))
    };
    start..end
}

/// Behind the first blank.
fn blank_in(text: &str, part: Range<usize>) -> Option<usize> {
    let mut chars = text[part.clone()].char_indices();
    chars.find(|(_, c)| c.is_whitespace()).map(|(at, c)| part.start + at + c.len_utf8())
}

/// Before the last blank of the second half; the end, if there is none.
fn last_blank(text: &str, part: Range<usize>) -> usize {
    let half = text.ceil_char_boundary(part.start + (part.end - part.start) / 2);
    let blank = text[half..part.end].rfind(char::is_whitespace);
    blank.map_or(part.end, |at| half + at)
}

/// Where in a part of a text the words are that somebody looks for; what touches is one match.
fn matches(text: &str, part: Range<usize>, query: &SearchQuery) -> Vec<Range<usize>> {
    // What is left of a word is none, while its beginning is found as the whole is.
    let rest = is_within_word(text, part.start);
    let part = &text[part];
    let whole = runs(part).filter(|run| !(rest && run.start() == 0));
    let wanted = whole.flat_map(|run| run.words(part)).filter(|word| query.wants(&word.folded));
    let mut matches: Vec<Range<usize>> = Vec::new();
    for Word { at, .. } in wanted {
        match matches.last_mut() {
            Some(last) if at.start <= last.end => last.end = last.end.max(at.end),
            Some(_) | None => matches.push(at),
        }
    }
    matches
}

/// Counts the UTF-16 units of a text, from place to place.
struct Units<'a> {
    text: &'a str,
    at: usize,
    count: usize,
}

impl Units<'_> {
    /// How many are before a place, which is behind the last one that was asked for.
    fn before(&mut self, place: usize) -> usize {
        self.count += self.text[self.at..place].chars().map(char::len_utf16).sum::<usize>();
        self.at = place;
        self.count
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    /// The text of an excerpt with its matches in brackets, which a client would make of it.
    fn marked(Excerpt { text, matches }: &Excerpt) -> String {
        let units: Vec<u16> = text.encode_utf16().collect();
        let part = |from: usize, to: usize| String::from_utf16(&units[from..to]).unwrap();
        let (mut marked, mut at) = (String::new(), 0);
        for &(from, to) in matches {
            marked += &[part(at, from).as_str(), "[", part(from, to).as_str(), "]"].concat();
            at = to;
        }
        marked + &part(at, units.len())
    }

    fn check(text: &str, query: &str, expected: &Expect) {
        let query = SearchQuery::parse(query).unwrap();
        expected.assert_eq(&marked(&around(text, &query)));
    }

    fn around(text: &str, query: &SearchQuery) -> Excerpt {
        Excerpt::around(text, query, &mut Budget::of_page())
    }

    #[test]
    fn what_was_looked_for_is_marked() {
        check("The Mill\ngrinds 🙂 mills.", "mill gr", &expect!["The [Mill] [grinds] 🙂 [mills]."]);
        check("Über École", "éC", &expect!["Über [École]"]);
        check("新東京都庁", "東京都", &expect!["新[東京都]庁"]);
        check("<b>bold</b> & more", "bold", &expect!["<b>[bold]</b> & more"]);
        check("Nothing of it", "elsewhere", &expect!["Nothing of it"]);
        check("", "elsewhere", &expect![""]);
    }

    #[test]
    fn a_long_text_is_shown_around_the_first_match() {
        let text = format!("{}needle in it {}", "some hay ".repeat(40), "more hay ".repeat(40));
        check(
            &text,
            "needle",
            &expect![
                "…hay some hay some hay some hay some hay some hay some hay [needle] in it more hay more hay more hay more hay more hay more hay more hay more hay more hay more hay more hay more hay more hay more hay more hay more hay more hay more hay more…"
            ],
        );
        let dense = format!("{}針{}", "草".repeat(400), "干".repeat(400));
        let excerpt = around(&dense, &SearchQuery::parse("針").unwrap());
        assert_eq!(excerpt.text.chars().count(), LENGTH + 2);
        assert_eq!(excerpt.matches, [(BEFORE + 1, BEFORE + 3)]);
    }

    #[test]
    fn what_is_left_of_a_word_or_of_a_letter_is_not_shown_as_one() {
        let text = format!("grist{}針", "mill".repeat(BEFORE / 4));
        check(
            &text,
            "針 mill",
            &expect!["…millmillmillmillmillmillmillmillmillmillmillmillmillmillmill[針]"],
        );
        let text = format!("a{}{}針", "e\u{301}\u{302}", "-".repeat(BEFORE - 1));
        check(
            &text,
            "針",
            &expect!["…-----------------------------------------------------------[針]"],
        );
        let text = format!("a\u{1f469}\u{200d}\u{1f467}{}針", "-".repeat(BEFORE - 1));
        check(
            &text,
            "針",
            &expect!["…-----------------------------------------------------------[針]"],
        );
    }

    #[test]
    fn the_first_match_is_looked_for_near_the_beginning() {
        let query = SearchQuery::parse("needle").unwrap();
        let hay = |bytes: usize| "hay ".repeat(bytes / 4);
        let far = format!("{}needle", hay(FURTHEST));
        assert!(around(&far, &query).text.starts_with("hay"));
        let near = format!("{}needle", hay(FURTHEST - 8));
        assert_eq!(around(&near, &query).matches.len(), 1);
        // A text that is cut behind what is needed is shown as the whole of it.
        let near = format!("{}needle {}", hay(FURTHEST - 8), hay(FURTHEST));
        assert_eq!(around(&near[..ENOUGH_AROUND], &query), around(&near, &query));
        let cut = Excerpt::beginning(&near[..ENOUGH], &query);
        assert_eq!(cut, Excerpt::beginning(&near, &query));
    }

    #[test]
    fn a_page_is_looked_through_as_far_as_one_text_may_be_long() {
        let query = SearchQuery::parse("needle").unwrap();
        let text = format!("{}needle", "hay ".repeat(200));
        let mut budget = Budget::of_page();
        let mut is_found = || !Excerpt::around(&text, &query, &mut budget).matches.is_empty();
        let found = (0..2000).filter(|_| is_found()).count();
        assert_eq!(found, FURTHEST_TOGETHER / text.len());
        assert!(budget.left < text.len());
    }

    proptest! {
        #[test]
        fn whatever_is_written_an_excerpt_can_be_cut_out(text in "(\\PC|\\s|.){0,600}", query in "\\w{1,3}") {
            let Ok(query) = SearchQuery::parse(&query) else { return Ok(()) };
            for excerpt in [around(&text, &query), Excerpt::whole(&text, &query), Excerpt::beginning(&text, &query)] {
                prop_assert!(!excerpt.text.contains('\n'));
                let _ = marked(&excerpt);
            }
        }
    }
}
