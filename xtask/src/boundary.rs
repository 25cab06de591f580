//! `cargo xtask boundary`: holds the architecture that `boundaries.toml` declares.

pub(crate) mod attributes;
pub(crate) mod bodies;
mod collector;
pub(crate) mod config;
pub(crate) mod declared;
mod edges;
mod emission;
pub(crate) mod events;
mod exports;
mod files;
pub(crate) mod golden;
mod grants;
mod graph;
mod imports;
mod layers;
pub(crate) mod loader;
mod macros;
mod migrations;
mod mutants;
pub(crate) mod names;
mod patterns;
mod report;
mod rules;
pub(crate) mod schemas;
mod scope;
mod side_by_side;
pub(crate) mod source;
mod sql_source;
mod sql_text;
mod tables;
mod tokens;
pub(crate) mod workspace;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use self::{
    config::{Boundaries, CrateRules, FILE},
    emission::Uses,
    loader::Detail,
    names::Resolver,
    report::{Paint, Report, Violation},
    rules::Rule,
    source::{Fragment, OddityKind, Unit},
    tables::Tables,
    workspace::{Crate, Workspace},
};

/// What to check and how to say it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print what was found as one JSON array
    #[arg(long)]
    json: bool,
    /// Print the context map as Mermaid (or JSON) instead of checking
    #[arg(long)]
    graph: bool,
    /// Print the real export list of a crate in the form in which it is declared
    #[arg(long, value_name = "CRATE", conflicts_with = "graph")]
    exports: Option<String>,
    /// Say what a rule demands and why, B003 for example
    #[arg(long, value_name = "CODE", conflicts_with_all = ["graph", "exports"])]
    explain: Option<Rule>,
    /// Plant every kind of violation in the workspace as it is, and tell which of them the check finds
    #[arg(long, conflicts_with_all = ["graph", "exports", "explain"])]
    mutants: bool,
    /// Plant those of one rule alone
    #[arg(long, value_name = "CODE", requires = "mutants")]
    only: Option<Rule>,
    /// Plant them before a check that is blind to one rule, which must then miss some
    #[arg(long, value_name = "CODE", requires = "mutants")]
    without: Option<Rule>,
    /// Check another workspace than this one
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

/// Runs the check; `false` when a boundary does not hold.
pub(crate) fn run(args: &Args) -> Result<bool> {
    if let Some(rule) = args.explain {
        println!("{rule}: {}\n\n{}", rule.title(), rule.rationale());
        return Ok(true);
    }
    let started = Instant::now();
    let root = args.root.clone().unwrap_or_else(|| PathBuf::from("."));
    if args.mutants {
        return plant(args, &root, started);
    }
    let (workspace, boundaries) = read(&root, Detail::Rules)?;
    if let Some(name) = &args.exports {
        let krate = workspace.find(name).with_context(|| format!("there is no crate {name}"))?;
        let rules = boundaries.rules(name);
        let rules = rules.with_context(|| format!("{FILE} does not declare {name}"))?;
        print!("{}", exports::print(krate, rules.kind));
        return Ok(true);
    }
    if args.graph {
        let map = graph::Map::new(&workspace, &boundaries);
        if args.json {
            println!("{}", serde_json::to_string_pretty(&map)?);
        } else {
            print!("{}", map.mermaid());
        }
        return Ok(true);
    }
    let report = check(&workspace, &boundaries);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report.violations)?);
    } else {
        show(&workspace, &report);
        println!("{}", summary(&workspace, &report, started.elapsed()));
    }
    Ok(report.violations.is_empty())
}

/// Plants mutants; `false` when one of them is not found, or a control is not left alone.
fn plant(args: &Args, root: &Path, started: Instant) -> Result<bool> {
    let verdict = mutants::run(root, args.only, args.without)?;
    if args.json {
        println!("{}", verdict.json()?);
    } else {
        print!("{}", verdict.render(Paint::for_stdout()));
        println!("{} ({} ms)", verdict.summary(), started.elapsed().as_millis());
    }
    Ok(verdict.is_clean())
}

/// The source of a workspace, and what is declared of it.
pub(crate) fn read(root: &Path, detail: Detail) -> Result<(Workspace, Boundaries)> {
    let workspace = Workspace::load(root, detail)?;
    let boundaries = Boundaries::load(&workspace.root)?;
    Ok((workspace, boundaries))
}

/// Holds the rule about events alone; `false` when it does not hold.
pub(crate) fn events((workspace, boundaries): &(Workspace, Boundaries)) -> bool {
    let mut report = Report::default();
    events::check(workspace, boundaries, &mut report);
    events::check_history(workspace, &mut report);
    report.sort();
    show(workspace, &report);
    report.violations.is_empty()
}

fn show(workspace: &Workspace, report: &Report) {
    let paint = Paint::for_stdout();
    print!("{}", report.render(&workspace.root, paint));
    for note in &report.notes {
        println!("{}: {note}", paint.strong("note"));
    }
}

