//! By which words an entry is found, and what somebody looks for.

use std::collections::BTreeMap;

use documents::{NoQuery, SearchQuery, searched_words};
use identity::folded;

use super::{
    category::{Category, UnknownCategory},
    entry::{EntryList, LONGEST_TAG},
    layout,
};
use crate::domain::properties::Properties;

/// What a word of the title counts, one of the tags, and one of the body.
const WEIGHTS: [i64; 3] = [10, 5, 3];

/// So many different words of an entry are kept; what follows in a longer body is found by nobody.
const MOST_WORDS: usize = 10_000;

/// Stand before what is no word but a whole tag or a category: no word has them.
const TAG: char = '#';
const CATEGORY: char = '@';

/// Behind every word that begins with another: no word has it.
const END: char = '\u{10ffff}';

/// The words of an entry, and what each of them counts; its tags and its category, too, which count nothing.
pub(crate) fn words_of(properties: &Properties) -> BTreeMap<String, i64> {
    let mut words = BTreeMap::new();
    let tags = layout::list(properties, EntryList::Tags);
    for tag in &tags {
        words.insert(term(TAG, tag), 0);
    }
    words.insert(term(CATEGORY, layout::text(properties, layout::CATEGORY)), 0);
    let [title, body] =
        [layout::TITLE, layout::BODY].map(|name| layout::text(properties, name).to_owned());
    for (text, weight) in [title, tags.join(" "), body].into_iter().zip(WEIGHTS) {
        let mut here = BTreeMap::new();
        for word in searched_words(&text) {
            if words.len() + here.len() < MOST_WORDS || words.contains_key(&word) {
                here.insert(word, weight);
            }
        }
        for (word, weight) in here {
            *words.entry(word).or_default() += weight;
        }
    }
    words
}

/// Whole tags and categories are compared without letter case, and as far as a tag is long.
fn term(mark: char, text: &str) -> String {
    let text: String = text.chars().filter(|c| *c != '\0').take(LONGEST_TAG).collect();
    format!("{mark}{}", folded(text.trim()))
}

/// What somebody looks for: entries that have, for each of these ranges, a word in it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sought {
    /// From the one, and before the other.
    ranges: Vec<(String, String)>,
}

/// Why nothing is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSought {
    /// Nothing is said: no words, no tags, no category.
    NoCriteria,
    Category(UnknownCategory),
    Query(NoQuery),
    TooManyTags,
}

impl Sought {
    /// What is said in words, by tags and by a category: at least one of them.
    pub(crate) fn parse(
        query: &str,
        tags: &[String],
        category: Option<&str>,
    ) -> Result<Self, NotSought> {
        let category = category.filter(|category| !category.is_empty());
        let category = category.map(str::parse::<Category>).transpose();
        let category = category.map_err(NotSought::Category)?;
        let is_query = !query.trim().is_empty();
        if tags.len() > super::entry::MOST_TAGS {
            return Err(NotSought::TooManyTags);
        }
        if !is_query && tags.is_empty() && category.is_none() {
            return Err(NotSought::NoCriteria);
        }
        let mut ranges = Vec::new();
        if is_query {
            let query = SearchQuery::parse(query).map_err(NotSought::Query)?;
            ranges.extend(query.words().iter().map(|word| (word.clone(), format!("{word}{END}"))));
        }
        let mut whole: Vec<String> = tags.iter().map(|tag| term(TAG, tag)).collect();
        whole.extend(category.map(|category| term(CATEGORY, category.as_str())));
        whole.sort_unstable();
        whole.dedup();
        // Nothing is between a text and the same with this behind it but what has characters that no text has.
        ranges.extend(whole.into_iter().map(|term| (term.clone(), format!("{term}\u{1}"))));
        Ok(Self { ranges })
    }

    /// The ranges.
    pub(crate) fn ranges(&self) -> &[(String, String)] {
        &self.ranges
    }

