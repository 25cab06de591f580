//! A new handler: a file of the application, its export, and its place in the host.

use anyhow::{Context as _, Result, bail};

use crate::boundary::{
    config::{ALL, FILE, Kind},
    events::snake_case,
    source::{SourceFile, Unit},
};

use super::{
    context::Context,
    event::{with_module, with_private_module},
    fields::Field,
    manifest, names,
    plan::Plan,
    records,
    samples::{self, Samples},
    struct_text,
    template::filled,
};

/// The group of exports that handlers are in: the host runs them.
const GROUP: &str = "commands";
/// What `lib.rs` says above them.
const PART: &str = "Handlers: the host runs them.";

/// A handler that is not there yet.
#[derive(Debug)]
pub(super) struct NewHandler {
    /// `on_project_renamed`.
    module: String,
    /// `OnProjectRenamed`.
    name: String,
    /// The context that tells of it.
    source: String,
    event: String,
    /// The path from which the event is imported.
    path: String,
    /// The field that says what it happened to.
    subject: String,
    fields: Vec<Field>,
}

impl NewHandler {
    pub(super) fn asked(context: &Context<'_>, name: &str, event: &str) -> Result<Self> {
        let module = names::module_name("a handler", name)?;
        if !module.starts_with("on_") {
            bail!(
                "`{name}` is no name of a handler: begin it with `on-`, `on-{}` for example",
                name.replace('_', "-")
            );
        }
        let Some((source, event)) = event.split_once('.') else {
            bail!("`{event}` is no event: write its context and its name, `<context>.{event}`");
        };
        let Context { workspace, boundaries, .. } = *context;
        let teller = Context::find(workspace, boundaries, source)?;
        let fields = struct_text::fields(&teller, event)?;
        let known = teller.events().find(|known| known.ident == event);
        let subject = known.and_then(|known| known.identified_by.as_deref());
        let subject = subject.context("the event does not say what it happens to")?;
        let subject = match subject.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
            Some((first, _)) => first.to_owned(),
            None => subject.to_owned(),
        };
        let path = path_of(context, &teller, event)?;
        Ok(Self {
            name: names::pascal_case(&module),
            module,
            source: source.to_owned(),
            event: event.to_owned(),
            path,
            subject,
            fields,
        })
    }

    /// Plans everything that the recipe asks for.
    pub(super) fn plan(&self, context: &Context<'_>, plan: &mut Plan<'_>) -> Result<()> {
        let Self { module, name, source, event, .. } = self;
        let krate = &context.krate.name;
        let file = context.file(&format!("application/{module}.rs"));
        let samples = samples::of(context, &self.fields);
        let text = self.text(context, samples.as_ref())?;
        plan.create(file.clone(), text)?;
        manifest::depend(context, plan, &["async-trait", "tracing"])?;
        if samples.is_some() {
            manifest::depend_in_tests(context, plan, &["expect-test", "tokio"])?;
        }
        plan.change(&context.file("application.rs"), |text| with_module(text, module))?;
        context.export(plan, GROUP, (&format!("application::{module}"), name), (PART, None))?;
        plan.change(FILE, |text| records::handled(text, source, event))?;

        plan.leave_to_hand(format!(
            "{file}: make it do something, bounded by ports; sharpen what is said of it.",
        ));
        if samples.is_none() {
            plan.leave_to_hand(format!(
                "{file}: test it on FakeTx; `{event}` has fields of which no value could be guessed.",
            ));
        }
        register(context, plan, name)?;
        let folder = context.folder();
        let tests = format!("{folder}/tests/it");
        let main = format!("{tests}/main.rs");
        match samples.as_ref().filter(|_| plan.text(&main).is_ok()) {
            Some(samples) => {
                plan.create(format!("{tests}/{module}.rs"), self.on_engines(context, samples)?)?;
                plan.change(&main, |text| with_private_module(text, module))?;
                plan.leave_to_hand(format!(
                    "{tests}/{module}.rs: test what it does, on both engines: \
                     `cargo xtask test -p {krate} -- {module}`.",
                ));
            }
            None => plan.leave_to_hand(format!(
                "{tests}: test it with `Driver::run_until_idle` on both engines.",
            )),
        }
        plan.leave_to_hand(format!(
            "{folder}/README.md, and {folder}/src/lib.rs where its pages do: say what it hears from {source}, and what becomes of that.",
        ));
        plan.leave_to_hand(
            "`cargo xtask codegen` writes the documents that tell of it.".to_owned(),
        );
        Ok(())
    }

    fn text(&self, context: &Context<'_>, samples: Option<&Samples>) -> Result<String> {
        let Self { module, name, event, path, subject, .. } = self;
        // What is imported from other crates stands together, what is from this one below.
        let (foreign, own) = if path.starts_with("crate::") {
            (String::new(), format!("\nuse {path}::{event};\n"))
        } else {
            (format!("use {path}::{event};\n"), String::new())
        };
        let mut words = vec![
            ("Event", event.clone()),
            ("Handler", name.clone()),
            ("context", context.krate.name.replace('-', "_")),
            ("core", context.core()?.replace('-', "_")),
            ("foreign", foreign),
            ("module", module.clone()),
            ("own", own),
            ("subject", subject.clone()),
            ("words", names::words(&snake_case(event))),
        ];
        let tests = samples.map_or(String::new(), |samples| {
            let words = words.iter().cloned().chain(sampled(samples)).collect();
            filled(include_str!("templates/handler_tests.rs.template"), &words)
        });
        words.push(("tests", tests));
        Ok(filled(include_str!("templates/handler.rs.template"), &words))
    }

    /// A test of what the runtime delivers to it.
    fn on_engines(&self, context: &Context<'_>, samples: &Samples) -> Result<String> {
        let Self { module, name, event, source, .. } = self;
        let [krate, source] = [&context.krate.name, source].map(|name| name.replace('-', "_"));
        let imports = if krate == source {
            format!("use {krate}::{{{name}, {event}}};")
        } else {
            format!("use {krate}::{name};\nuse {source}::{event};")
        };
        let own = [
            ("Event", event.clone()),
            ("Handler", name.clone()),
            ("context", krate),
            ("core", context.core()?.replace('-', "_")),
            ("imports", imports),
            ("module", module.clone()),
            ("told", samples.within_a_macro(event)),
        ];
        let words = own.into_iter().chain(sampled(samples)).collect();
        Ok(filled(include_str!("templates/handler_on_engines.rs.template"), &words))
    }
}

