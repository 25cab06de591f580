//! Finds the tables that a piece of SQL names.
#![expect(clippy::wildcard_enum_match_arm, reason = "the rules ask for few of the many variants")]

use std::{collections::BTreeSet, ops::ControlFlow};

use sqlparser::{
    ast::{
        CommentObject, Expr, Function, Grant, GrantObjects, ObjectName, ObjectType, Query, Revoke,
        Statement, TableFactor, Visit as _, Visitor,
    },
    dialect::{Dialect, PostgreSqlDialect, SQLiteDialect},
    keywords::Keyword,
    parser::Parser,
    tokenizer::{Token, Tokenizer, Word},
};

use super::source::Engine;

/// What a piece of SQL names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Tables and views, the schema before the table where one is written.
    pub(crate) tables: BTreeSet<Vec<String>>,
    pub(crate) functions: BTreeSet<String>,
    /// Every word of what the parser did not understand, or did not read, as the body of a function.
    pub(crate) words: BTreeSet<String>,
}

impl Named {
    /// What all of them name.
    fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), |mut sum, Self { tables, functions, words }| {
            sum.tables.extend(tables);
            sum.functions.extend(functions);
            sum.words.extend(words);
            sum
        })
    }
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
    let unread = || Named { words: words(text), ..Named::default() };
    if let Some(arguments) = virtual_table(text) {
        return search_table(arguments).unwrap_or_else(unread);
    }
    let sqlite = || parse(&SQLiteDialect {}, text);
    let postgres = || parse(&PostgreSqlDialect {}, text);
    let parsed: Vec<Named> = match engine {
        Engine::Sqlite => sqlite().into_iter().collect(),
        Engine::Postgres => postgres().into_iter().collect(),
        Engine::Both => [postgres(), sqlite()].into_iter().flatten().collect(),
    };
    if parsed.is_empty() { unread() } else { Named::sum(parsed) }
}

/// Reads a file of statements; one that is not understood does not spoil the others.
pub(crate) fn read_script(text: &str, engine: Engine) -> Named {
    let whole = read(text, engine);
    if whole.words.is_empty() {
        return whole;
    }
    Named::sum(statements(text, engine).iter().map(|statement| read(statement, engine)))
}

/// The statements of a file; those of a trigger are a part of it.
fn statements(text: &str, engine: Engine) -> Vec<String> {
    let dialect: &dyn Dialect = match engine {
        Engine::Sqlite => &SQLiteDialect {},
        Engine::Postgres | Engine::Both => &PostgreSqlDialect {},
    };
    let Ok(tokens) = Tokenizer::new(dialect, text).with_unescape(false).tokenize() else {
        return vec![text.to_owned()];
    };
    let (mut statements, mut statement) = (Vec::new(), String::new());
    let (mut is_trigger, mut open) = (false, 0_usize);
    for token in tokens {
        statement.push_str(&token.to_string());
        match token {
            Token::Word(Word { keyword: Keyword::TRIGGER, .. }) => is_trigger = true,
            Token::Word(Word { keyword: Keyword::BEGIN | Keyword::CASE, .. }) if is_trigger => {
                open += 1;
            }
            Token::Word(Word { keyword: Keyword::END, .. }) => open = open.saturating_sub(1),
            Token::SemiColon if open == 0 => {
                statements.push(std::mem::take(&mut statement));
                is_trigger = false;
            }
            _ => {}
        }
    }
    statements.push(statement);
    statements
}

fn parse(dialect: &dyn Dialect, text: &str) -> Option<Named> {
    let statements = Parser::parse_sql(dialect, text).ok()?;
    let mut finder = Finder::default();
    let ControlFlow::Continue(()) = statements.visit(&mut finder);
    let Finder { mut named, common, called, has_body } = finder;
    let is_local = |name: &Vec<String>| {
        matches!(name.as_slice(), [single] if common.contains(single)) || called.contains(name)
    };
    named.tables.retain(|name| !is_local(name));
    let tokens = Tokenizer::new(dialect, text).tokenize().unwrap_or_default();
    named.tables.extend(referenced(&tokens));
    for token in &tokens {
        match token {
            Token::DollarQuotedString(body) => named.words.extend(words(&body.value)),
            Token::SingleQuotedString(body) | Token::EscapedStringLiteral(body) if has_body => {
                named.words.extend(words(body));
            }
            _ => {}
        }
    }
    Some(named)
}

/// The words and texts behind `CREATE VIRTUAL TABLE`, if this is such a statement and nothing else: a parser does not know
/// what they say.
fn virtual_table(text: &str) -> Option<Vec<String>> {
    let mut tokens = Tokenizer::new(&SQLiteDialect {}, text.trim_end().trim_end_matches(';'));
    let words = tokens.tokenize().ok()?.into_iter().filter_map(|token| match token {
        Token::Word(word) => Some(word.value.to_lowercase()),
        Token::SingleQuotedString(value) => Some(value.to_lowercase()),
        Token::Eq | Token::SemiColon => Some(token.to_string()),
        _ => None,
    });
    let words: Vec<String> = words.collect();
    let is_such = words.starts_with(&["create", "virtual", "table"].map(str::to_owned));
    (is_such && !words.contains(&";".to_owned())).then(|| words[3..].to_vec())
}