    /// What an entry with these words counts; none when it is not among what is looked for.
    ///
    /// Databases count in the same way.
    #[cfg(test)]
    pub(crate) fn score(&self, words: &BTreeMap<String, i64>) -> Option<i64> {
        let best = |(from, to): &(String, String)| {
            words.range(from.clone()..to.clone()).map(|(_, weight)| *weight).max()
        };
        self.ranges.iter().map(best).sum()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn entry(title: &str, tags: &[&str], body: &str) -> BTreeMap<String, i64> {
        let tags = json!(tags).to_string();
        let entry = json!({ "title": title, "tags": tags, "body": body, "category": "how_to" });
        let serde_json::Value::Object(properties) = entry else { panic!("it is an object") };
        words_of(&properties)
    }

    fn sought(query: &str, tags: &[&str], category: Option<&str>) -> Result<Sought, NotSought> {
        let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        Sought::parse(query, &tags, category)
    }

    #[test]
    fn a_word_counts_by_where_it_is() {
        let words = entry("The Mill", &["Water Mill", "stone"], "A mill grinds; the end.");
        let told: Vec<String> =
            words.iter().map(|(word, weight)| format!("{word} {weight}")).collect();
        expect![[r"
            #stone 0
            #water mill 0
            @how_to 0
            a 3
            end 3
            grinds 3
            mill 18
            stone 5
            the 13
            water 5"]]
        .assert_eq(&told.join("\n"));
    }

    #[test]
    fn every_word_must_be_there_and_beginnings_are_enough() {
        let words = entry("The Mill", &["Water Mill"], "It grinds.");
        for (query, tags, category, score) in [
            ("mil", &[] as &[&str], None, Some(15)),
            ("GRI the", &[], None, Some(13)),
            ("mills", &[], None, None),
            ("mill stone", &[], None, None),
            ("", &["water mill"], None, Some(0)),
            ("", &["water"], None, None),
            ("grind", &["WATER MILL", "water mill "], Some("how_to"), Some(3)),
            ("grind", &[], Some("gotcha"), None),
            ("", &["Water Mill", "x"], None, None),
        ] {
            let sought = sought(query, tags, category).expect("something is looked for");
            assert_eq!(sought.score(&words), score, "{query} {tags:?} {category:?}");
        }
    }

    #[test]
    fn something_must_be_looked_for() {
        for (query, category) in [("", None), (" \n", Some(""))] {
            assert_eq!(sought(query, &[], category).err(), Some(NotSought::NoCriteria));
        }
        let unknown = Some(NotSought::Category(UnknownCategory));
        assert_eq!(sought("", &[], Some("tip")).err(), unknown);
        assert_eq!(sought("mill", &[], Some("tip")).err(), unknown);
        assert_eq!(sought("?!", &[], None).err(), Some(NotSought::Query(NoQuery::Empty)));
        assert_eq!(sought("", &["x"; 21], None).err(), Some(NotSought::TooManyTags));
    }

    #[test]
    fn what_is_too_long_is_found_as_far_as_there_is_room() {
        let body: Vec<String> = (0..20_000).map(|number| format!("w{number}")).collect();
        let words = entry("Long", &["tag"], &body.join(" "));
        assert_eq!(words.len(), MOST_WORDS);
        assert_eq!((words["long"], words["tag"], words["w7"]), (10, 5, 3));
    }

    proptest! {
        #[test]
        fn whatever_is_written_no_engine_refuses_it(title in ".{0,40}", tag in "(\\PC|.){0,200}", body in "(\\PC|\\s|.){0,200}") {
            for word in entry(&title, &[&tag], &body).into_keys() {
                prop_assert!(word.len() <= 2000 && !word.contains('\0'));
            }
        }

        #[test]
        fn an_entry_is_found_by_its_tags(tag in "[^\\p{Z}\0].{0,98}") {
            let sought = sought("", &[&tag], None).expect("something is looked for");
            prop_assert_eq!(sought.score(&entry("x", &[&tag], "x")), Some(0));
        }
    }
}
