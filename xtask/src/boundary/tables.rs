//! Rule 6: SQL touches only tables of its own context.

use std::collections::BTreeMap;

use super::{
    config::{Boundaries, CrateRules, FILE, Kind, Layer},
    migrations::Migration,
    names::{Resolved, Target},
    patterns,
    report::{Place, Report, Violation},
    rules::Rule,
    source::{Form, Fragment, Mention, Statement, Unit},
    sql_source::Text,
    sql_text::{self, Named},
    workspace::{Crate, Workspace},
};

/// Why a name in SQL is refused: message, reason, advice.
type Refusal = (String, String, String);

/// Every table that the migrations define, with its owner.
pub(crate) type Tables = BTreeMap<String, String>;

/// Whose SQL is judged, and how strictly.
#[derive(Clone, Copy)]
struct Owner<'a> {
    boundaries: &'a Boundaries,
    tables: &'a Tables,
    name: &'a str,
    rules: &'a CrateRules,
    /// Test code may have tables that belong to nobody.
    is_test_code: bool,
}

/// What the migrations define.
pub(crate) fn defined(workspace: &Workspace, boundaries: &Boundaries) -> Tables {
    let mut tables = Tables::new();
    for migration in workspace.migrations.iter() {
        let Some((owner, rules)) = owner_of(migration, boundaries) else { continue };
        let names = migration.named.tables.iter().filter_map(|parts| parts.last());
        for name in names.filter(|name| rules.owns(name)) {
            tables.insert(name.clone(), owner.to_owned());
        }
    }
    tables
}

fn owner_of<'a>(
    migration: &Migration,
    boundaries: &'a Boundaries,
) -> Option<(&'a str, &'a CrateRules)> {
    let found = boundaries.crates.iter().find(|(krate, rules)| {
        let own = rules.migrations.as_ref().unwrap_or(krate.get_ref());
        *own == migration.folder
    });
    found.map(|(krate, rules)| (krate.get_ref().as_str(), rules))
}

/// Every statement of a file.
pub(crate) fn check_statements(
    (boundaries, tables): (&Boundaries, &Tables),
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    fragment: &Fragment,
    report: &mut Report,
) {
    for statement in &fragment.statements {
        let is_test_code = statement.at.scope.is_test_code();
        let owner = Owner { boundaries, tables, name: &krate.name, rules, is_test_code };
        for text in &statement.texts {
            if let Some(values) = text.values(&unit.definitions) {
                for value in values {
                    for (word, refusal) in owner.judge(&sql_text::read(&value, text.engine)) {
                        owner.report(place_in(statement, text, &word), refusal, report);
                    }
                }
            } else if rules.kind != Kind::Core {
                let refusal = (
                    "the text of this `sql!` cannot be read here".into(),
                    "what the check cannot read, it cannot hold".into(),
                    "write the text itself, or a macro of this crate that joins literals by `concat!`"
                        .into(),
                );
                owner.report(statement.at.place.clone(), refusal, report);
            }
        }
    }
}

/// Whether a path is a way around `sql!`, or brings all that lies within.
pub(crate) fn check_raw(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    layer: Option<&Layer>,
    (mention, resolved): (&Mention, &Resolved),
    report: &mut Report,
) {
    let (Target::External { krate: named, .. } | Target::Member { krate: named, .. }) =
        &resolved.target
    else {
        return;
    };
    if !boundaries.sql.is_of_raw(named) {
        return;
    }
    let Some((path, imported)) = resolved.foreign_path() else { return };
    let is_raw = |path: &str| {
        let fits = |pattern: &String| {
            patterns::matches(pattern, path) || patterns::matches(&format!("{pattern}::*"), path)
        };
        boundaries.sql.raw.iter().any(fits)
    };
    let brings_all = matches!(mention.form, Form::Use { glob: true, .. } | Form::Completed) && {
        let within = format!("{path}::");
        boundaries.sql.raw.iter().any(|pattern| pattern.starts_with(&within))
    };
    if !brings_all && (!is_raw(&path) || imported.is_some_and(|imported| is_raw(&imported))) {
        return;
    }
    let in_layer = layer.is_some_and(|layer| boundaries.sql.raw_in.contains(&layer.name));
    if rules.kind == Kind::Core && (in_layer || mention.at.scope.is_test_code()) {
        return;
    }
    // Benchmarks and tests of the whole compare with statements written by hand.
    if rules.kind == Kind::Tests && !unit.is_library {
        return;
    }
    // A program elsewhere has tables of its own, and asks for them as it likes.
    if rules.kind == Kind::Example {
        return;
    }
    let path = if brings_all { format!("{path}::*") } else { path };
    report.add(Violation {
        rule: Rule::Tables,
        krate: krate.name.clone(),
        place: mention.at.place.clone(),
        message: format!("`{path}` runs SQL that is not in `sql!`"),
        why: "such a statement is neither checked for its tables nor prepared on both engines"
            .into(),
        help: "write the statement as `sql!(\"…\")`".into(),
    });
}

/// Every migration belongs to a crate and defines only its tables.
pub(crate) fn check_migrations(
    workspace: &Workspace,
    (boundaries, tables): (&Boundaries, &Tables),
    report: &mut Report,
) {
    for migration in workspace.migrations.iter() {
        let Migration { folder, path, text, named } = &**migration;
        let Some((name, rules)) = owner_of(migration, boundaries) else {
            report.add(Violation {
                rule: Rule::Tables,
                krate: folder.clone(),
                place: Place::new(path, 1, 1, 1),
                message: format!("the migrations of `{folder}` belong to no crate"),
                why: "only the owner of a table defines it".into(),
                help: format!(
                    "name the folder like its crate, or set `migrations = \"{folder}\"` in {FILE}"
                ),
            });
            continue;
        };
        let owner = Owner { boundaries, tables, name, rules, is_test_code: false };
        for (word, refusal) in owner.judge(named) {
            let start = find_word(text, &word).unwrap_or(0);
            let end = (start + word.len()).min(text.len());
            owner.report(Place::of_bytes(path, text, start..end), refusal, report);
        }
    }
}

