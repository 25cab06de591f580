//! A new event: a struct, and its name wherever events are listed.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than are asked for here"
)]

use anyhow::{Context as _, Result, bail};
use proc_macro2::{TokenStream, TokenTree};
use syn::Item;

use crate::boundary::{attributes::Viewers, config::FILE, events::snake_case, source::EventStruct};

use super::{
    context::Context, fields::Field, imports, manifest, names, plan::Plan, records, struct_text,
    template::filled, types,
};

/// The group of exports that events are in.
const GROUP: &str = "events";
/// What `lib.rs` says above them.
const PART: &str = "Events: for the handlers of other contexts.";
/// A file is long enough.
const LONG: usize = 400;
/// The width of a line.
const WIDTH: usize = 100;

/// An event that is not there yet.
#[derive(Debug)]
pub(super) struct NewEvent {
    name: String,
    aggregate: String,
    /// What else `#[event(…)]` says: `audience(workspace)`.
    addressed: String,
    fields: Vec<Field>,
}

impl NewEvent {
    pub(super) fn asked(
        context: &Context<'_>,
        name: &str,
        fields: &[String],
        aggregate: Option<&str>,
    ) -> Result<Self> {
        let name = names::type_name("an event", name)?.to_owned();
        let asked = Field::all(fields)?;
        let aggregate = match aggregate {
            Some(word) => names::module_name("an aggregate", word)?,
            None => aggregate_of(context, &name, &asked)?,
        };
        let model =
            context.events().filter(|event| event.says.aggregate.as_ref() == Some(&aggregate));
        match model.last() {
            Some(model) => Self::like(context, model, (name, aggregate), asked),
            None => Self::first((name, aggregate), asked),
        }
    }

    /// Identified and addressed as another event of the same aggregate.
    fn like(
        context: &Context<'_>,
        model: &EventStruct,
        (name, aggregate): (String, String),
        asked: Vec<Field>,
    ) -> Result<Self> {
        let (mut addressed, mut needed) = (String::new(), Vec::new());
        if let Some(id) = &model.says.id {
            addressed = format!(", id = \"{id}\"");
            needed.extend(
                id.split('{').filter_map(|part| part.split_once('}')).map(|(name, _)| name),
            );
        }
        let viewers: Vec<String> = model.says.audience.iter().map(spoken).collect();
        let addressed = format!("{addressed}, audience({})", viewers.join(", "));
        needed.extend(model.says.audience.iter().flat_map(fields_of));
        let mut fields: Vec<Field> = struct_text::fields(context, &model.ident)?;
        fields.retain(|field| {
            needed.contains(&field.name.as_str())
                || field.attributes.iter().any(|text| text.starts_with("#[event("))
        });
        for field in asked {
            match fields.iter().find(|known| known.name == field.name) {
                Some(known) if known.ty == field.ty => {}
                Some(known) => bail!(
                    "`{}` is of the type `{}` in {}: leave it out, it is there by itself",
                    known.name,
                    known.ty,
                    model.ident
                ),
                None => fields.push(field),
            }
        }
        Ok(Self { name, aggregate, addressed, fields })
    }

    /// The first event of its aggregate.
    fn first((name, aggregate): (String, String), asked: Vec<Field>) -> Result<Self> {
        let id = format!("{aggregate}_id");
        let has = |name: &str| asked.iter().any(|field| field.name == name);
        if !has(&id) {
            bail!(
                "no event of this context happens to {} yet, so this one has to say which: add `{id}:{}`",
                names::with_article(&names::words(&aggregate)),
                names::pascal_case(&id)
            );
        }
        let audience = if has("workspace_id") {
            "workspace"
        } else if has("user_id") {
            "user = \"user_id\""
        } else {
            "operators"
        };
        let addressed = format!(", audience({audience})");
        let marked = |field: Field| match field.name.as_str() {
            name if name == id => field.with("#[event(aggregate_id)]"),
            "workspace_id" => field.with("#[event(workspace_id)]"),
            _ => field,
        };
        let (ids, others): (Vec<Field>, Vec<Field>) =
            asked.into_iter().map(marked).partition(|field| field.name == id);
        Ok(Self { name, aggregate, addressed, fields: ids.into_iter().chain(others).collect() })
    }

