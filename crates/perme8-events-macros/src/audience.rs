//! Who may see an event.

use darling::{Error, Result};
use syn::Ident;

use crate::attributes::{AudienceAttribute, EventField};

/// A group of people: of the event's workspace, or the one or those whom a field names, themselves or by their workspaces.
#[derive(Debug)]
pub(crate) enum Scope {
    Workspace,
    Managers,
    User(Box<EventField>),
    Each(Box<EventField>),
    EachWorkspace(Box<EventField>),
    /// Of the workspace where the first field is true, and otherwise the one whom the second names.
    WorkspaceIf(Box<(EventField, EventField)>),
    Operators,
}

/// Those whom a field names.
type OfField = fn(Box<EventField>) -> Scope;

/// Who may see the event, in a fixed order.
pub(crate) fn scopes(
    audience: &AudienceAttribute,
    has_workspace: bool,
    fields: &[EventField],
    ident: &Ident,
) -> Result<Vec<Scope>> {
    let AudienceAttribute {
        workspace,
        managers,
        users,
        each,
        each_workspace,
        workspace_if,
        otherwise,
        operators,
    } = audience;
    let mut errors = Error::accumulator();
    let mut scopes = Vec::new();
    for (word, scope) in [(workspace, Scope::Workspace), (managers, Scope::Managers)] {
        if word.is_present() && !has_workspace {
            let message = "of which workspace? mark its field #[event(workspace_id)]";
            errors.push(Error::custom(message).with_span(&word.span()));
        } else if word.is_present() {
            scopes.push(scope);
        }
    }
    let named: [(_, OfField); 3] =
        [(users, Scope::User), (each, Scope::Each), (each_workspace, Scope::EachWorkspace)];
    for (names, scope) in named {
        for name in names {
            let field = errors.handle(EventField::named(name, name, fields));
            scopes.extend(field.map(Box::new).map(scope));
        }
    }
    match (workspace_if, otherwise) {
        (None, None) => {}
        (Some(flag), Some(person)) if has_workspace => {
            let flag = errors.handle(EventField::named(flag, flag, fields));
            let person = errors.handle(EventField::named(person, person, fields));
            scopes.extend(flag.zip(person).map(Box::new).map(Scope::WorkspaceIf));
        }
        (Some(word), Some(_)) => {
            let message = "of which workspace? mark its field #[event(workspace_id)]";
            errors.push(Error::custom(message).with_span(&word.span()));
        }
        (Some(word), None) | (None, Some(word)) => {
            let message =
                "it is one or the other: say workspace_if = \"field\", otherwise = \"field\"";
            errors.push(Error::custom(message).with_span(&word.span()));
        }
    }
    if operators.is_present() {
        scopes.push(Scope::Operators);
    }
    errors.finish()?;
    if scopes.is_empty() {
        let message = "who may see it? \
                       say audience(…) with any of workspace, managers, user = \"field\", operators";
        return Err(Error::custom(message).with_span(ident));
    }
    Ok(scopes)
}
