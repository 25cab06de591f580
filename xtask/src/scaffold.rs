//! `cargo xtask new-context`, `new-use-case`, `new-event` and `new-handler`: what the recipes of `CONTRIBUTING.md` begin with is written by a program.
//!
//! Everything is planned in memory and formatted there; then all of it is written, or nothing is. Which contexts there are, what
//! they export and which crate is the core is what `boundaries.toml` and the source say: nothing here knows a crate by name.

mod aggregate;
mod context;
mod decision;
mod event;
mod facade;
mod fields;
mod handler;
mod imports;
mod manifest;
mod names;
mod new_context;
mod plan;
mod records;
mod samples;
mod struct_text;
mod template;
mod types;
mod use_case;

use std::path::PathBuf;

use crate::{
    boundary::{self, config::Boundaries, loader::Detail, workspace::Workspace},
    process,
};

use self::{
    context::Context, event::NewEvent, handler::NewHandler, new_context::NewContext, plan::Plan,
    use_case::NewUseCase,
};

/// Which workspace is written to.
#[derive(Debug, clap::Args)]
struct Place {
    /// Write to another workspace than this one
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

/// Which event.
#[derive(Debug, clap::Args)]
pub(crate) struct EventArgs {
    /// The context that decides it
    context: String,
    /// What happened, in the past tense: `ProjectRenamed`
    name: String,
    /// What it says: `name:String`; whatever identifies and addresses it is that of other events of its aggregate
    #[arg(value_name = "FIELD:TYPE")]
    fields: Vec<String>,
    /// What it happens to, where its name does not begin with that: `project`
    #[arg(long, value_name = "WORD")]
    aggregate: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Which handler.
#[derive(Debug, clap::Args)]
pub(crate) struct HandlerArgs {
    /// The context that reacts
    context: String,
    /// What it is called: `on-project-renamed`
    name: String,
    /// What it hears of: `projects.ProjectRenamed`
    #[arg(value_name = "CONTEXT.EVENT")]
    event: String,
    #[command(flatten)]
    place: Place,
}

/// Which use case.
#[derive(Debug, clap::Args)]
pub(crate) struct UseCaseArgs {
    /// The context that does it
    context: String,
    /// What is done, and to what: `rename-project`
    #[arg(value_name = "VERB-NOUN")]
    name: String,
    /// What the command says beside the id: `name:String`
    #[arg(value_name = "FIELD:TYPE")]
    fields: Vec<String>,
    /// The aggregate to which it is done, where its name does not end with that: `project`
    #[arg(long, value_name = "WORD")]
    aggregate: Option<String>,
    /// The event that tells of it, where that is not called like it: `ProjectRenamed`
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Which context.
#[derive(Debug, clap::Args)]
pub(crate) struct ContextArgs {
    /// What it is called, as a folder, a package and an import: `invoices`
    name: String,
    /// What it keeps, where its name is not the plural of that: `invoice`
    #[arg(long, value_name = "WORD")]
    aggregate: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Writes an event.
pub(crate) fn new_event(args: &EventArgs) -> anyhow::Result<bool> {
    let EventArgs { context, name, fields, aggregate, place } = args;
    place.in_context(context, |context, plan| {
        NewEvent::asked(context, name, fields, aggregate.as_deref())?.plan(context, plan)
    })
}

/// Writes a handler.
pub(crate) fn new_handler(args: &HandlerArgs) -> anyhow::Result<bool> {
    let HandlerArgs { context, name, event, place } = args;
    place.in_context(context, |context, plan| {
        NewHandler::asked(context, name, event)?.plan(context, plan)
    })
}

/// Writes a use case.
pub(crate) fn new_use_case(args: &UseCaseArgs) -> anyhow::Result<bool> {
    let UseCaseArgs { context, name, fields, aggregate, event, place } = args;
    place.in_context(context, |context, plan| {
        let (aggregate, event) = (aggregate.as_deref(), event.as_deref());
        NewUseCase::asked(context, name, fields, (aggregate, event))?.plan(context, plan)
    })
}

/// Writes a context.
pub(crate) fn new_context(args: &ContextArgs) -> anyhow::Result<bool> {
    let ContextArgs { name, aggregate, place } = args;
    place.in_workspace(|workspace, boundaries, plan| {
        NewContext::asked(workspace, boundaries, name, aggregate.as_deref())?.plan(plan)
    })
}

impl Place {
    /// Reads the workspace, and writes what is planned there.
    fn in_workspace(
        &self,
        plan: impl FnOnce(&Workspace, &Boundaries, &mut Plan<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        let root = self.root.as_deref().unwrap_or_else(|| process::root());
        let (workspace, boundaries) = boundary::read(root, Detail::Rules)?;
        let mut planned = Plan::new(root);
        plan(&workspace, &boundaries, &mut planned)?;
        planned.write()?;
        Ok(true)
    }

    /// The same of one context.
    fn in_context(
        &self,
        name: &str,
        plan: impl FnOnce(&Context<'_>, &mut Plan<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        self.in_workspace(|workspace, boundaries, planned| {
            plan(&Context::find(workspace, boundaries, name)?, planned)
        })
    }
}