    /// Plans everything that the recipe asks for.
    pub(super) fn plan(&self, context: &Context<'_>, plan: &mut Plan<'_>) -> Result<()> {
        let Self { name, aggregate, .. } = self;
        let context_name = &context.krate.name;
        if context.events().any(|event| event.ident == *name) {
            bail!(
                "{context_name} has an event `{name}` already: choose another name, or raise its version"
            );
        }
        let catalogue = catalogue_file(context)?;
        let (file, module) = self.place(context, plan, &catalogue)?;
        let core = context.core()?.replace('-', "_");
        for (path, needed) in [
            (core.as_str(), "DomainEvent"),
            ("schemars", "JsonSchema"),
            ("serde", "Deserialize"),
            ("serde", "Serialize"),
        ] {
            plan.change(&file, |text| imports::add(text, path, needed))?;
        }
        manifest::depend(context, plan, &["schemars", "serde"])?;
        for field in &self.fields {
            types::import(context, plan, &file, &field.ty)?;
        }
        plan.change(&file, |text| before_tests(text, &self.text()))?;
        if file != catalogue {
            let path = format!("crate::{module}");
            plan.change(&catalogue, |text| imports::add(text, &path, name))?;
        }
        plan.change(&catalogue, |text| catalogued(text, name))?;
        context.export(plan, GROUP, (&module, name), (PART, None))?;
        // Whoever handles it takes it off the list.
        plan.change(FILE, |text| records::kept(text, context_name, name))?;

        plan.leave_to_hand(format!(
            "{file}: sharpen what is said of `{name}` and of its fields, and look at its audience.",
        ));
        plan.leave_to_hand(format!(
            "Record it in a decision of the {} (`Unsaved::record`), or emit it in a use case: until then `cargo xtask boundary` says that \
             nobody does. `cargo xtask new-use-case` writes both where the name of the event follows from what is done.",
            names::words(aggregate)
        ));
        plan.leave_to_hand(format!(
            "{FILE}: nobody handles it yet, so it stands among the `records` of {context_name}; `cargo xtask new-handler` takes it off.",
        ));
        let folder = context.folder();
        plan.leave_to_hand(format!(
            "{folder}/README.md, and {folder}/src/lib.rs where its pages do: name it among the events that are published."
        ));
        plan.leave_to_hand(
            "`cargo xtask codegen` writes its golden files and the documents that tell of it."
                .to_owned(),
        );
        Ok(())
    }

    /// The file in which it belongs, and its module: beside the other events, unless those have files of their own or there
    /// are too many of them.
    fn place(
        &self,
        context: &Context<'_>,
        plan: &mut Plan<'_>,
        catalogue: &str,
    ) -> Result<(String, String)> {
        let below = catalogue.strip_prefix(context.source()).unwrap_or(catalogue);
        let stem = below.trim_start_matches('/').trim_end_matches(".rs");
        let module = stem.replace('/', "::");
        let is_beside = |event: &EventStruct| *event.at.file.path == *catalogue;
        let are_elsewhere = context.events().next().is_some() && !context.events().any(is_beside);
        let lines = plan.text(catalogue)?.lines().count() + self.text().lines().count();
        if !are_elsewhere && lines < LONG {
            return Ok((catalogue.to_owned(), module));
        }
        let own = snake_case(&self.name);
        let file = context.file(&format!("{stem}/{own}.rs"));
        let told = self.meaning().replacen("Emitted when", "What is told when", 1);
        plan.create(file.clone(), format!("//! {told}\n"))?;
        plan.change(catalogue, |text| with_module(text, &own))?;
        Ok((file, format!("{module}::{own}")))
    }

    /// One sentence, as true as the name.
    fn meaning(&self) -> String {
        let (name, aggregate) = (snake_case(&self.name), names::words(&self.aggregate));
        let thing = names::with_article(&aggregate);
        let rest = name.strip_prefix(&self.aggregate).map(|rest| rest.trim_start_matches('_'));
        match rest.map(|rest| rest.rsplit_once('_').unwrap_or(("", rest))) {
            Some(("", participle)) if participle.ends_with("ed") => {
                format!("Emitted when {thing} is {participle}.")
            }
            Some((part, participle)) if participle.ends_with("ed") && !part.is_empty() => {
                let verb = if part.ends_with('s') { "are" } else { "is" };
                format!("Emitted when the {} of {thing} {verb} {participle}.", names::words(part))
            }
            _ => format!("Emitted when this happens to {thing}: {}.", names::words(&name)),
        }
    }

    fn text(&self) -> String {
        let Self { name, aggregate, addressed, fields } = self;
        let eq = if fields.iter().all(|field| types::is_eq(&field.ty)) { " Eq," } else { "" };
        let words = vec![
            ("Eq", eq.to_owned()),
            ("Event", name.clone()),
            ("addressed", addressed.clone()),
            ("aggregate", aggregate.clone()),
            ("fields", fields.iter().map(Field::text).collect()),
            ("meaning", self.meaning()),
        ];
        filled(include_str!("templates/event.rs.template"), &words)
    }
}

/// What an event happens to, by its name.
fn aggregate_of(context: &Context<'_>, name: &str, fields: &[Field]) -> Result<String> {
    let mut known: Vec<&str> =
        context.events().filter_map(|event| event.says.aggregate.as_deref()).collect();
    known.sort_unstable();
    known.dedup();
    let snake = snake_case(name);
    let named = fields.iter().filter_map(|field| field.name.strip_suffix("_id"));
    let begins = |word: &&str| snake.strip_prefix(word).is_some_and(|rest| rest.starts_with('_'));
    let found = known.iter().copied().chain(named).filter(begins).max_by_key(|word| word.len());
    found.map(str::to_owned).with_context(|| {
        let known = if known.is_empty() { "nothing yet".to_owned() } else { known.join(", ") };
        format!(
            "`{name}` does not begin with what it happens to: say `--aggregate <word>`; events of {} happen to: {known}",
            context.krate.name
        )
    })
}

