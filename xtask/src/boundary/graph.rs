//! The context map: contexts, what serves them, and what they use of each other.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    config::{Boundaries, CrateRules, Kind},
    events,
    source::Unit,
    workspace::Workspace,
};

/// The map in the form that machines read.
#[derive(Debug, Serialize)]
pub(crate) struct Map<'a> {
    contexts: Vec<Context<'a>>,
    edges: Vec<Edge<'a>>,
}

#[derive(Debug, Serialize)]
struct Context<'a> {
    name: &'a str,
    kind: Kind,
    tables: &'a [String],
    events: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    groups: &'a [String],
}

impl<'a> Map<'a> {
    pub(crate) fn new(workspace: &Workspace, boundaries: &'a Boundaries) -> Self {
        let on_map: Vec<(&str, &CrateRules)> = boundaries
            .crates
            .iter()
            .filter(|(_, rules)| matches!(rules.kind, Kind::Context | Kind::Support))
            .map(|(name, rules)| (name.get_ref().as_str(), rules))
            .collect();
        let contexts = on_map
            .iter()
            .map(|(name, rules)| Context {
                name,
                kind: rules.kind,
                tables: &rules.tables,
                events: published(workspace, name),
            })
            .collect();
        let edges = on_map
            .iter()
            .flat_map(|(from, rules)| {
                rules.uses.iter().map(move |(to, groups)| Edge { from, to: to.get_ref(), groups })
            })
            .filter(|edge| on_map.iter().any(|(name, _)| *name == edge.to))
            .collect();
        Self { contexts, edges }
    }

    /// The map as a Mermaid flowchart: arrows point to what is used.
    pub(crate) fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        for Context { name, kind, events, .. } in &self.contexts {
            let events = match events.len() {
                0 => String::new(),
                1 => "<br/>1 event".to_owned(),
                count => format!("<br/>{count} events"),
            };
            let (open, close) = if *kind == Kind::Support { ("[[", "]]") } else { ("(", ")") };
            let _ = writeln!(text, "    {name}{open}\"{name}{events}\"{close}");
        }
        for Edge { from, to, groups } in &self.edges {
            let _ = writeln!(text, "    {from} -->|{}| {to}", groups.join(", "));
        }
        text
    }
}

fn published(workspace: &Workspace, krate: &str) -> Vec<String> {
    let library = workspace.find(krate).and_then(|krate| krate.library());
    let mut types: Vec<String> = library
        .into_iter()
        .flat_map(Unit::events)
        .filter(|event| !event.at.scope.is_test_code())
        .map(|event| events::type_of(krate, event))
        .collect();
    types.sort();
    types.dedup();
    types
}