/// What tests name of samples.
fn sampled(samples: &Samples) -> [(&'static str, String); 3] {
    let (id, uuid) = if samples.has_ids { ("Id, ", "use uuid::Uuid;\n") } else { ("", "") };
    [("Id", id.to_owned()), ("Uuid", uuid.to_owned()), ("sample", samples.fields())]
}

/// From where the application of a context imports an event; refused when no edge allows it.
fn path_of(context: &Context<'_>, teller: &Context<'_>, event: &str) -> Result<String> {
    let (own, source) = (&context.krate.name, &teller.krate.name);
    if own == source {
        let module =
            teller.module_of(event).with_context(|| format!("{own} does not export {event}"))?;
        return Ok(format!("crate::{module}"));
    }
    let group = teller.rules.group_of_export(event);
    let group = group.with_context(|| format!("{FILE} does not declare {event} of {source}"))?;
    let granted = context.rules.grants(source, false);
    if !granted.iter().any(|granted| *granted == group || *granted == ALL) {
        bail!(
            "{own} may not use the {group} of {source}: if the architecture should allow it, declare `uses.{source} = [\"{group}\"]` \
             under [crates.{own}] in {FILE}, and the dependency in {}",
            context.krate.manifest.path
        );
    }
    Ok(source.replace('-', "_"))
}

/// Registers the handler in the host, behind another one of its context if there is one; a person does it otherwise.
fn register(context: &Context<'_>, plan: &mut Plan<'_>, name: &str) -> Result<()> {
    let krate = context.krate.name.replace('-', "_");
    let registered = format!(".handler({krate}::{name})");
    let hosts = context.workspace.crates.iter().filter(|krate| {
        context.boundaries.rules(&krate.name).is_some_and(|rules| rules.kind == Kind::Host)
    });
    let files: Vec<&SourceFile> = hosts
        .flat_map(|krate| &krate.units)
        .flat_map(Unit::files)
        .filter(|file| !file.scope.is_test_code() && file.text.contains(".handler("))
        .collect();
    let mut places = files.iter().filter(|file| beside(&file.text, &krate).is_some());
    if let (Some(file), None) = (places.next(), places.next()) {
        plan.change(&file.path, |text| {
            let at = beside(text, &krate).context("a handler is gone")?;
            let mut changed = text.to_owned();
            changed.insert_str(at, &registered);
            Ok(changed)
        })?;
        return Ok(());
    }
    let place = files.first().map_or("the host".to_owned(), |file| file.path.to_string());
    plan.leave_to_hand(format!("{place}: register it among the other handlers, `{registered}`."));
    Ok(())
}

/// The end of the last `.handler(context::Name)`; one that is made with something is no model.
fn beside(text: &str, context: &str) -> Option<usize> {
    let begin = format!(".handler({context}::");
    let ends = text.match_indices(&begin).filter_map(|(start, begin)| {
        let from = start + begin.len();
        let length = text[from..].find(|c: char| !c.is_alphanumeric() && c != '_')?;
        text[from + length..].starts_with(')').then_some(from + length + 1)
    });
    ends.last()
}
