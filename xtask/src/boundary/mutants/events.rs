//! Mutants of rule 5: events that exist twice, belong to another, hide, or change.

use serde_json::{Value, json};

use super::{
    ground::{event_of, in_code},
    kit::{IDENT, Kit, declaration},
    plan::{Change, Plan, append, remove, write},
};
use crate::{
    boundary::{
        config::Kind,
        events,
        golden::{example_file, schema_file},
        rules::Rule::Events,
    },
    history,
};

const TWICE: &str = "an event type that exists already";
const FOREIGN: &str = "an event of another context's name";
const INCOMPLETE: &str = "an event that is not whole";
const HIDDEN: &str = "an event that nobody sees";
const INCOMPATIBLE: &str = "a published schema that breaks a promise";
const AGGREGATE: &str = "aggregate = \"planted\"";

pub(super) fn plant(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let contexts = ground.contexts();
    for here in &contexts {
        let others = contexts.iter().filter(|other| other.name != here.name);
        for other in others {
            let Some(kit) = Kit::of(ground, here) else { continue };
            let name = format!(", name = \"{}.planted_happened\"", in_code(other));
            let changes = kit.declared(declaration(&kit.core, AGGREGATE, &name)).changes();
            plan.add(Events, FOREIGN, "a name in the attribute", changes);
        }
    }
    let kit = contexts.iter().find_map(|here| Some((*here, Kit::of(ground, here)?)));
    let Some((here, kit)) = plan.need("an event", kit) else { return };
    twice(plan, &kit);
    let other = contexts.iter().find(|other| other.name != here.name).map(|other| in_code(other));
    if let Some(other) = other {
        let context = in_code(here);
        for (way, name) in [
            ("a name in the attribute", format!(", name = r\"{other}.planted_happened\"")),
            ("a name of another form", format!(", name = \"{context}.PlantedHappened\"")),
            ("a name of another form", ", name = \"planted_happened\"".to_owned()),
            ("a name of another form", format!(", name = \"{context}.planted.happened\"")),
        ] {
            let changes = kit.declared(declaration(&kit.core, AGGREGATE, &name)).changes();
            plan.add(Events, FOREIGN, way, changes);
        }
        let core = &kit.core;
        let said = format!("event({AGGREGATE}, name = \"{other}.planted_happened\")");
        for (way, attribute) in [
            ("a name under a condition", format!("cfg_attr(all(), {said})")),
            ("a name under a condition", format!("cfg_attr(all(), cfg_attr(all(), {said}))")),
        ] {
            let declared = format!(
                "#[derive(Debug, {core}::DomainEvent)]\n#[{attribute}]\npub(crate) struct {IDENT} {{}}"
            );
            plan.add(Events, FOREIGN, way, kit.declared(declared).changes());
        }
    }
    incomplete(plan, &kit);
    hidden(plan, &kit);
    plan.spare(Events, "an event that is whole", "a struct", kit.changes());
    let core = &kit.core;
    let under = format!(
        "#[cfg_attr(all(), derive(Debug, {core}::DomainEvent), event({AGGREGATE}))]\npub(crate) struct {IDENT} {{}}"
    );
    plan.spare(
        Events,
        "an event that is whole",
        "under a condition",
        kit.declared(under).changes(),
    );
    schemas(plan);
}

/// The type of another event, in every way in which one can have it.
fn twice(plan: &mut Plan<'_>, kit: &Kit) {
    let ground = plan.ground;
    let core = &kit.core;
    for here in ground.contexts() {
        let Some((fragment, event)) = event_of(here) else { continue };
        let file = &*fragment.file.path;
        let (ident, event_type) = (&event.ident, events::type_of(&here.name, event));
        let named = format!("event({AGGREGATE}, name = \"{event_type}\")");
        let derived = format!("derive(Debug, {core}::DomainEvent)");
        for (way, text) in [
            (
                "a name in the attribute",
                format!("#[{derived}]\n#[{named}]\npub(crate) struct Planted;"),
            ),
            (
                "a name under a condition",
                format!("#[{derived}]\n#[cfg_attr(all(), {named})]\npub(crate) struct Planted;"),
            ),
            (
                "a derive under a condition",
                format!("#[cfg_attr(all(), {derived})]\n#[{named}]\npub(crate) struct Planted;"),
            ),
            (
                "a derive that is imported",
                format!(
                    "mod planted {{\n    use {core}::DomainEvent;\n    #[derive(DomainEvent)]\n    #[{named}]\n    struct Planted;\n}}"
                ),
            ),
            (
                "a struct of the same name",
                format!(
                    "mod planted {{\n    #[{derived}]\n    #[event({AGGREGATE})]\n    pub(crate) struct {ident};\n}}"
                ),
            ),
            (
                "a struct in a function",
                format!(
                    "fn planted() {{\n    #[{derived}]\n    #[event({AGGREGATE})]\n    struct {ident};\n}}"
                ),
            ),
            ("an enum", format!("#[{derived}]\n#[{named}]\npub(crate) enum Planted {{}}")),
            (
                "a test",
                format!(
                    "#[cfg(test)]\nmod planted {{\n    #[{derived}]\n    #[{named}]\n    struct Planted;\n}}"
                ),
            ),
        ] {
            plan.add(Events, TWICE, way, [append(file, text)]);
        }
        for other in ground.of_kind(Kind::Host).into_iter().chain(ground.of_kind(Kind::Interface)) {
            let Some(file) = ground.widest_file(other) else { continue };
            let text = format!("#[{derived}]\n#[{named}]\npub(crate) struct Planted;");
            plan.add(Events, TWICE, "another crate", [append(&file.path, text)]);
        }
    }
}

