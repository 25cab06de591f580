//! A new use case: a file of the application, a method of the facade, and its row in the matrix of rights.

use anyhow::{Result, bail};

use crate::boundary::events::snake_case;

use super::{
    aggregate::Aggregate,
    context::Context,
    decision::Decision,
    event::with_module,
    facade::Facade,
    fields::Field,
    manifest, names,
    plan::Plan,
    samples::{self, Samples},
    template::{Words, filled},
    types,
};

/// The group of exports that commands are in.
const GROUP: &str = "commands";
/// What `lib.rs` says above them.
const PART: &str = "Commands and their errors: for whoever may use the facade.";

/// A use case that is not there yet.
#[derive(Debug)]
pub(super) struct NewUseCase {
    /// `rename_project`.
    module: String,
    /// `RenameProject`.
    command: String,
    aggregate: Aggregate,
    /// What the command says beside the id.
    fields: Vec<Field>,
    /// What is told of it, if that is known.
    decision: Option<Decision>,
}

impl NewUseCase {
    pub(super) fn asked(
        context: &Context<'_>,
        name: &str,
        fields: &[String],
        (aggregate, event): (Option<&str>, Option<&str>),
    ) -> Result<Self> {
        let module = names::module_name("a use case", name)?;
        let Some((verb, _)) = module.split_once('_') else {
            bail!("`{name}` is no name of a use case: write a verb and a noun, `{name}-something`");
        };
        let aggregate = Aggregate::find(context, aggregate, &module)?;
        let fields = Field::all(fields)?;
        let id = format!("{}_id", aggregate.snake());
        if fields.iter().any(|field| field.name == id) {
            bail!("leave `{id}` out: it is there by itself");
        }
        let event = match event {
            Some(event) => Some(event.to_owned()),
            None => told_of(context, &aggregate, verb),
        };
        let decision = event.map(|event| {
            let is_taken = aggregate.methods.iter().any(|known| known == verb);
            let method = if is_taken { module.as_str() } else { verb };
            Decision::of(context, &aggregate, (&event, method), &fields)
        });
        let command = names::pascal_case(&module);
        Ok(Self { command, aggregate, fields, decision: decision.transpose()?, module })
    }

    /// Plans everything that the recipe asks for.
    pub(super) fn plan(&self, context: &Context<'_>, plan: &mut Plan<'_>) -> Result<()> {
        let Self { module, command, aggregate, decision, .. } = self;
        let krate = &context.krate.name;
        let facade = Facade::of(context)?;
        let file = context.file(&format!("application/{module}.rs"));
        let samples = samples::of(context, &self.all_fields());
        let core = context.core()?.replace('-', "_");
        plan.create(file.clone(), self.text(context, &core, samples.as_ref()))?;
        manifest::depend(context, plan, &["thiserror", "tracing"])?;
        if samples.is_some() && aggregate.tables.is_some() {
            manifest::depend_in_tests(context, plan, &["expect-test", "tokio"])?;
        }
        for Field { ty, .. } in &self.fields {
            types::import(context, plan, &file, ty)?;
        }
        types::import(context, plan, &file, &aggregate.id)?;
        plan.change(&context.file("application.rs"), |text| with_module(text, module))?;
        if let Some(decision) = decision {
            decision.plan(context, aggregate, plan)?;
        }
        let error = format!("{command}Error");
        let beside = a_command(context);
        let path = format!("application::{module}");
        for name in [command, &error] {
            context.export(plan, GROUP, (&path, name), (PART, beside.as_deref()))?;
        }
        facade.add_method(plan, &self.words(&core), (module, &[command.as_str(), &error]))?;
        let row = samples.as_ref().map(|samples| {
            let uses = samples.uses(&core);
            let value = format!("{command} {{ {} }}", samples.fields());
            facade.add_row(plan, (module, command, &value), &uses)
        });
        let has_row = row.transpose()?.unwrap_or(false);

        plan.leave_to_hand(format!(
            "{file}: sharpen what is said of `{command}` and of its fields."
        ));
        plan.leave_to_hand(format!(
            "{file}: let the policy say which people may; so far none may, and the system for nobody but itself.",
        ));
        if decision.is_none() {
            plan.leave_to_hand(format!(
                "{}: let a method decide, and save what it gives (`Unsaved::record`); `cargo xtask new-event` writes the event that tells of it.",
                aggregate.file
            ));
        }
        if samples.is_none() || aggregate.tables.is_none() {
            plan.leave_to_hand(format!("{file}: test it on FakeTx."));
        } else {
            plan.leave_to_hand(format!(
                "{file}: test it with {} that is there; {} says what tests have at hand.",
                names::with_article(&self.thing()),
                context.file("testing.rs")
            ));
        }
        let row =
            if has_row { "make its row ask about something of its world" } else { "write its row" };
        plan.leave_to_hand(format!(
            "{}: {row}; `UPDATE_EXPECT=1 cargo test -p {krate} matrix` writes AUTHORISATION.md.",
            context.file("facade/matrix.rs")
        ));
        plan.leave_to_hand(format!("tests/it of {krate}: test it on both engines."));
        let folder = context.folder();
        plan.leave_to_hand(format!(
            "{folder}/README.md, and {folder}/src/lib.rs where its pages do: say what it does."
        ));
        plan.leave_to_hand(
            "`cargo xtask codegen` writes the documents that tell of it.".to_owned(),
        );
        Ok(())
    }

