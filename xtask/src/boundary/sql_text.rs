//! Finds the tables that a piece of SQL names.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than the rules ask for"
)]

use std::{collections::BTreeSet, ops::ControlFlow};

use sqlparser::{
    ast::{
        Expr, Function, ObjectName, ObjectType, Query, Statement, TableFactor, Visit as _, Visitor,
    },
    dialect::{Dialect, PostgreSqlDialect, SQLiteDialect},
    keywords::Keyword,
    parser::Parser,
    tokenizer::{Token, Tokenizer},
};

use super::source::Engine;

/// What a piece of SQL names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Tables and views, the schema before the table where one is written.
    pub(crate) tables: BTreeSet<Vec<String>>,
    pub(crate) functions: BTreeSet<String>,
    /// Every word of the statements that the parser did not understand.
    pub(crate) words: BTreeSet<String>,
}

/// Reads statements of one engine, or of both.
pub(crate) fn read(text: &str, engine: Engine) -> Named {
    let (first, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text, ""));
    if first.eq_ignore_ascii_case("pragma") {
        // A pragma is also a function of that name, `pragma_table_info` for example.
        let is_end = |c: char| !c.is_alphanumeric() && c != '_';
        let name = rest.trim_start().split(is_end).next().unwrap_or_default().to_lowercase();
        return Named { functions: BTreeSet::from([format!("pragma_{name}")]), ..Named::default() };
    }
    let sqlite = || parse(&SQLiteDialect {}, text);
    let postgres = || parse(&PostgreSqlDialect {}, text);
    let parsed: Vec<Named> = match engine {
        Engine::Sqlite => sqlite().into_iter().collect(),
        Engine::Postgres => postgres().into_iter().collect(),
        Engine::Both => [postgres(), sqlite()].into_iter().flatten().collect(),
    };
    if parsed.is_empty() {
        return Named { words: words(text), ..Named::default() };
    }
    parsed.into_iter().fold(Named::default(), |mut sum, named| {
        sum.tables.extend(named.tables);
        sum.functions.extend(named.functions);
        sum
    })
}

/// Reads a file of statements; one that is not understood does not spoil the others.
pub(crate) fn read_script(text: &str, engine: Engine) -> Named {
    let whole = read(text, engine);
    if whole.words.is_empty() {
        return whole;
    }
    text.split_inclusive(';').fold(Named::default(), |mut sum, statement| {
        let named = read(statement, engine);
        sum.tables.extend(named.tables);
        sum.functions.extend(named.functions);
        sum.words.extend(named.words);
        sum
    })
}

fn parse(dialect: &dyn Dialect, text: &str) -> Option<Named> {
    let statements = Parser::parse_sql(dialect, text).ok()?;
    let mut finder = Finder::default();
    let ControlFlow::Continue(()) = statements.visit(&mut finder);
    let Finder { mut named, common, called } = finder;
    let is_local = |name: &Vec<String>| {
        matches!(name.as_slice(), [single] if common.contains(single)) || called.contains(name)
    };
    named.tables.retain(|name| !is_local(name));
    named.tables.extend(referenced(dialect, text));
    Some(named)
}

/// Collects names from the syntax tree.
#[derive(Default)]
struct Finder {
    named: Named,
    /// Names of common table expressions.
    common: BTreeSet<String>,
    /// Functions in the place of a table, as in `FROM json_each($1)`.
    called: BTreeSet<Vec<String>>,
}

impl Finder {
    fn table(&mut self, name: &ObjectName) {
        self.named.tables.insert(parts(name));
    }
}