/// An event without one of its parts.
fn incomplete(plan: &mut Plan<'_>, kit: &Kit) {
    let mut without =
        |way: &'static str, kit: Kit| plan.add(Events, INCOMPLETE, way, kit.changes());
    without("in no catalogue", Kit { catalogued: String::new(), ..kit.clone() });
    for (way, left) in [("without a schema", 1), ("without an example", 0)] {
        let golden = kit.golden.get(left).cloned().into_iter().collect();
        without(way, Kit { golden, ..kit.clone() });
    }
    let second = [schema_file(&kit.event_type, 2), example_file(&kit.event_type, 2)];
    let golden: Vec<String> = kit.golden.iter().cloned().chain(second).collect();
    without("with a version that fell", Kit { golden: golden.clone(), ..kit.clone() });
    let raised = declaration(&kit.core, AGGREGATE, ", version = 2");
    without("with a version that nobody upcasts", Kit { golden, ..kit.declared(raised.clone()) });
    without("without the golden files of a version", kit.declared(raised));
    let ground = plan.ground;
    for here in ground.contexts() {
        let Some((_, event)) = event_of(here) else { continue };
        let event_type = events::type_of(&here.name, event);
        plan.add(Events, INCOMPLETE, "without a schema", [remove(schema_file(&event_type, 1))]);
        plan.add(Events, INCOMPLETE, "without an example", [remove(example_file(&event_type, 1))]);
    }
}

/// Events that are no structs with a derive.
fn hidden(plan: &mut Plan<'_>, kit: &Kit) {
    let core = &kit.core;
    for (way, text) in [
        ("by hand", format!("struct Planted;\nimpl {core}::DomainEvent for Planted {{}}")),
        (
            "by hand",
            format!("fn planted() {{\n    impl {core}::DomainEvent for super::Planted {{}}\n}}"),
        ),
        ("by hand", format!("impl<T> {core}::DomainEvent for Planted<T> {{}}")),
        ("macro tokens", format!("planted! {{ impl {core}::DomainEvent for Planted {{}} }}")),
        (
            "macro tokens",
            format!(
                "macro_rules! planted {{\n    () => {{\n        impl {core}::DomainEvent for Planted {{}}\n    }};\n}}"
            ),
        ),
        (
            "macro tokens",
            format!(
                "macro_rules! planted {{\n    ($trait:path) => {{\n        impl $trait for Planted {{}}\n    }};\n}}\nplanted!({core}::DomainEvent);"
            ),
        ),
        (
            "macro tokens",
            format!("planted! {{ #[derive(Debug, {core}::DomainEvent)] struct Planted; }}"),
        ),
        (
            "macro tokens",
            format!(
                "macro_rules! planted {{\n    () => {{\n        #[derive({core}::DomainEvent)]\n        struct Planted;\n    }};\n}}"
            ),
        ),
        (
            "macro tokens",
            format!(
                "macro_rules! planted {{\n    ($($trait:path),*) => {{\n        #[derive($($trait),*)]\n        struct Planted;\n    }};\n}}\nplanted!({core}::DomainEvent);"
            ),
        ),
        (
            "macro tokens",
            format!(
                "macro_rules! planted {{\n    () => {{\n        #[cfg_attr(all(), derive({core}::DomainEvent))]\n        struct Planted;\n    }};\n}}"
            ),
        ),
    ] {
        plan.add(Events, HIDDEN, way, [append(&kit.file, text)]);
    }
}