    fn all_fields(&self) -> Vec<Field> {
        let Aggregate { id, .. } = &self.aggregate;
        let own = Field::new(format!("{}_id", self.aggregate.snake()), id.clone());
        [own].into_iter().chain(self.fields.iter().cloned()).collect()
    }

    /// `project`, in words.
    fn thing(&self) -> String {
        names::words(&self.aggregate.snake())
    }

    /// `rename a project`.
    fn phrase(&self) -> String {
        let (verb, noun) = self.module.split_once('_').unwrap_or((&self.module, ""));
        let noun_words = names::words(noun);
        if noun.ends_with('s') || noun.starts_with("all_") {
            format!("{verb} {noun_words}")
        } else {
            format!("{verb} {}", names::with_article(&noun_words))
        }
    }

    fn words(&self, core: &str) -> Words {
        vec![
            ("core", core.to_owned()),
            ("module", self.module.clone()),
            ("phrase", self.phrase()),
            ("Command", self.command.clone()),
        ]
    }

    /// The file of the application.
    fn text(&self, context: &Context<'_>, core: &str, samples: Option<&Samples>) -> String {
        let Self { command, aggregate, decision, .. } = self;
        let fields: String = self.all_fields().iter().map(Field::text).collect();
        let id_field = format!("{}_id", aggregate.snake());
        let verb = self.module.split('_').next().unwrap_or_default();
        let mut words = self.words(core);
        words.extend([
            ("aggregate", aggregate.snake()),
            ("Aggregate", aggregate.name.clone()),
            ("aggregate_imports", self.imports(context)),
            ("fields", fields),
            ("id_field", id_field.clone()),
            ("thing", self.thing()),
            ("verb", verb.to_owned()),
        ]);
        let tests =
            samples.zip(aggregate.tables.as_ref()).map_or(String::new(), |(samples, tables)| {
                let sample = format!("{command} {{ {} }}", samples.fields());
                let more = [("Tables", tables.clone()), ("sample", sample)];
                let words = words.iter().cloned().chain(more).collect();
                filled(include_str!("templates/use_case_tests.rs.template"), &words)
            });
        words.push(("tests", tests));
        let Some(decision) = decision else {
            return filled(include_str!("templates/use_case.rs.template"), &words);
        };
        let said = decision.parameters.iter().map(|field| field.name.as_str());
        let rest =
            if decision.parameters.len() < self.fields.len() { vec![".."] } else { Vec::new() };
        let used: Vec<&str> = [id_field.as_str()].into_iter().chain(said).chain(rest).collect();
        let arguments = decision.parameters.iter().map(|Field { name, ty, .. }| {
            if types::is_copy(ty) { format!("*{name}") } else { format!("{name}.clone()") }
        });
        words.extend([
            ("Event", decision.event.clone()),
            ("used", used.join(", ")),
            ("decision", decision.method.clone()),
            ("arguments", arguments.collect::<Vec<_>>().join(", ")),
        ]);
        filled(include_str!("templates/use_case_with_event.rs.template"), &words)
    }

    /// What is imported of the domain to begin with: `project::Project` and where its id is.
    fn imports(&self, context: &Context<'_>) -> String {
        let Aggregate { name, id, module, .. } = &self.aggregate;
        let below =
            |module: &str| module.trim_start_matches("domain").trim_start_matches("::").to_owned();
        let own = below(module);
        match context.module_of(id).filter(|module| module.starts_with("domain")) {
            Some(of_id) if of_id == *module => format!("{own}::{{{name}, {id}}}"),
            Some(of_id) => format!("{{{own}::{name}, {}::{id}}}", below(&of_id)),
            None => format!("{own}::{name}"),
        }
    }
}

/// The event that tells that this was done, by its name: `ProjectRenamed` for `rename`.
fn told_of(context: &Context<'_>, aggregate: &Aggregate, verb: &str) -> Option<String> {
    let is_told = |event: &str| {
        let participle = [&aggregate.word, &aggregate.snake()].into_iter().find_map(|word| {
            event.strip_prefix(word.as_str())?.strip_prefix('_').map(str::to_owned)
        });
        participle.is_some_and(|word| names::is_past(verb, &word))
    };
    let mut events = context.events().filter(|event| is_told(&snake_case(&event.ident)));
    Some(events.next()?.ident.clone())
}

/// The module of a command that is exported already: others stand beside it.
fn a_command(context: &Context<'_>) -> Option<String> {
    let commands = context.library.exports().filter_map(|export| {
        let command = export.name.strip_suffix("Error")?;
        let module = context.module_of(&export.name)?;
        let is_command = module.starts_with("application::")
            && context.module_of(command).as_ref() == Some(&module);
        is_command.then_some(module)
    });
    commands.last()
}