impl Visitor for Finder {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        self.common.extend(tables.map(|table| table.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Self::Break> {
        self.table(relation);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        if let TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } =
            factor
        {
            self.called.insert(parts(name));
            self.named.functions.extend(parts(name).pop());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        if let Expr::Function(Function { name, .. }) = expr {
            self.named.functions.extend(parts(name).pop());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        match statement {
            Statement::Drop { object_type, names, .. }
                if !matches!(object_type, ObjectType::Index | ObjectType::Schema) =>
            {
                for name in names {
                    self.table(name);
                }
            }
            Statement::CreateView(view) => self.table(&view.name),
            Statement::CreateTrigger(trigger) => self.table(&trigger.table_name),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn parts(name: &ObjectName) -> Vec<String> {
    name.0
        .iter()
        .filter_map(|part| part.as_ident())
        .map(|ident| ident.value.to_lowercase())
        .collect()
}

/// Tables behind `REFERENCES`, which the syntax tree does not show as relations.
fn referenced(dialect: &dyn Dialect, text: &str) -> BTreeSet<Vec<String>> {
    let tokens = Tokenizer::new(dialect, text).tokenize().unwrap_or_default();
    let mut words = tokens.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word),
        _ => None,
    });
    let mut tables = BTreeSet::new();
    while let Some(word) = words.next() {
        if word.keyword == Keyword::REFERENCES
            && let Some(table) = words.next()
        {
            tables.insert(vec![table.value.to_lowercase()]);
        }
    }
    tables
}

/// Everything that looks like a name.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let Named { tables, functions, words } = read(text, Engine::Both);
        let tables: Vec<String> = tables.iter().map(|name| name.join(".")).collect();
        let functions: Vec<String> = functions.into_iter().collect();
        let unread = if words.is_empty() { "" } else { " (not understood)" };
        expected.assert_eq(&format!("{} | {}{unread}", tables.join(", "), functions.join(", ")));
    }

    #[test]
    fn tables_are_found_wherever_a_statement_names_them() {
        check("SELECT a.id FROM a JOIN b ON a.id = b.id WHERE a.x = $1", &expect!["a, b | "]);
        check(
            "SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE (b.x, b.y) > ($1, $2))",
            &expect!["a, b | "],
        );
        check(
            "INSERT INTO a (id) SELECT id FROM b ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING id",
            &expect!["a, b | "],
        );
        check(
            "UPDATE a SET x = (SELECT max(x) FROM b) FROM c WHERE c.id = a.id",
            &expect!["a, b, c | max"],
        );
        check("DELETE FROM a WHERE id IN (SELECT id FROM b)", &expect!["a, b | "]);
        check("TRUNCATE a", &expect!["a | "]);
        check("SELECT * FROM \"A\" LEFT JOIN main.b ON true", &expect!["a, main.b | "]);
        check(
            "SELECT id FROM a WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED",
            &expect!["a | "],
        );
    }

    #[test]
    fn names_of_a_statement_s_own_are_no_tables() {
        check("WITH w AS (SELECT id FROM a) SELECT id FROM w", &expect!["a | "]);
        check(
            "WITH RECURSIVE w (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w) SELECT n FROM w",
            &expect![" | "],
        );
        check(
            "WITH w AS MATERIALIZED (SELECT 1) INSERT INTO a SELECT nextval('s') FROM w",
            &expect!["a | nextval"],
        );
        check("SELECT value FROM json_each($1)", &expect![" | json_each"]);
        check("SELECT x FROM unnest($1::uuid[]) AS x", &expect![" | "]);
    }

    #[test]
    fn definitions_name_tables_too() {
        check(
            "CREATE TABLE a (id BLOB NOT NULL PRIMARY KEY, b_id BLOB REFERENCES b (id)) STRICT",
            &expect!["a, b | "],
        );
        check(
            "CREATE TABLE IF NOT EXISTS a (id uuid, FOREIGN KEY (id) REFERENCES b)",
            &expect!["a, b | "],
        );
        check("CREATE TABLE a (seq bigint) PARTITION BY RANGE (seq)", &expect!["a | range"]);
        check("CREATE UNIQUE INDEX i ON a (lower(x)) WHERE y IS NULL", &expect!["a | lower"]);
        check("ALTER TABLE a ADD COLUMN x text", &expect!["a | "]);
        check("DROP TABLE IF EXISTS a, b", &expect!["a, b | "]);
        check("CREATE VIEW v AS SELECT 1 FROM a", &expect!["a, v | "]);
        check("PRAGMA journal_mode = WAL", &expect![" | pragma_journal_mode"]);
    }

    #[test]
    fn what_is_not_understood_is_read_word_by_word() {
        check("FROBNICATE a WITH b", &expect![" |  (not understood)"]);
        assert_eq!(words("FROBNICATE a_b, c"), words("c a_b frobnicate"));
    }
}