/// A table that SQLite searches, and the one that has what it says.
fn search_table(arguments: Vec<String>) -> Option<Named> {
    let is_condition = |word: &String| ["if", "not", "exists"].contains(&word.as_str());
    let words: Vec<String> = arguments.into_iter().skip_while(is_condition).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [name, "using", "fts5", arguments @ ..] = words.as_slice() else { return None };
    let content = arguments.windows(3).find_map(|words| match words {
        ["content", "=", table] => Some(*table),
        _ => None,
    });
    let tables = [Some(*name), content.filter(|table| !table.is_empty())].into_iter().flatten();
    Some(Named { tables: tables.map(|table| vec![table.to_owned()]).collect(), ..Named::default() })
}

/// Collects names from the syntax tree.
#[derive(Default)]
struct Finder {
    named: Named,
    /// Names of common table expressions.
    common: BTreeSet<String>,
    /// Functions in the place of a table, as in `FROM json_each($1)`.
    called: BTreeSet<Vec<String>>,
    /// Whether a function is defined: its body may be any text.
    has_body: bool,
}

impl Finder {
    fn tables<'a>(&mut self, names: impl IntoIterator<Item = &'a ObjectName>) {
        names.into_iter().for_each(|name| self.table(name));
    }

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
                self.tables(names);
            }
            Statement::CreateView(view) => self.table(&view.name),
            Statement::CreateTrigger(trigger) => self.table(&trigger.table_name),
            Statement::DropTrigger(trigger) => self.tables(&trigger.table_name),
            Statement::Grant(Grant { objects: Some(GrantObjects::Tables(names)), .. })
            | Statement::Revoke(Revoke { objects: Some(GrantObjects::Tables(names)), .. }) => {
                self.tables(names);
            }
            Statement::Comment { object_type: CommentObject::Table, object_name, .. } => {
                self.table(object_name);
            }
            Statement::CreateFunction(_) | Statement::CreateProcedure { .. } => {
                self.has_body = true;
            }
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
fn referenced(tokens: &[Token]) -> BTreeSet<Vec<String>> {
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
        check(
            "CREATE VIRTUAL TABLE v USING fts5 (content, content = 'a', content_rowid = 'id', tokenize = 'ascii');",
            &expect!["a, v | "],
        );
        check(
            "CREATE VIRTUAL TABLE IF NOT EXISTS v USING fts5 (x, content = '')",
            &expect!["v | "],
        );
        check(
            "CREATE VIRTUAL TABLE v USING fts5vocab (a, 'row')",
            &expect![" |  (not understood)"],
        );
        check("DROP TRIGGER IF EXISTS t ON a", &expect!["a | "]);
        check("GRANT SELECT ON a, b TO c", &expect!["a, b | "]);
        check("REVOKE ALL ON a FROM c", &expect!["a | "]);
        check("COMMENT ON TABLE a IS 'b'", &expect!["a | "]);
        check(
            "CREATE TRIGGER t AFTER UPDATE ON a BEGIN INSERT INTO b (b, x) VALUES ('delete', old.x); UPDATE c SET x = new.x; END",
            &expect!["a, b, c | "],
        );
    }

    #[test]
    fn each_statement_of_a_file_is_read_by_itself() {
        let one = "CREATE VIRTUAL TABLE v USING fts5 (x); DELETE FROM a;";
        let found = ["a", "v"].map(|table| vec![table.to_owned()]).into();
        assert_eq!(read_script(one, Engine::Sqlite).tables, found);
        let script = "-- One; and `another`.
            CREATE TABLE a (x TEXT DEFAULT 'it''s; so');
            CREATE VIRTUAL TABLE v USING fts5 (x, content = 'a');
            CREATE TRIGGER t AFTER DELETE ON a BEGIN
                INSERT INTO v (v, x) VALUES ('delete', CASE WHEN old.x = '' THEN lower(old.x) END);
                DELETE FROM b;
            END;
            FROBNICATE c;
            DROP TRIGGER t;
            DELETE FROM d;";
        let Named { tables, functions, words } = read_script(script, Engine::Sqlite);
        assert_eq!(tables, ["a", "b", "d", "v"].map(|table| vec![table.to_owned()]).into());
        assert_eq!(functions, ["lower".to_owned()].into());
        assert_eq!(words, self::words("FROBNICATE c"));
    }

    #[test]
    fn the_body_of_a_function_is_read_word_by_word() {
        for body in ["$x$DELETE FROM b$x$", "'DELETE FROM b'", "E'DELETE FROM b'"] {
            for text in [
                format!("CREATE OR REPLACE FUNCTION f() RETURNS void AS {body} LANGUAGE sql"),
                format!("CREATE PROCEDURE f() LANGUAGE sql AS {body}"),
                format!("DO {body}"),
            ] {
                let Named { words, .. } = read(&text, Engine::Postgres);
                assert!(words.is_superset(&self::words("delete from b")), "{text}: {words:?}");
            }
        }
        check("UPDATE a SET x = 'DELETE FROM b'", &expect!["a | "]);
    }

    #[test]
    fn what_is_not_understood_is_read_word_by_word() {
        check("FROBNICATE a WITH b", &expect![" |  (not understood)"]);
        assert_eq!(words("FROBNICATE a_b, c"), words("c a_b frobnicate"));
    }
}
