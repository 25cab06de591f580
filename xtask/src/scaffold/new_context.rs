//! A new context: a crate of four layers that begins one kind of thing, declared, migrated and known to the host.

use anyhow::{Context as _, Result, bail};

use crate::boundary::{
    config::{Boundaries, FILE, Kind},
    source::Unit,
    workspace::Workspace,
};

use super::{
    manifest::sorted_in,
    names,
    plan::Plan,
    template::{Words, filled},
};

/// A template, and where it goes in the folder of the crate.
macro_rules! templates {
    ($($file:literal: $template:literal,)+) => {
        &[$(($file, include_str!(concat!("templates/context/", $template, ".template"))),)+]
    };
}

/// The files of the crate.
const CRATE: &[(&str, &str)] = templates! {
    "Cargo.toml": "Cargo.toml",
    "build.rs": "build.rs",
    "README.md": "README.md",
    "AUTHORISATION.md": "AUTHORISATION.md",
    "src/lib.rs": "src/lib.rs",
    "src/domain.rs": "src/domain.rs",
    "src/domain/references.rs": "src/references.rs",
    "src/domain/events.rs": "src/events.rs",
    "src/domain/«thing».rs": "src/aggregate.rs",
    "src/application.rs": "src/application.rs",
    "src/application/create_«thing».rs": "src/create.rs",
    "src/application/read_models.rs": "src/read_models.rs",
    "src/infrastructure.rs": "src/infrastructure.rs",
    "src/infrastructure/rows.rs": "src/rows.rs",
    "src/infrastructure/«thing»_store.rs": "src/store.rs",
    "src/infrastructure/«thing»_queries.rs": "src/queries.rs",
    "src/infrastructure/contract.rs": "src/contract.rs",
    "src/facade.rs": "src/facade.rs",
    "src/facade/matrix.rs": "src/matrix.rs",
    "src/testing.rs": "src/testing.rs",
    "src/testing/tables.rs": "src/tables.rs",
    "tests/it/main.rs": "tests/main.rs",
    "tests/it/«table».rs": "tests/things.rs",
};

/// The files of the workspace.
const MIGRATIONS: &[(&str, &str)] = templates! {
    "sqlite/0001_«table».sql": "sqlite.sql",
    "postgres/0001_«table».sql": "postgres.sql",
};

/// A context that is not there yet.
#[derive(Debug)]
pub(super) struct NewContext<'a> {
    workspace: &'a Workspace,
    boundaries: &'a Boundaries,
    name: String,
    /// What it begins: `invoice`.
    thing: String,
}

impl<'a> NewContext<'a> {
    pub(super) fn asked(
        workspace: &'a Workspace,
        boundaries: &'a Boundaries,
        name: &str,
        aggregate: Option<&str>,
    ) -> Result<Self> {
        let module = names::module_name("a context", name)?;
        if module != name {
            bail!(
                "`{name}` is no name of a context: folder, package and import share one, `{module}` for example"
            );
        }
        if workspace.find(name).is_some() || boundaries.rules(name).is_some() {
            bail!("there is a crate `{name}` already: choose another name");
        }
        let thing = match aggregate {
            Some(word) => names::module_name("an aggregate", word)?,
            None => names::singular(name).with_context(|| {
                format!(
                    "`{name}` does not say what it keeps: say `--aggregate <word>`, in the singular"
                )
            })?,
        };
        if thing == module {
            bail!(
                "the context and what it keeps cannot share the name `{name}`: say another `--aggregate <word>`"
            );
        }
        Ok(Self { workspace, boundaries, name: module, thing })
    }

    /// Plans the crate, its migrations, what is declared of it, and its place in the host.
    pub(super) fn plan(&self, plan: &mut Plan<'_>) -> Result<()> {
        let Self { name, .. } = self;
        let words = self.words()?;
        let files = CRATE.iter().map(|(file, text)| (format!("crates/{name}/{file}"), text));
        let sql = MIGRATIONS.iter().map(|(file, text)| (format!("migrations/{name}/{file}"), text));
        for (file, text) in files.chain(sql) {
            plan.create(filled(&file, &words), filled(text, &words))?;
        }
        let member = format!("{name} = {{ path = \"crates/{name}\" }}\n");
        plan.change("Cargo.toml", |text| {
            sorted_in(text, "[workspace.dependencies]", &member, |line| {
                line.contains("path = \"crates/")
            })
        })?;
        let section = filled(include_str!("templates/context/boundaries.toml.template"), &words);
        plan.change(FILE, |text| self.declared(text, &section))?;
        self.plan_host(plan)?;

        let thing = names::with_article(&names::words(&self.thing));
        let by_hand = [
            "`cargo xtask codegen` writes the golden files of its event and the documents that tell of it.".to_owned(),
            format!(
                "crates/{name}/src/domain/{}.rs: make {thing} what you want it to be, and its tables with it, while nobody has applied \
                 the migrations.",
                self.thing
            ),
            format!("crates/{name}/README.md, ARCHITECTURE.md: say what it is for, and where it is on the map."),
            "The host: open the facade where an interface needs it.".to_owned(),
            format!(
                "{FILE}: say whom it asks and whom it hears, who is gone first of all: after that, `cargo xtask new-handler {name} \
                 on-…` writes the handlers."
            ),
        ];
        for what in by_hand {
            plan.leave_to_hand(what);
        }
        Ok(())
    }

