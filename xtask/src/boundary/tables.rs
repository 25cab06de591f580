//! Rule 6: SQL touches only tables of its own context.

use std::{fs, path::Path, rc::Rc};

use super::{
    config::{self, Boundaries, CrateRules, FILE, Kind},
    names::Resolved,
    report::{Place, Report, Violation},
    rules::Rule,
    source::{Engine, Mention, Statement, Unit},
    sql_source::{self, Text},
    sql_text::{self, Named},
    workspace::{Crate, Workspace},
};

/// Why a name in SQL is refused: message, reason, advice.
type Refusal = (String, String, String);

/// Whose SQL is judged, and how strictly.
#[derive(Clone, Copy)]
struct Owner<'a> {
    boundaries: &'a Boundaries,
    name: &'a str,
    rules: &'a CrateRules,
    /// Test code may have tables that belong to nobody.
    is_test_code: bool,
}

/// Every statement of a unit.
pub(crate) fn check_statements(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    report: &mut Report,
) {
    for statement in &unit.statements {
        let is_test_code = statement.at.scope.is_test_code();
        let owner = Owner { boundaries, name: &krate.name, rules, is_test_code };
        for text in sql_source::texts(&statement.arguments, &unit.definitions) {
            if let Some(sql) = &text.sql {
                for (word, refusal) in owner.judge(&sql_text::read(sql, text.engine)) {
                    owner.report(place_in(unit, statement, &text, &word), refusal, report);
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

/// Whether a path is a way around `sql!`.
pub(crate) fn check_raw(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    (mention, resolved): (&Mention, &Resolved),
    report: &mut Report,
) {
    let Some((path, imported)) = resolved.foreign_path() else { return };
    let is_raw = |path: &str| {
        let fits = |pattern: &String| {
            config::matches(pattern, path) || config::matches(&format!("{pattern}::*"), path)
        };
        boundaries.sql.raw.iter().any(fits)
    };
    if !is_raw(&path) || imported.is_some_and(|imported| is_raw(&imported)) {
        return;
    }
    let layer = boundaries.layer_of(&unit.files[mention.at.file].below_root);
    let in_layer =
        unit.is_library && layer.is_some_and(|layer| boundaries.sql.raw_in.contains(&layer.name));
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
    boundaries: &Boundaries,
    report: &mut Report,
) {
    for folder in entries(&workspace.root.join("migrations")) {
        let Some(name) = folder.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            continue;
        };
        let owner = boundaries.crates.iter().find(|(krate, rules)| {
            rules.migrations.as_ref().map_or(*krate.get_ref() == name, |own| *own == name)
        });
        let mut files = Vec::new();
        sql_files(&folder, &mut files);
        for file in files {
            let path: Rc<str> =
                file.strip_prefix(&workspace.root).unwrap_or(&file).to_string_lossy().into();
            let Some((krate, rules)) = owner else {
                report.add(Violation {
                    rule: Rule::Tables,
                    krate: name.clone(),
                    place: Place::new(&path, 1, 1, 1),
                    message: format!("the migrations of `{name}` belong to no crate"),
                    why: "only the owner of a table defines it".into(),
                    help: format!(
                        "name the folder like its crate, or set `migrations = \"{name}\"` in {FILE}"
                    ),
                });
                continue;
            };
            let owner = Owner { boundaries, name: krate.get_ref(), rules, is_test_code: false };
            let text = fs::read_to_string(&file).unwrap_or_default();
            let engine = match file.parent().and_then(Path::file_name) {
                Some(engine) if engine == "postgres" => Engine::Postgres,
                Some(engine) if engine == "sqlite" => Engine::Sqlite,
                _ => Engine::Both,
            };
            for (word, refusal) in owner.judge(&sql_text::read_script(&text, engine)) {
                let start = find_word(&text, &word).unwrap_or(0);
                let end = (start + word.len()).min(text.len());
                owner.report(Place::of_bytes(&path, &text, start..end), refusal, report);
            }
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
        let of_functions = named
            .functions
            .iter()
            .filter(|function| self.is_catalog(function))
            .filter_map(|function| Some((function.clone(), self.catalog(function)?)));
        let of_words = named.words.iter().filter_map(|word| {
            let (message, why, _) =
                if self.is_catalog(word) { self.catalog(word) } else { self.foreign(word) }?;
            let help = "the parser does not know this statement, so every word counts:\n\
                        write it more simply, or name the column differently";
            Some((word.clone(), (message, why, help.to_owned())))
        });
        of_tables.chain(of_functions).chain(of_words).collect()
    }

    fn is_catalog(&self, name: &str) -> bool {
        self.boundaries.sql.catalogs.iter().any(|pattern| config::matches(pattern, name))
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
        if self.owns(table) {
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

    fn owns(&self, table: &str) -> bool {
        self.rules.tables.iter().any(|prefix| table.starts_with(prefix))
    }

    /// The refusal of a name with the prefix of another crate.
    fn foreign(&self, table: &str) -> Option<Refusal> {
        let has_prefix =
            |rules: &CrateRules| rules.tables.iter().any(|prefix| table.starts_with(prefix));
        let (owner, _) = self
            .boundaries
            .crates
            .iter()
            .find(|(name, rules)| name.get_ref() != self.name && has_prefix(rules))?;
        Some((
            format!("SQL of {} names `{table}`, which belongs to {owner}", self.name),
            "a context owns its tables: it alone reads and writes them".into(),
            format!("ask the queries of {owner} through a gateway, or keep a copy from its events"),
        ))
    }

    fn report(&self, place: Place, (message, why, help): Refusal, report: &mut Report) {
        let krate = self.name.to_owned();
        report.add(Violation { rule: Rule::Tables, krate, place, message, why, help });
    }
}

/// Where a word stands in the text of a `sql!`, or the `sql!` where it is composed of parts.
fn place_in(unit: &Unit, statement: &Statement, text: &Text, word: &str) -> Place {
    let file = &unit.files[statement.at.file];
    let offset = |line: usize, column: usize| {
        let start: usize = file.text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let within = file.text[start..].chars().take(column).map(char::len_utf8).sum::<usize>();
        start + within
    };
    let (start, end) = (text.from.start(), text.to.end());
    let (start, end) = (offset(start.line, start.column), offset(end.line, end.column));
    match file.text.get(start..end).and_then(|source| find_word(source, word)) {
        Some(found) => {
            let found = start + found;
            Place::of_bytes(&file.path, &file.text, found..found + word.len())
        }
        None => statement.at.place.clone(),
    }
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

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut entries: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

fn sql_files(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() {
            sql_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            into.push(path);
        }
    }
}
