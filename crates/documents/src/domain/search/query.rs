//! What somebody looks for.

use std::fmt;

use perme8_events::WorkspaceId;

use super::{
    shelf,
    words::{Word, runs},
};

/// No query is longer, in characters.
const LONGEST_QUERY: usize = 200;

/// No query has more words.
const MOST_WORDS: usize = 16;

/// The words that somebody looks for: whatever has, for each of them, a word which begins with it is found.
///
/// # Examples
///
/// ```
/// let query = documents::SearchQuery::parse("Mill  the MILL")?;
/// assert_eq!(query.words(), ["mill", "the"]);
/// assert!(documents::searched_words("The old mills").any(|word| word.starts_with("mill")));
/// # Ok::<(), documents::NoQuery>(())
/// ```
pub struct SearchQuery {
    words: Vec<String>,
    /// The same in order, without those that begin with another of them: what begins with that, too, is found by the other.
    beginnings: Vec<String>,
}

/// What people look for is shown nowhere.
impl fmt::Debug for SearchQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchQuery").finish_non_exhaustive()
    }
}

/// Why nothing can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoQuery {
    /// There is no letter and no digit in it.
    #[error("must have a letter or a digit")]
    Empty,
    /// It has too many characters.
    #[error("should be at most {LONGEST_QUERY} character(s)")]
    TooLong,
    /// It has too many words.
    #[error("should have at most {MOST_WORDS} word(s)")]
    TooManyWords,
}

impl SearchQuery {
    /// The words of what somebody has typed.
    ///
    /// # Errors
    ///
    /// [`NoQuery`] when there are none, or too many.
    pub fn parse(text: &str) -> Result<Self, NoQuery> {
        if text.chars().count() > LONGEST_QUERY {
            return Err(NoQuery::TooLong);
        }
        let (mut words, mut count) = (Vec::new(), 0);
        for run in runs(text) {
            count += 1;
            for Word { folded, .. } in run.asked(text) {
                if !words.contains(&folded) {
                    words.push(folded);
                }
            }
        }
        match (words.is_empty(), count > MOST_WORDS) {
            (true, _) => Err(NoQuery::Empty),
            (false, true) => Err(NoQuery::TooManyWords),
            (false, false) => Ok(Self { beginnings: beginnings(&words), words }),
        }
    }

    /// The words, each once and folded as [`searched_words`](super::searched_words) are.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The words as they stand in the index, with a blank between each two.
    pub(crate) fn on_shelf_of(&self, workspace: WorkspaceId) -> String {
        let place = shelf(workspace);
        let words: Vec<String> = self.words.iter().map(|word| format!("{place}{word}")).collect();
        words.join(" ")
    }

    /// Whether somebody looks for this word, which is folded.
    pub(super) fn wants(&self, word: &str) -> bool {
        // None of them begins with another, so nothing stands between a word and the beginning of it.
        let behind = self.beginnings.partition_point(|wanted| wanted.as_str() <= word);
        behind.checked_sub(1).is_some_and(|last| word.starts_with(&self.beginnings[last]))
    }
}

fn beginnings(words: &[String]) -> Vec<String> {
    let mut beginnings = words.to_vec();
    beginnings.sort_unstable();
    beginnings.dedup_by(|next, before| next.starts_with(before.as_str()));
    beginnings
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let company = Id::new(Uuid::from_u128(0xdead_beef));
        let said = match SearchQuery::parse(text) {
            Ok(query) => query.on_shelf_of(company),
            Err(reason) => format!("{reason:?}"),
        };
        expected.assert_eq(&said);
    }

    #[test]
    fn what_is_looked_for_is_words() {
        check("Mill  the MILL", &expect!["deadbeefmill deadbeefthe"]);
        check("\"ad' OR 1=1 --*", &expect!["deadbeefad deadbeefor deadbeef1"]);
        check("東京都", &expect!["deadbeef東京 deadbeef京都"]);
    }

    #[test]
    fn what_cannot_be_looked_for_is_refused() {
        for nothing in ["", "  ", "!? 🙂 \u{301}"] {
            check(nothing, &expect!["Empty"]);
        }
        check(&"x".repeat(201), &expect!["TooLong"]);
        check(&"x y ".repeat(9), &expect!["TooManyWords"]);
        let dense: String = ('\u{4e00}'..).take(LONGEST_QUERY).collect();
        let query = SearchQuery::parse(&dense).expect("it counts as one word");
        assert_eq!(query.words.len(), LONGEST_QUERY - 1);
    }

    proptest! {
        #[test]
        fn a_word_is_looked_for_if_it_begins_with_one_of_the_query(asked in "[ab]{1,4}( [ab]{1,4}){0,9}", word in "[ab]{1,6}") {
            let query = SearchQuery::parse(&asked).expect("it has words");
            let wanted = query.words.iter().any(|wanted| word.starts_with(wanted.as_str()));
            prop_assert_eq!(query.wants(&word), wanted);
        }

        #[test]
        fn no_query_says_more_than_words(text in "(\\PC|['\"*:&|!() ]|.){0,200}") {
            if let Ok(query) = SearchQuery::parse(&text) {
                for word in query.words {
                    prop_assert!(!word.is_empty());
                    prop_assert!(word.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric()));
                }
            }
        }
    }
}