    /// The names of the host and of the core, as declared.
    fn krate(&self, kind: Kind) -> Result<&'a str> {
        let mut crates = self.boundaries.crates.iter();
        let found = crates.find(|(_, rules)| rules.kind == kind);
        found
            .map(|(name, _)| name.get_ref().as_str())
            .with_context(|| format!("{FILE} declares no crate of the kind {kind:?}"))
    }

    fn words(&self) -> Result<Words> {
        let Self { name, thing, .. } = self;
        let core = self.krate(Kind::Core)?;
        let (pascal, facade) = (names::pascal_case(thing), names::pascal_case(name));
        let (table, thing_words) = (names::plural(thing), names::words(thing));
        let a_thing = names::with_article(&thing_words);
        let list = |mut names: Vec<String>| {
            names.sort_unstable();
            let lines: Vec<String> = names.iter().map(|name| format!("    \"{name}\",")).collect();
            lines.join("\n")
        };
        let name_of_core = core.replace('-', "_");
        let mut imports = [
            format!("use {name_of_core}::{{Origin, UserId, sql::Db}};"),
            format!("use {name}::{{Create{pascal}, {facade}}};"),
        ];
        imports.sort_unstable();
        let commands = ["MIGRATIONS", "QueryError"].map(str::to_owned).into_iter().chain([
            format!("Create{pascal}"),
            format!("Create{pascal}Error"),
            format!("{pascal}Details"),
            facade.clone(),
        ]);
        Ok(vec![
            ("A_thing", names::capital(&a_thing)),
            ("Facade", facade),
            ("Thing", pascal.clone()),
            ("Things", names::capital(&names::words(&table))),
            ("a_thing", a_thing.clone()),
            ("a_thing_snake", a_thing.replace(' ', "_")),
            ("commands", list(commands.collect())),
            ("context", name.clone()),
            ("core", name_of_core),
            ("core_crate", core.to_owned()),
            ("imports", imports.join("\n")),
            ("language", list(vec![format!("User{pascal}"), format!("{pascal}Id")])),
            ("table", table.clone()),
            ("thing", thing.clone()),
            ("thing_words", thing_words),
            ("things", names::words(&table)),
        ])
    }

    /// `boundaries.toml` with the context behind the last one, and its edge from the host.
    fn declared(&self, text: &str, section: &str) -> Result<String> {
        let host = self.krate(Kind::Host)?;
        let uses = format!("uses.{} = [\"all\"]\n", self.name);
        let text =
            sorted_in(text, &format!("[crates.{host}]"), &uses, |line| line.starts_with("uses."))?;
        // In the order of the file, which is not that of the names.
        let place = |name: &str| text.find(&format!("\n[crates.{name}]"));
        let last =
            self.boundaries.contexts().filter_map(place).max().context("it has no context")?;
        let behind = |from: usize| {
            let next = text[from..].find("\n[crates.");
            next.map_or(text.len(), |next| from + next + 1)
        };
        let mut end = behind(last + 1);
        if text[end..].lines().next().is_some_and(|line| line.ends_with(".exports]")) {
            end = behind(end);
        }
        // What is said above the next crate stays with that.
        let section_end = text[last..end].rfind("\n\n# ").map_or(end, |at| last + at + 2);
        let mut changed = text.clone();
        changed.insert_str(section_end, section);
        Ok(changed)
    }

    /// The host depends on it, and sums up its events and its migrations.
    fn plan_host(&self, plan: &mut Plan<'_>) -> Result<()> {
        let host = self.krate(Kind::Host)?;
        let krate =
            self.workspace.find(host).with_context(|| format!("there is no crate {host}"))?;
        let dependency = format!("{}.workspace = true\n", self.name);
        plan.change(&krate.manifest.path, |text| {
            sorted_in(text, "[dependencies]", &dependency, |line| line.contains("workspace"))
        })?;
        for (what, sign) in [("EVENTS", ""), ("MIGRATIONS", "&")] {
            let listed = |text: &str| {
                let contexts = self.boundaries.contexts();
                let ends = contexts.filter_map(|known| {
                    end_of_item(text, &format!("{sign}{}::{what}", known.replace('-', "_")))
                });
                ends.max()
            };
            let files = krate.units.iter().flat_map(Unit::files);
            let mut files = files.filter(|file| !file.scope.is_test_code());
            let file = files.find(|file| listed(&file.text).is_some());
            let file = file.with_context(|| {
                format!(
                    "{host} has no list of the {} of its contexts, like `[{sign}a::{what}, {sign}b::{what}]`: write one",
                    what.to_lowercase()
                )
            })?;
            plan.change(&file.path, |text| {
                let at = listed(text).context("a list is gone")?;
                let mut changed = text.to_owned();
                changed.insert_str(at, &format!(", {sign}{}::{what}", self.name));
                Ok(changed)
            })?;
        }
        Ok(())
    }
}

/// The end of something where it stands in a list.
fn end_of_item(text: &str, item: &str) -> Option<usize> {
    let places = text.match_indices(item).map(|(start, item)| (start, start + item.len()));
    let is_listed = |(start, end): &(usize, usize)| {
        text[..*start].trim_end().ends_with(['[', ','])
            && text[*end..].trim_start().starts_with([']', ','])
    };
    places.filter(is_listed).last().map(|(_, end)| end)
}
