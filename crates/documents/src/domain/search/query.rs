//! What somebody looks for.

use perme8_events::WorkspaceId;

use super::{
    shelf,
    words::{Word, runs},
};

/// No query is longer, in characters.
pub(crate) const LONGEST_QUERY: usize = 200;

/// No query has more words.
pub(crate) const MOST_WORDS: usize = 16;

/// The words that somebody looks for: a document is found that has, for each of them, a word which begins with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchQuery {
    words: Vec<String>,
}

/// Why nothing can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoQuery {
    /// There is no letter and no digit in it.
    Empty,
    /// It has too many characters.
    TooLong,
    /// It has too many words.
    TooManyWords,
}

impl SearchQuery {
    pub(crate) fn parse(text: &str) -> Result<Self, NoQuery> {
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
            (false, false) => Ok(Self { words }),
        }
    }

    /// The words as they stand in the index, with a blank between each two.
    pub(crate) fn on_shelf_of(&self, workspace: WorkspaceId) -> String {
        let place = shelf(workspace);
        let words: Vec<String> = self.words.iter().map(|word| format!("{place}{word}")).collect();
        words.join(" ")
    }

    /// Whether this is a word that somebody looks for.
    pub(super) fn wants(&self, word: &Word) -> bool {
        self.words.iter().any(|wanted| word.folded.starts_with(wanted))
    }
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
        assert!(SearchQuery::parse(&"都".repeat(200)).is_ok(), "it counts as one word");
    }

    proptest! {
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