/// Changes of what is published.
fn schemas(plan: &mut Plan<'_>) {
    let root = &plan.ground.field.workspace.root;
    let published = history::published(root).unwrap_or_default();
    let published = published.last().cloned();
    let Some(commit) = plan.need("a commit that published schemas", published) else { return };
    let ground = plan.ground;
    let schema = |event_type: &str| {
        let file = schema_file(event_type, 1);
        let before = history::git(root, &["show", &format!("{commit}:./{file}")]).ok()?;
        Some((file, serde_json::from_str::<Value>(&before).ok()?))
    };
    let is_rich =
        |schema: &Value| schema["properties"].as_object().is_some_and(|all| all.len() > 1);
    let found = ground.contexts().into_iter().find_map(|here| {
        let (_, event) = event_of(here)?;
        let event_type = events::type_of(&here.name, event);
        let (file, schema) = schema(&event_type).filter(|(_, schema)| is_rich(schema))?;
        Some((event_type, file, schema))
    });
    let Some((event_type, file, schema)) = plan.need("a published schema", found) else { return };
    for (way, change) in promises(&schema) {
        plan.add(Events, INCOMPATIBLE, way, [written(&file, &schema, change)]);
    }
    plan.add(Events, INCOMPATIBLE, "no JSON", [write(file.clone(), "planted")]);
    let example = example_file(&event_type, 1);
    plan.add(
        Events,
        INCOMPATIBLE,
        "an example that changes",
        [write(example, "{\"planted\": 1}\n")],
    );
    let grown: [Revision; 4] = [
        ("a property that may be missing", |schema, _| {
            schema["properties"]["planted"] = json!({ "type": "string" });
        }),
        ("another wording", |schema, _| schema["description"] = json!("Planted.")),
        ("another wording of a property", |schema, first| {
            schema["properties"][first]["description"] = json!("Planted.");
        }),
        ("a property that is not demanded any more", |schema, _| schema["required"] = json!([])),
    ];
    for (way, change) in grown {
        plan.spare(Events, "a published schema that grows", way, [written(&file, &schema, change)]);
    }
}

/// A change of a schema, and what it is called.
type Revision = (&'static str, fn(&mut Value, &str));

/// How a schema can break what it promised; the second argument is the name of a property that it demands.
fn promises(schema: &Value) -> Vec<Revision> {
    let mut promises: Vec<Revision> = vec![
        ("a property that is gone", |schema, first| {
            if let Some(all) = schema["properties"].as_object_mut() {
                all.remove(first);
            }
        }),
        ("a property that is called otherwise", |schema, first| {
            if let Some(all) = schema["properties"].as_object_mut()
                && let Some(property) = all.remove(first)
            {
                all.insert("planted".to_owned(), property);
            }
        }),
        ("another type", |schema, first| schema["properties"][first]["type"] = json!("boolean")),
        ("a type of its own", |schema, _| schema["type"] = json!("array")),
        ("another format", |schema, first| {
            schema["properties"][first]["format"] = json!("planted");
        }),
        ("a new demand", |schema, _| {
            schema["properties"]["planted"] = json!({ "type": "string" });
            if let Some(required) = schema["required"].as_array_mut() {
                required.push(json!("planted"));
            }
        }),
        ("a constant", |schema, first| schema["properties"][first]["const"] = json!(1)),
        ("a new list of values", |schema, first| {
            schema["properties"][first]["enum"] = json!(["planted"]);
        }),
        ("a pattern", |schema, first| schema["properties"][first]["pattern"] = json!("^planted$")),
        ("a limit of length", |schema, first| schema["properties"][first]["maxLength"] = json!(1)),
        ("a limit of size", |schema, first| schema["properties"][first]["minimum"] = json!(1)),
        ("no other properties", |schema, _| schema["additionalProperties"] = json!(false)),
        ("alternatives", |schema, first| {
            schema["properties"][first]["anyOf"] = json!([{ "type": "null" }]);
        }),
        ("what it is not", |schema, first| schema["properties"][first]["not"] = json!({})),
    ];
    if schema["$defs"].is_object() {
        promises.push(("definitions that are gone", |schema, _| schema["$defs"] = json!({})));
    }
    promises
}

fn written(file: &str, schema: &Value, change: fn(&mut Value, &str)) -> Change {
    let mut changed = schema.clone();
    let mut required = schema["required"].as_array().into_iter().flatten();
    let demanded = required.find_map(Value::as_str);
    let first = schema["properties"].as_object().and_then(|all| all.keys().next());
    change(&mut changed, demanded.or(first.map(String::as_str)).unwrap_or_default());
    write(file, serde_json::to_string_pretty(&changed).unwrap_or_default())
}
