//! What is written into an entry: all of it when it begins, and some of it later.

use serde_json::Value;

use super::{
    entry::{self, EntryList, InvalidEntry},
    layout,
};
use crate::domain::properties::Properties;

/// What an entry begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewEntry {
    /// What it is called: at most 255 characters.
    pub title: String,
    /// What it says, in Markdown.
    pub body: String,
    /// The word for its [`Category`](super::category::Category).
    pub category: String,
    /// What it is found under: at most 20.
    pub tags: Vec<String>,
    /// Code that shows it.
    pub code_snippets: Vec<String>,
    /// The files that it is about.
    pub file_paths: Vec<String>,
    /// Where else it is written about.
    pub external_links: Vec<String>,
    /// When it was last found to be true: a day or an instant as ISO 8601 writes it.
    pub last_verified_at: Option<String>,
}

/// What changes of an entry; what is none here stays as it is, and what may be left out is removed by an inner none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryChanges {
    /// The title, which cannot be empty.
    pub title: Option<String>,
    /// The body, which cannot be empty.
    pub body: Option<String>,
    /// The word for its [`Category`](super::category::Category).
    pub category: Option<String>,
    /// The tags.
    pub tags: Option<Option<Vec<String>>>,
    /// Code that shows it.
    pub code_snippets: Option<Option<Vec<String>>>,
    /// The files that it is about.
    pub file_paths: Option<Option<Vec<String>>>,
    /// Where else it is written about.
    pub external_links: Option<Option<Vec<String>>>,
    /// When it was last found to be true.
    pub last_verified_at: Option<Option<String>>,
}

impl NewEntry {
    /// The properties of the entity that is this entry.
    pub(crate) fn properties(self) -> Result<Properties, InvalidEntry> {
        let Self {
            title,
            body,
            category,
            tags,
            code_snippets,
            file_paths,
            external_links,
            last_verified_at,
        } = self;
        let list = |list: Vec<String>| Some(Some(list).filter(|list| !list.is_empty()));
        let all = EntryChanges {
            title: Some(title),
            body: Some(body),
            category: Some(category),
            tags: list(tags),
            code_snippets: list(code_snippets),
            file_paths: list(file_paths),
            external_links: list(external_links),
            last_verified_at: Some(last_verified_at),
        };
        let mut properties = all.patch()?;
        properties.retain(|_, value| !value.is_null());
        Ok(properties)
    }
}