/// What is known of all crates when one of them is looked at.
#[derive(Debug, PartialEq, Eq)]
struct Shared {
    tables: Tables,
    /// Macros that make paths of what they are called with.
    composers: BTreeSet<String>,
}

impl Shared {
    fn of(workspace: &Workspace, boundaries: &Boundaries) -> Self {
        Self {
            tables: tables::defined(workspace, boundaries),
            composers: grants::composers(workspace),
        }
    }
}

/// Holds every rule against the workspace.
fn check(workspace: &Workspace, boundaries: &Boundaries) -> Report {
    let shared = Shared::of(workspace, boundaries);
    let events = emission::published(workspace, boundaries);
    let found = side_by_side::map(&workspace.crates, |krate| {
        let mut report = Report::default();
        check_crate((boundaries, &shared), krate, |_| Due::ALL, &mut report);
        (report, emission::uses(boundaries, krate, &events))
    });
    let mut report = Report::default();
    edges::check_crates(workspace, boundaries, &mut report);
    events::check(workspace, boundaries, &mut report);
    events::check_history(workspace, &mut report);
    let uses: Vec<&Uses> = found.iter().map(|(_, uses)| uses).collect();
    emission::check(workspace, boundaries, &uses, &mut report);
    tables::check_migrations(workspace, (boundaries, &shared.tables), &mut report);
    report.violations.extend(found.into_iter().flat_map(|(report, _)| report.violations));
    report.sort();
    report
}

/// What is to be held of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Due {
    names: bool,
    calls: bool,
    statements: bool,
}

impl Due {
    const ALL: Self = Self { names: true, calls: true, statements: true };
    const NOTHING: Self = Self { names: false, calls: false, statements: false };
}

/// Holds the rules that are about one crate, of each file those that are `due`.
fn check_crate(
    (boundaries, shared): (&Boundaries, &Shared),
    krate: &Crate,
    due: impl Fn(&Arc<Fragment>) -> Due,
    report: &mut Report,
) {
    let Some(rules) = boundaries.rules(&krate.name) else { return };
    edges::check(boundaries, krate, rules, report);
    exports::check(boundaries, krate, rules, report);
    for unit in &krate.units {
        let subject = (krate, rules, unit);
        check_oddities(boundaries, subject, report);
        layers::check_files(boundaries, subject, report);
        let names = Resolver::new(unit, &krate.surroundings);
        for fragment in &unit.fragments {
            let Due { names: of_names, calls, statements } = due(fragment);
            if of_names {
                check_names(boundaries, subject, &names, fragment, report);
            }
            if calls {
                let known = (boundaries, &shared.composers);
                grants::check_calls(known, (krate, fragment), &names, report);
            }
            if statements {
                tables::check_statements((boundaries, &shared.tables), subject, fragment, report);
            }
        }
    }
}

/// Holds the rules that are about what stands in source but is no name.
fn check_oddities(
    boundaries: &Boundaries,
    subject: (&Crate, &CrateRules, &Unit),
    report: &mut Report,
) {
    let (krate, _, unit) = subject;
    for oddity in unit.oddities() {
        grants::check_oddity(krate, oddity, report);
        layers::check_oddity(boundaries, subject, oddity, report);
        if let OddityKind::Unreadable(what) = &oddity.kind {
            report.add(Violation {
                rule: Rule::Readable,
                krate: krate.name.clone(),
                place: oddity.at.place.clone(),
                message: format!("this cannot be read: {what}"),
                why: "what the check cannot read, it cannot hold".into(),
                help: "make it compile first".into(),
            });
        }
    }
}

/// Holds the rules that are about the names in one file.
fn check_names(
    boundaries: &Boundaries,
    subject: (&Crate, &CrateRules, &Unit),
    names: &Resolver<'_>,
    fragment: &Fragment,
    report: &mut Report,
) {
    let (_, rules, unit) = subject;
    let layer = layers::of(boundaries, rules, unit, &fragment.file);
    for mention in &fragment.mentions {
        for resolved in names.resolve(mention) {
            let said = (mention, &resolved);
            if grants::check(boundaries, subject, said, report) {
                layers::check(boundaries, subject, layer, said, report);
            }
            tables::check_raw(boundaries, subject, layer, said, report);
        }
    }
}

fn summary(workspace: &Workspace, report: &Report, took: Duration) -> String {
    let units = || workspace.crates.iter().flat_map(|krate| &krate.units);
    let verdict = match report.violations.len() {
        0 => "every boundary holds".to_owned(),
        1 => "1 violation".to_owned(),
        count => format!("{count} violations"),
    };
    format!(
        "boundary: {verdict} ({} crates, {} files, {} paths, {} events, {} statements, {} ms)",
        workspace.crates.len(),
        units().map(|unit| unit.fragments.len()).sum::<usize>(),
        units().map(|unit| unit.mentions().count()).sum::<usize>(),
        units().map(|unit| unit.events().count()).sum::<usize>(),
        units().map(|unit| unit.statements().count()).sum::<usize>(),
        took.as_millis(),
    )
}
