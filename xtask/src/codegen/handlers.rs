//! Who handles which events: what the source says of every subscriber.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use syn::{Expr, ExprPath, ExprStruct, Member, Stmt};

use crate::boundary::{
    bodies,
    config::Kind,
    declared::{Code, Constant, Function, Owner},
    source::{At, Name},
};

use super::{
    landscape::Event,
    reader::{Part, Reader},
};

/// The traits of those who subscribe to events, and what to call them.
const SUBSCRIBERS: [(&str, &str); 2] =
    [("Subscriber", "handler"), ("ProcessManager", "process manager")];
/// A subscriber that is also this maintains a read model.
const PROJECTION: (&str, &str) = ("Projection", "projection");
/// How a subscription to an event is made.
const SUBSCRIPTION: [&str; 2] = ["Subscription", "to"];

/// Somebody who handles events.
#[derive(Debug)]
pub(crate) struct Handler {
    /// The name that the host runs it by; what the core does for others has that of its type.
    pub(crate) name: String,
    /// What it is: handler, projection, process manager.
    pub(crate) kind: &'static str,
    pub(crate) krate: String,
    pub(crate) file: Arc<str>,
    pub(crate) docs: String,
    wants: Vec<Wanted>,
}

/// What a handler wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// Every event of one type.
    Event(String),
    /// Every event of one kind of aggregate of one context.
    Aggregate { context: String, aggregate_type: String },
    /// Every event of one context.
    Context(String),
    /// Every event.
    All,
}

impl Handler {
    pub(crate) fn wants_all(&self) -> bool {
        self.wants.contains(&Wanted::All)
    }

    /// Whether it wants this event, and not simply all of them.
    pub(crate) fn wants_some(&self, event: &Event) -> bool {
        let context = event.name.split('.').next();
        self.wants.iter().any(|wanted| match wanted {
            Wanted::Event(event_type) => *event_type == event.name,
            Wanted::Aggregate { context: of, aggregate_type } => {
                context == Some(of) && *aggregate_type == event.aggregate_type
            }
            Wanted::Context(of) => context == Some(of),
            Wanted::All => false,
        })
    }
}

/// Everybody who handles events, by name.
pub(crate) fn of(reader: &Reader<'_>) -> anyhow::Result<Vec<Handler>> {
    let mut handlers = Vec::new();
    for part in reader.parts() {
        if part.kind == Kind::Core {
            handlers.extend(of_core(reader, part));
            continue;
        }
        for (name, kind) in SUBSCRIBERS {
            for function in part.functions_of_trait(name).filter(|found| found.name == "name") {
                handlers.push(handler(reader, part, kind, function)?);
            }
        }
    }
    handlers.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(handlers)
}

/// The handler whose name this function gives.
fn handler(
    reader: &Reader<'_>,
    part: Part<'_>,
    kind: &'static str,
    named: &Function,
) -> anyhow::Result<Handler> {
    let At { place, module, .. } = &named.at;
    let unread = |what: &str, help: &str| {
        format!("{}:{}: {what} cannot be read here: {help}", place.file, place.line)
    };
    let plain = "let it be the `impl` of a type with a name";
    let owner = named.owner.as_ref().with_context(|| unread("whose name this is", plain))?;
    let value = named.value.as_ref().and_then(Code::read);
    let name = value.and_then(|value| part.text((module, Some(owner)), &value));
    let name = name.with_context(|| {
        unread("the name of a handler", "write it as a text, or as a constant that is one")
    })?;
    let wants = part
        .sibling(named, "subscriptions")
        .and_then(|function| function.value.as_ref()?.read())
        .and_then(|value| wants(reader, part, (module, Some(owner)), &value));
    let wants = wants.with_context(|| {
        let form = "write `&[Subscription::to::<Event>(), …]`, or a constant of that form";
        unread(&format!("what {name} subscribes to"), form)
    })?;
    let path = part.path_of_owner(module, owner);
    let declared = path.as_ref().and_then(|path| part.declared_type(path));
    let declared = declared.with_context(|| unread("the type of a handler", plain))?;
    let is_projection = part.functions_of_trait(PROJECTION.0).any(|function| {
        part.path_of_owner(&function.at.module, function.owner.as_ref().unwrap_or(owner)) == path
    });
    Ok(Handler {
        name,
        kind: if is_projection { PROJECTION.1 } else { kind },
        krate: part.krate.name.clone(),
        file: Arc::clone(&declared.at.place.file),
        docs: declared.docs.clone(),
        wants,
    })
}