impl EntryChanges {
    /// What changes of the properties of the entity that is the entry; those that go are null.
    pub(crate) fn patch(self) -> Result<Properties, InvalidEntry> {
        let Self {
            title,
            body,
            category,
            tags,
            code_snippets,
            file_paths,
            external_links,
            last_verified_at,
        } = self;
        let mut patch = Properties::new();
        let mut put = |name: &str, value: Option<String>| {
            patch.insert(name.to_owned(), value.map_or(Value::Null, Value::String));
        };
        if let Some(title) = title {
            put(layout::TITLE, Some(entry::title(title)?));
        }
        if let Some(body) = body {
            put(layout::BODY, Some(entry::body(body)?));
        }
        if let Some(category) = category {
            put(layout::CATEGORY, Some(entry::category(&category)?.as_str().to_owned()));
        }
        for (list, texts) in [
            (EntryList::Tags, tags),
            (EntryList::CodeSnippets, code_snippets),
            (EntryList::FilePaths, file_paths),
            (EntryList::ExternalLinks, external_links),
        ] {
            if let Some(texts) = texts {
                put(list.as_str(), texts.map(|texts| entry::list(list, texts)).transpose()?);
            }
        }
        if let Some(instant) = last_verified_at {
            put(layout::LAST_VERIFIED_AT, instant.map(entry::last_verified_at).transpose()?);
        }
        Ok(patch)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn new() -> NewEntry {
        let [title, body, category] =
            ["Mills grind", "# Why\n\nWater.", "concept"].map(str::to_owned);
        NewEntry { title, body, category, ..NewEntry::default() }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    fn check(entry: NewEntry, expected: &Expect) {
        let said = match entry.properties() {
            Ok(properties) => json!(properties).to_string(),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&said);
    }

    #[test]
    fn an_entry_is_texts() {
        check(
            new(),
            &expect![[
                r##"{"body":"# Why\n\nWater.","category":"concept","title":"Mills grind"}"##
            ]],
        );
        let entry = NewEntry {
            tags: texts(&["water", "stone mill"]),
            code_snippets: texts(&["grind(\"rye\")"]),
            file_paths: texts(&["src/mill.rs"]),
            external_links: texts(&["https://mill.example"]),
            last_verified_at: Some("2026-02-28".to_owned()),
            ..new()
        };
        check(
            entry,
            &expect![[
                r##"{"body":"# Why\n\nWater.","category":"concept","code_snippets":"[\"grind(\\\"rye\\\")\"]","external_links":"[\"https://mill.example\"]","file_paths":"[\"src/mill.rs\"]","last_verified_at":"2026-02-28","tags":"[\"water\",\"stone mill\"]","title":"Mills grind"}"##
            ]],
        );
    }

    #[test]
    fn every_mistake_is_called_by_its_name() {
        let long = |length: usize| "ß".repeat(length);
        check(NewEntry { title: " \n".to_owned(), ..new() }, &expect!["an entry needs a title"]);
        check(
            NewEntry { title: long(256), ..new() },
            &expect!["a title has at most 255 characters"],
        );
        assert!(NewEntry { title: long(255), ..new() }.properties().is_ok());
        check(NewEntry { body: "\t".to_owned(), ..new() }, &expect!["an entry needs a body"]);
        check(NewEntry { body: long(32_769), ..new() }, &expect!["a body has at most 65536 bytes"]);
        assert!(NewEntry { body: long(32_768), ..new() }.properties().is_ok());
        check(
            NewEntry { category: "tip".to_owned(), ..new() },
            &expect![
                "the category must be one of how_to, pattern, convention, architecture_decision, gotcha, concept"
            ],
        );
        check(
            NewEntry { tags: vec!["x".to_owned(); 21], ..new() },
            &expect!["an entry has at most 20 tags"],
        );
        check(NewEntry { tags: texts(&["x", " "]), ..new() }, &expect!["a tag must not be blank"]);
        check(
            NewEntry { tags: vec![long(101)], ..new() },
            &expect!["a tag has at most 100 characters"],
        );
        check(
            NewEntry { code_snippets: vec![long(40_000)], ..new() },
            &expect!["the code_snippets have at most 65536 bytes together"],
        );
        check(
            NewEntry { title: "a\0b".to_owned(), ..new() },
            &expect!["a text has an invalid character"],
        );
        for instant in ["yesterday", "2026-02-30", "2026-02-28T07:00:00", ""] {
            let last_verified_at = Some(instant.to_owned());
            check(
                NewEntry { last_verified_at, ..new() },
                &expect![
                    "when an entry was last verified is a day or an instant as ISO 8601 writes it"
                ],
            );
        }
    }

    #[test]
    fn what_is_not_said_stays() {
        assert_eq!(EntryChanges::default().patch(), Ok(Properties::new()));
        let changes = EntryChanges {
            category: Some("gotcha".to_owned()),
            tags: Some(None),
            file_paths: Some(Some(vec![])),
            last_verified_at: Some(Some("2026-02-28T07:00:00+01:00".to_owned())),
            ..EntryChanges::default()
        };
        expect![[r#"{"category":"gotcha","file_paths":"[]","last_verified_at":"2026-02-28T07:00:00+01:00","tags":null}"#]]
            .assert_eq(&json!(changes.patch().unwrap()).to_string());
        let blank = EntryChanges { title: Some(String::new()), ..EntryChanges::default() };
        assert_eq!(blank.patch(), Err(InvalidEntry::TitleRequired));
        let blank = EntryChanges { body: Some(String::new()), ..EntryChanges::default() };
        assert_eq!(blank.patch(), Err(InvalidEntry::BodyRequired));
    }
}
