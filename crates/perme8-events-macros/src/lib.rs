//! `#[derive(DomainEvent)]`, which `perme8-events` re-exports beside the trait of that name.

mod aggregate_id;
mod attributes;
mod audience;
mod event;
mod expansion;
mod names;
mod personal;
mod summary;
mod upcasters;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct with named fields a domain event.
///
/// The first sentence of its documentation becomes its summary; an event without documentation does not compile.
///
/// On the struct, `#[event(…)]` says:
///
/// - `aggregate = "…"`: what kind of thing it happens to, in lower snake case. Required.
/// - `audience(…)`: who may see it, any of `workspace` (its members), `managers` (of the workspace), `user = "field"` (the
///   person whom that field names; may be repeated), `each = "field"` (the people whom that list names),
///   `each_workspace = "field"` (the members of all workspaces that the list names),
///   `workspace_if = "field", otherwise = "field"` (its members where the first field is true, and otherwise the person whom the
///   second one names) and `operators`. Required.
/// - `id = "{a}:{b}"`: the id of the aggregate, where it is made of several fields.
/// - `version = 3`: rises on a breaking change; 1 unless given.
/// - `upcast(v1 = …, v2 = …)`: for each earlier version, the path of a function (an `Upcaster`) that turns its data into those
///   of the next version. One that is missing does not compile.
/// - `name = "context.event"`: the type on the wire; the name of the crate and of the struct in snake case unless given.
///
/// On a field, `#[event(aggregate_id)]` marks the id of the aggregate, unless the struct says `id`, and
/// `#[event(workspace_id)]` the tenant: a `WorkspaceId`, or an `Option` of one for what may happen outside of any.
///
/// `#[event(personal = "user_id")]` says of a field that what is `Personal` in it is about the person whom the other field names, a
/// `UserId` or an `Option` of one: it is sealed in the log with a key of that person, and unreadable once they are forgotten.
#[proc_macro_derive(DomainEvent, attributes(event))]
pub fn derive_domain_event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo tells macros by a variable for which package they expand"
    )]
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    match event::Event::read(&input, &package) {
        Ok(event) => expansion::implementation(&event).into(),
        Err(errors) => errors.write_errors().into(),
    }
}