impl Owner<'_> {
    /// The names that do not belong here, each with the reason.
    fn judge(&self, named: &Named) -> Vec<(String, Refusal)> {
        let of_tables = named.tables.iter().filter_map(|parts| {
            let table = parts.last()?;
            let refusal = if parts.iter().any(|part| self.is_catalog(part)) {
                self.catalog(table)
            } else {
                self.table(table)
            };
            refusal.map(|refusal| (table.clone(), refusal))
        });
        // A result that is called like a table of another would hide that one behind it.
        let of_names = named.functions.iter().chain(&named.own);
        let of_names = of_names.filter_map(|name| Some((name.clone(), self.stranger(name)?)));
        let is_table = |word: &String| named.tables.iter().any(|parts| parts.last() == Some(word));
        let of_mentioned = named.mentioned.iter().filter_map(|word| {
            let owner = self.tables.get(word).filter(|owner| *owner != self.name)?;
            (!is_table(word)).then(|| (word.clone(), self.belongs(word, owner)))
        });
        let of_words = named.words.iter().filter_map(|word| {
            let (message, why, _) = self.stranger(word)?;
            let help = "the parser does not know this statement, so every word counts:\n\
                        write it more simply, or name the column differently";
            Some((word.clone(), (message, why, help.to_owned())))
        });
        let of_escapes = named.is_escaped.then(|| {
            let refusal = (
                format!("SQL of {} writes a name in escapes, which hide it", self.name),
                "what the check cannot read, it cannot hold".to_owned(),
                "write the name itself".to_owned(),
            );
            ("u".to_owned(), refusal)
        });
        let known = of_tables.chain(of_names).chain(of_mentioned);
        known.chain(of_words).chain(of_escapes).collect()
    }

    fn is_catalog(&self, name: &str) -> bool {
        self.boundaries.sql.catalogs.iter().any(|pattern| patterns::matches(pattern, name))
    }

    fn catalog(&self, name: &str) -> Option<Refusal> {
        (self.rules.kind != Kind::Core).then(|| {
            (
                format!("SQL of {} uses `{name}`, which belongs to the database system", self.name),
                "only the event core knows which engine it speaks to".into(),
                "ask the core for what you need".into(),
            )
        })
    }

    fn table(&self, table: &str) -> Option<Refusal> {
        if self.rules.owns(table) {
            return None;
        }
        let nobody = || {
            let prefixes = self.rules.tables.join(", ");
            (
                format!("SQL of {} names the table `{table}`, which belongs to nobody", self.name),
                "the prefix of a table says who owns it".into(),
                if prefixes.is_empty() {
                    format!("give {} a prefix under `tables` in {FILE}", self.name)
                } else {
                    format!("begin its name with {prefixes}")
                },
            )
        };
        self.foreign(table).or_else(|| (!self.is_test_code).then(nobody))
    }

    /// The refusal of a name that belongs to the database system or to another crate.
    fn stranger(&self, name: &str) -> Option<Refusal> {
        // What SQLite calls the index of a primary key says whose table it is of.
        let name = automatically_indexed(name).unwrap_or(name);
        if self.is_catalog(name) { self.catalog(name) } else { self.foreign(name) }
    }

    /// The refusal of a name with the prefix of another crate.
    fn foreign(&self, table: &str) -> Option<Refusal> {
        let others = self.boundaries.crates.iter().filter(|(name, _)| name.get_ref() != self.name);
        let (owner, _) = others.into_iter().find(|(_, rules)| rules.owns(table))?;
        Some(self.belongs(table, owner.get_ref()))
    }

    fn belongs(&self, table: &str, owner: &str) -> Refusal {
        (
            format!("SQL of {} names `{table}`, which belongs to {owner}", self.name),
            "a context owns its tables: it alone reads and writes them".into(),
            format!("ask the queries of {owner} through a gateway, or keep a copy from its events"),
        )
    }

    fn report(&self, place: Place, (message, why, help): Refusal, report: &mut Report) {
        let krate = self.name.to_owned();
        report.add(Violation { rule: Rule::Tables, krate, place, message, why, help });
    }
}

/// Where a word stands in the text of a `sql!`, or the `sql!` where it is composed of parts.
fn place_in(statement: &Statement, text: &Text, word: &str) -> Place {
    let file = &statement.at.file;
    let offset = |line: usize, column: usize| {
        let start: usize = file.text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let within = file.text[start..].chars().take(column).map(char::len_utf8).sum::<usize>();
        start + within
    };
    let (start, end) =
        (offset(text.from.line, text.from.column), offset(text.to.line, text.to.column));
    match file.text.get(start..end).and_then(|source| find_word(source, word)) {
        Some(found) => {
            let found = start + found;
            Place::of_bytes(&file.path, &file.text, found..found + word.len())
        }
        None => statement.at.place.clone(),
    }
}

/// The table whose index SQLite gave this name.
fn automatically_indexed(name: &str) -> Option<&str> {
    let (table, number) = name.strip_prefix("sqlite_autoindex_")?.rsplit_once('_')?;
    number.parse::<u32>().is_ok().then_some(table)
}

/// Where a word begins, whatever its case; `pragma_x` may be written `PRAGMA x`.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let text = text.to_ascii_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let find = |word: &str| {
        text.match_indices(word).map(|(at, _)| at).find(|at| {
            !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
        })
    };
    find(word).or_else(|| find(&word.replacen('_', " ", 1)))
}
