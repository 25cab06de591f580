//! Finds the tables that a piece of SQL names.
#![expect(clippy::wildcard_enum_match_arm, reason = "the rules ask for few of the many variants")]

use std::{collections::BTreeSet, ops::ControlFlow};

use sqlparser::{
    ast::{
        AlterTableOperation, CommentObject, Expr, Function, Grant, GrantObjects, ObjectName,
        ObjectType, Query, RenameTableNameKind, Revoke, Statement, TableFactor, Visit as _,
        Visitor,
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
    /// Names that a statement gives to results of its own, by `WITH`.
    pub(crate) own: BTreeSet<String>,
    /// Every name and every word of a text, wherever it stands.
    pub(crate) mentioned: BTreeSet<String>,
    /// Whether a name is written in escapes, so that it cannot be read.
    pub(crate) is_escaped: bool,
    /// Every word of what the parser did not understand, or did not read, as the body of a function.
    pub(crate) words: BTreeSet<String>,
}

impl Named {
    /// What all of them name.
    fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), |mut sum, named| {
            let Self { tables, functions, own, mentioned, is_escaped, words } = named;
            sum.tables.extend(tables);
            sum.functions.extend(functions);
            sum.own.extend(own);
            sum.mentioned.extend(mentioned);
            sum.is_escaped |= is_escaped;
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
    let unread = || Named { words: words(text), is_escaped: escapes(text), ..Named::default() };
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
    let Finder { mut named, called, has_body } = finder;
    let is_local = |name: &Vec<String>| {
        matches!(name.as_slice(), [single] if named.own.contains(single)) || called.contains(name)
    };
    named.tables.retain(|name| !is_local(name) && *name != ["only"]);
    let tokens = Tokenizer::new(dialect, text).tokenize().unwrap_or_default();
    named.tables.extend(referenced(&tokens));
    named.is_escaped = escapes(text);
    for token in &tokens {
        match token {
            Token::Word(word) => {
                named.mentioned.insert(word.value.to_lowercase());
            }
            Token::DollarQuotedString(body) => named.words.extend(words(&body.value)),
            Token::SingleQuotedString(body) | Token::EscapedStringLiteral(body) if has_body => {
                named.words.extend(words(body));
            }
            Token::Whitespace(_) | Token::Number(..) => {}
            other => named.mentioned.extend(words(&other.to_string())),
        }
    }
    Some(named)
}

/// `U&"…"`, of which PostgreSQL makes any name.
fn escapes(text: &str) -> bool {
    text.to_lowercase().contains("u&\"")
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
        self.named.own.extend(tables.map(|table| table.alias.name.value.to_lowercase()));
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
            Statement::AlterTable(altered) => {
                let renamed = altered.operations.iter().filter_map(|operation| match operation {
                    AlterTableOperation::RenameTable { table_name } => Some(table_name),
                    _ => None,
                });
                self.tables(renamed.map(|renamed| match renamed {
                    RenameTableNameKind::As(name) | RenameTableNameKind::To(name) => name,
                }));
            }
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

/// Tables behind `REFERENCES` and `ONLY`, which the syntax tree does not show as relations.
fn referenced(tokens: &[Token]) -> BTreeSet<Vec<String>> {
    let mut words = tokens.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word),
        _ => None,
    });
    let mut tables = BTreeSet::new();
    while let Some(word) = words.next() {
        let is_before_table = word.keyword == Keyword::REFERENCES
            || (word.keyword == Keyword::ONLY && word.quote_style.is_none());
        if is_before_table && let Some(table) = words.next() {
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
mod tests;