/// The file with the `catalogue!` of the context.
fn catalogue_file(context: &Context<'_>) -> Result<String> {
    let has_catalogue = |text: &str| {
        let file = syn::parse_file(text).ok();
        file.is_some_and(|file| file.items.iter().any(|item| catalogue_tokens(item).is_some()))
    };
    let files = context.library.files().filter(|file| !file.scope.is_test_code());
    let mut files =
        files.filter(|file| file.text.contains("catalogue!") && has_catalogue(&file.text));
    let file = files.next().with_context(|| {
        format!(
            "{} has no `catalogue!`: write one in {}, and sum it up in the host",
            context.krate.name,
            context.file("domain/events.rs")
        )
    })?;
    Ok(file.path.to_string())
}

fn catalogue_tokens(item: &Item) -> Option<TokenStream> {
    match item {
        Item::Macro(item) if item.mac.path.segments.last()?.ident == "catalogue" => {
            Some(item.mac.tokens.clone())
        }
        _ => None,
    }
}

/// The file with one more event in its catalogue, as the last one.
fn catalogued(text: &str, name: &str) -> Result<String> {
    let file = syn::parse_file(text).context("it is not Rust")?;
    let tokens = file.items.iter().find_map(catalogue_tokens).context("it has no `catalogue!`")?;
    let is_comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let last = tokens.into_iter().filter(|token| !is_comma(token)).last();
    let last = last.context("its `catalogue!` is empty")?;
    let end = last.span().end();
    let at = imports::offset(text, end);
    let comma = if matches!(last, TokenTree::Ident(_)) { "," } else { "" };
    let line = text.lines().nth(end.line - 1).unwrap_or_default();
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    // The comma in front of it and the one behind.
    let fits = end.column + name.len() + 3 <= WIDTH;
    let between = if fits { " ".to_owned() } else { format!("\n{indent}") };
    let mut changed = text.to_owned();
    changed.insert_str(at, &format!("{comma}{between}{name}"));
    Ok(changed)
}

/// The file with more text behind everything but its tests.
fn before_tests(text: &str, more: &str) -> Result<String> {
    let file = syn::parse_file(text).context("it is not Rust")?;
    let tests = file.items.iter().find_map(|item| match item {
        Item::Mod(item) if item.ident == "tests" => {
            let first =
                item.attrs.first().map_or(item.mod_token.span, |first| first.pound_token.span);
            Some(first.start())
        }
        _ => None,
    });
    let mut changed = text.to_owned();
    match tests {
        Some(start) => {
            changed.insert_str(imports::offset(text, start), &format!("{}\n", more.trim_start()));
        }
        None => changed.push_str(more),
    }
    Ok(changed)
}

/// The file with one more module, behind the others.
pub(super) fn with_module(text: &str, name: &str) -> Result<String> {
    with_line(text, &format!("pub(crate) mod {name};\n"))
}

/// The same, where nobody else sees it.
pub(super) fn with_private_module(text: &str, name: &str) -> Result<String> {
    with_line(text, &format!("mod {name};\n"))
}

/// The file with one more line, behind its modules.
fn with_line(text: &str, line: &str) -> Result<String> {
    let file = syn::parse_file(text).context("it is not Rust")?;
    let last = file.items.iter().rev().find_map(|item| match item {
        Item::Mod(item) => item.semi.map(|semi| semi.span.end()),
        _ => None,
    });
    let mut changed = text.to_owned();
    match last {
        Some(end) => changed.insert_str(imports::line_after(text, end), line),
        None => changed = format!("{changed}\n{line}"),
    }
    Ok(changed)
}

fn spoken(viewers: &Viewers) -> String {
    match viewers {
        Viewers::Workspace => "workspace".to_owned(),
        Viewers::Managers => "managers".to_owned(),
        Viewers::User(field) => format!("user = \"{field}\""),
        Viewers::Each(field) => format!("each = \"{field}\""),
        Viewers::EachWorkspace(field) => format!("each_workspace = \"{field}\""),
        Viewers::WorkspaceIf(field, otherwise) => {
            format!("workspace_if = \"{field}\", otherwise = \"{otherwise}\"")
        }
        Viewers::Operators => "operators".to_owned(),
    }
}

fn fields_of(viewers: &Viewers) -> Vec<&str> {
    match viewers {
        Viewers::Workspace | Viewers::Managers | Viewers::Operators => Vec::new(),
        Viewers::User(field) | Viewers::Each(field) | Viewers::EachWorkspace(field) => vec![field],
        Viewers::WorkspaceIf(field, otherwise) => vec![field, otherwise],
    }
}
