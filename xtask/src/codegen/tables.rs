//! The tables that migrations leave behind.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context as _;
use sqlparser::{
    dialect::GenericDialect,
    keywords::Keyword,
    tokenizer::{Token, Tokenizer, Word},
};

/// The tables that are there once all migrations of a folder have run, on any engine.
pub(crate) fn of(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut tables = BTreeSet::new();
    for engine in entries(folder)? {
        let mut of_engine = BTreeSet::new();
        for file in entries(&engine)? {
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            migrate(&mut of_engine, &text);
        }
        tables.extend(of_engine);
    }
    Ok(tables)
}

/// What is in a folder, in order; nothing if there is none.
fn entries(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    Ok(entries)
}

/// Makes, drops and renames tables as a migration does.
fn migrate(tables: &mut BTreeSet<String>, text: &str) {
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize().unwrap_or_default();
    let words: Vec<&Word> = tokens
        .iter()
        .filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None })
        .collect();
    for (index, word) in words.iter().enumerate() {
        if word.keyword != Keyword::TABLE {
            continue;
        }
        let before = |back: usize| Some(words.get(index.checked_sub(back)?)?.keyword);
        let is_condition =
            |word: &&&Word| matches!(word.keyword, Keyword::IF | Keyword::NOT | Keyword::EXISTS);
        let mut rest = words[index + 1..].iter().skip_while(is_condition);
        let Some(name) = rest.next().map(|word| word.value.clone()) else { continue };
        match (before(2), before(1)) {
            (_, Some(Keyword::CREATE)) | (Some(Keyword::CREATE), Some(_)) => {
                tables.insert(name);
            }
            (_, Some(Keyword::DROP)) => {
                tables.remove(&name);
            }
            (_, Some(Keyword::ALTER)) => {
                let next: Vec<&&Word> = rest.take(3).collect();
                if let [rename, to, other] = next.as_slice()
                    && (rename.keyword, to.keyword) == (Keyword::RENAME, Keyword::TO)
                    && tables.remove(&name)
                {
                    tables.insert(other.value.clone());
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_made_renamed_and_dropped() {
        let mut tables = BTreeSet::new();
        migrate(
            &mut tables,
            "CREATE TABLE a_old (id TEXT); CREATE TABLE IF NOT EXISTS a_new (id TEXT REFERENCES a_old (id));
             CREATE VIRTUAL TABLE a_words USING fts5 (word); -- DROP TABLE a_new
             CREATE INDEX a_index ON a_new (id);",
        );
        assert_eq!(tables, ["a_new", "a_old", "a_words"].map(str::to_owned).into());
        migrate(
            &mut tables,
            "DROP TABLE a_old; ALTER TABLE a_new RENAME TO a_old;
             ALTER TABLE a_old RENAME COLUMN id TO key; DROP TABLE IF EXISTS a_words;",
        );
        assert_eq!(tables, ["a_old"].map(str::to_owned).into());
    }
}