/// What the core itself subscribes to, for those whom it runs.
fn of_core(reader: &Reader<'_>, part: Part<'_>) -> Vec<Handler> {
    let mut handlers: BTreeMap<Vec<String>, Handler> = BTreeMap::new();
    for function in part.unit.functions() {
        let module = &function.at.module;
        let wanted = function.body.instances.iter().filter(|(path, _)| is_subscription(path));
        let wanted = wanted.filter_map(|(_, event)| reader.event_at(part, module, event));
        let wants: Vec<Wanted> = wanted.map(|event| Wanted::Event(event.to_owned())).collect();
        let owner = function.owner.as_ref().and_then(|owner| part.path_of_owner(module, owner));
        let Some(path) = owner.filter(|_| !wants.is_empty()) else { continue };
        let Some(declared) = part.declared_type(&path) else { continue };
        let handler = handlers.entry(path).or_insert_with(|| Handler {
            name: declared.name.clone(),
            kind: "of the core",
            krate: part.krate.name.clone(),
            file: Arc::clone(&declared.at.place.file),
            docs: declared.docs.clone(),
            wants: Vec::new(),
        });
        handler.wants.extend(wants);
    }
    handlers.into_values().collect()
}

fn is_subscription(path: &Name) -> bool {
    path.segments.ends_with(&SUBSCRIPTION.map(str::to_owned))
}

/// What a list of subscriptions wants, if every one of them can be read.
fn wants(
    reader: &Reader<'_>,
    part: Part<'_>,
    within: (&[String], Option<&Owner>),
    value: &Expr,
) -> Option<Vec<Wanted>> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is a list of subscriptions")]
    match value {
        Expr::Reference(inner) => wants(reader, part, within, &inner.expr),
        Expr::Paren(inner) => wants(reader, part, within, &inner.expr),
        Expr::Const(inner) => match inner.block.stmts.as_slice() {
            [Stmt::Expr(value, None)] => wants(reader, part, within, value),
            _ => None,
        },
        Expr::Array(list) => {
            list.elems.iter().map(|element| wanted(reader, part, within, element)).collect()
        }
        Expr::Path(path) => {
            let Constant { owner, value, at, .. } = part.constant(within, &Name::of(&path.path))?;
            wants(reader, part, (&at.module, owner.as_ref()), &value.read()?)
        }
        _ => None,
    }
}

/// What one subscription wants.
fn wanted(
    reader: &Reader<'_>,
    part: Part<'_>,
    within: (&[String], Option<&Owner>),
    value: &Expr,
) -> Option<Wanted> {
    let last = |path: &syn::Path| Some(path.segments.last()?.ident.to_string());
    let event = |name: &Name| {
        let event_type = reader.event_at(part, within.0, name)?;
        Some(Wanted::Event(event_type.to_owned()))
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is a subscription")]
    match value {
        Expr::Path(path) if last(&path.path)? == "All" => Some(Wanted::All),
        Expr::Call(call) => {
            let Expr::Path(ExprPath { path, .. }) = &*call.func else { return None };
            let argument = call.args.first();
            match last(path)?.as_str() {
                "Context" => part.text(within, argument?).map(Wanted::Context),
                "Event" => match argument? {
                    // The type of an event is a constant of its own.
                    Expr::Path(path) if last(&path.path)? == "TYPE" => {
                        let mut name = Name::of(&path.path);
                        name.segments.pop();
                        event(&name)
                    }
                    argument => part.text(within, argument).map(Wanted::Event),
                },
                _ if is_subscription(&Name::of(path)) => event(&bodies::instance(path)?),
                _ => None,
            }
        }
        Expr::Struct(ExprStruct { path, fields, .. }) if last(path)? == "Aggregate" => {
            let text = |name: &str| {
                let is_it = |member: &Member| matches!(member, Member::Named(is) if is == name);
                part.text(within, &fields.iter().find(|field| is_it(&field.member))?.expr)
            };
            let (context, aggregate_type) = (text("context")?, text("aggregate_type")?);
            Some(Wanted::Aggregate { context, aggregate_type })
        }
        _ => None,
    }
}
