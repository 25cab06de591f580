//! An event with everything that belongs to one, to be planted in part or as a whole.

use super::{
    ground::{Ground, event_of, in_code},
    plan::{Change, append, write},
};
use crate::boundary::{
    config::FILE,
    events,
    golden::{example_file, schema_file},
    workspace::Crate,
};

/// The name of the planted event in code.
pub(crate) const IDENT: &str = "PlantedHappened";
/// What emits it.
pub(crate) const EMITTED: &str =
    "pub(crate) fn planted() -> PlantedHappened {\n    PlantedHappened {}\n}";

/// The parts of an event in one context; a mutant leaves one out.
#[derive(Debug, Clone)]
pub(crate) struct Kit {
    /// The file of the domain that declares it.
    pub(crate) file: String,
    /// The path of the module that declares it.
    pub(crate) module: String,
    pub(crate) core: String,
    pub(crate) event_type: String,
    pub(crate) declared: String,
    pub(crate) catalogued: String,
    pub(crate) emitted: String,
    pub(crate) golden: Vec<String>,
    /// Somebody handles it.
    pub(crate) heard: Option<Change>,
}

impl Kit {
    /// The whole of it.
    pub(crate) fn of<'a>(ground: Ground<'a>, here: &'a Crate) -> Option<Self> {
        let (fragment, event) = event_of(here)?;
        let (core, _) = ground.core()?;
        let context = in_code(here);
        let event_type = format!("{context}.{}", events::snake_case(IDENT));
        let module = format!("crate::{}", event.at.module.join("::"));
        Some(Self {
            file: fragment.file.path.to_string(),
            declared: declaration(&core, "aggregate = \"planted\"", ""),
            catalogued: format!("{core}::catalogue! {{\n    pub(crate) PLANTED: {IDENT}\n}}"),
            emitted: EMITTED.to_owned(),
            golden: vec![schema_file(&event_type, 1), example_file(&event_type, 1)],
            heard: Some(append(&ground.widest_file(here)?.path, heard(&core, &module))),
            module,
            core,
            event_type,
        })
    }

    pub(crate) fn changes(&self) -> Vec<Change> {
        let code = [&self.declared, &self.catalogued, &self.emitted];
        let code = code.into_iter().filter(|text| !text.is_empty()).cloned();
        let mut changes = vec![append(&self.file, code.collect::<Vec<_>>().join("\n\n"))];
        changes.extend(self.golden.iter().map(|file| write(file.clone(), "{}\n")));
        changes.extend(self.heard.clone());
        changes
    }

    /// The same, declared otherwise.
    pub(crate) fn declared(&self, declared: impl Into<String>) -> Self {
        Self { declared: declared.into(), ..self.clone() }
    }

    /// The same, emitted otherwise or not at all.
    pub(crate) fn emitted(&self, emitted: impl Into<String>) -> Self {
        Self { emitted: emitted.into(), ..self.clone() }
    }
}

/// A subscription to it.
pub(crate) fn heard(core: &str, module: &str) -> String {
    format!("fn planted_too() {{\n    {core}::Subscription::to::<{module}::{IDENT}>();\n}}")
}

/// A struct with the derive, and more said of it.
pub(crate) fn declaration(core: &str, attribute: &str, more: &str) -> String {
    format!(
        "/// Planted.\n#[derive(Debug, {core}::DomainEvent)]\n#[event({attribute}{more})]\npub(crate) struct {IDENT} {{}}"
    )
}

/// The declaration that nobody handles an event.
pub(crate) fn record(ground: Ground<'_>, here: &Crate, ident: &str) -> Option<Change> {
    let text = ground.field.boundaries.text();
    let section = format!("[crates.{}]\n", here.name);
    let (before, after) = text.split_once(&section)?;
    let (own, rest) = after.split_at(after.find("\n[").unwrap_or(after.len()));
    let list = "records = [";
    let own = if own.contains(list) {
        own.replacen(list, &format!("{list}\"{ident}\", "), 1)
    } else {
        format!("{list}\"{ident}\"]\n{own}")
    };
    Some(write(FILE, format!("{before}{section}{own}{rest}")))
}
