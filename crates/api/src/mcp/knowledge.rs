//! The tools about what workspaces have learnt.

use std::fmt::Write as _;

use erm::{
    CreateEntry, EntityId, EntryChanges, EntryDetails, EntryQueryError, FoundEntry, NewEntry,
    OpenEntry, PropertyError, ReachedEntries, RelateEntries, RelateError, RelationDetails,
    RelationDirection, SearchEntries, SearchEntriesError, TraverseEntries, TraverseEntriesError,
    UpdateEntry, WriteEntryError,
};
use perme8_events::StorageError;

use crate::{
    error::ApiError,
    fields::{Fields, FromFields},
    mcp::{
        call::{Call, Failure, Outcome},
        markdown::{Facts, plain},
    },
};

/// What is said of an id that is none.
const NO_ID: &str = "must be an id";

/// What somebody looks for.
struct Looking {
    workspace: Option<String>,
    asked: SearchEntries,
}

impl FromFields for Looking {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        let asked = SearchEntries {
            query: fields.optional_text("query").unwrap_or_default(),
            tags: fields.optional_texts("tags").unwrap_or_default(),
            category: fields.optional_text("category"),
            limit: fields
                .optional_integer("limit")
                .map(|limit| u8::try_from(limit.clamp(1, 100)).unwrap_or(u8::MAX)),
            after: None,
        };
        Some(Self { workspace, asked })
    }
}

/// Which entry somebody looks at.
struct At {
    workspace: Option<String>,
    id: EntityId,
}

impl FromFields for At {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        Some(Self { workspace, id: fields.parsed("id", NO_ID)? })
    }
}

/// From where somebody goes, and how far.
struct Walked {
    workspace: Option<String>,
    asked: TraverseEntries,
}

impl FromFields for Walked {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        let start = fields.parsed("id", NO_ID);
        let relation_type = fields.optional_text("relationship_type");
        let depth = fields.optional_integer("depth");
        Some(Self { workspace, asked: TraverseEntries { start: start?, relation_type, depth } })
    }
}

/// What is written down.
struct Written {
    workspace: Option<String>,
    entry: NewEntry,
}

impl FromFields for Written {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        let [title, body, category] = ["title", "body", "category"].map(|name| fields.text(name));
        let [tags, code_snippets, file_paths, external_links] =
            LISTS.map(|name| fields.optional_texts(name).unwrap_or_default());
        let last_verified_at = fields.optional_text("last_verified_at");
        let entry = NewEntry {
            title: title?,
            body: body?,
            category: category?,
            tags,
            code_snippets,
            file_paths,
            external_links,
            last_verified_at,
        };
        Some(Self { workspace, entry })
    }
}

/// What is other from now on.
struct Changed {
    workspace: Option<String>,
    id: EntityId,
    changes: EntryChanges,
}

impl FromFields for Changed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        let id = fields.parsed("id", NO_ID);
        // Programs fill what they do not care for with `null`: that changes nothing, and an empty list takes all away.
        let [title, body, category, last_verified_at] =
            ["title", "body", "category", "last_verified_at"]
                .map(|name| fields.optional_text(name));
        let [tags, code_snippets, file_paths, external_links] =
            LISTS.map(|name| fields.optional_texts(name).map(Some));
        let last_verified_at = last_verified_at.map(Some);
        let changes = EntryChanges {
            title,
            body,
            category,
            tags,
            code_snippets,
            file_paths,
            external_links,
            last_verified_at,
        };
        Some(Self { workspace, id: id?, changes })
    }
}

const LISTS: [&str; 4] = ["tags", "code_snippets", "file_paths", "external_links"];

/// How one entry relates to another.
struct Related {
    workspace: Option<String>,
    from: EntityId,
    to: EntityId,
    relation_type: String,
}

impl FromFields for Related {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        let from = fields.parsed("from_id", NO_ID);
        let to = fields.parsed("to_id", NO_ID);
        let relation_type = fields.text("relationship_type");
        Some(Self { workspace, from: from?, to: to?, relation_type: relation_type? })
    }
}

/// `knowledge.search`
pub(super) async fn search(mut call: Call) -> Outcome {
    let Looking { workspace, asked } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let knowledge = call.api.erm.knowledge();
    let page = knowledge.search(&call.caller.origin, &workspace, asked).await?;
    if page.found.is_empty() {
        return Ok("No results.".to_owned());
    }
    let mut text = format!("**Knowledge** ({})\n", page.found.len());
    for (number, entry) in page.found.iter().enumerate() {
        let FoundEntry { id, title, category, tags, preview, updated_at: _ } = entry;
        numbered(&mut text, number, title, category, *id);
        if !tags.is_empty() {
            line(&mut text, &format!("tags: {}", listed(tags)));
        }
        line(&mut text, &format!("preview: {}", plain(preview)));
    }
    if page.next.is_some() {
        text.push_str("\nThere are more: say more precisely what you look for.");
    }
    Ok(text.trim_end().to_owned())
}

/// `knowledge.get`
pub(super) async fn get(mut call: Call) -> Outcome {
    let At { workspace, id } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let found = call.api.erm.knowledge().entry(&call.caller.origin, &workspace, id).await?;
    let OpenEntry { entry, relations, has_more_relations } = found;
    let mut facts = facts("Knowledge", &entry)
        .word("created", &entry.created_at.to_rfc3339())
        .word("updated", &entry.updated_at.to_rfc3339());
    if let Some(verified) = &entry.last_verified_at {
        facts = facts.named("last verified", verified);
    }
    for (name, list) in
        [("file paths", &entry.file_paths), ("external links", &entry.external_links)]
    {
        if !list.is_empty() {
            facts = facts.named(name, &list.join(", "));
        }
    }
    let mut text = facts.saying(None);
    text.push_str("\n- relationships:");
    if relations.is_empty() {
        text.push_str(" none");
    }
    for relation in &relations {
        let RelationDetails { id, relation_type, direction, entry, title, created_at: _ } =
            relation;
        let title = plain(title);
        let way = match direction {
            RelationDirection::Outgoing => format!("`{relation_type}` {title} (`{entry}`)"),
            RelationDirection::Incoming => format!("{title} (`{entry}`) `{relation_type}` this"),
        };
        write!(text, "\n  - {way}, id `{id}`").expect("a text takes more");
    }
    if has_more_relations {
        text.push_str("\n  - and more");
    }
    write!(text, "\n\n---\n\n{}", entry.body).expect("a text takes more");
    for snippet in &entry.code_snippets {
        write!(text, "\n\n{}", fenced(snippet)).expect("a text takes more");
    }
    Ok(text)
}

/// `knowledge.traverse`
pub(super) async fn traverse(mut call: Call) -> Outcome {
    let Walked { workspace, asked } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let knowledge = call.api.erm.knowledge();
    let found = knowledge.traverse(&call.caller.origin, &workspace, asked).await?;
    let ReachedEntries { start, entries, relations } = found;
    if entries.is_empty() {
        return Ok(format!("No knowledge is connected to {}.", plain(&start.title)));
    }
    let mut text = format!("**Connected to {}** ({})\n", plain(&start.title), entries.len());
    for (number, entry) in entries.iter().enumerate() {
        numbered(&mut text, number, &entry.title, &entry.category, entry.id);
    }
    let title = |id: EntityId| {
        let entry = std::iter::once(&start).chain(&entries).find(|entry| entry.id == id);
        entry.map_or_else(|| format!("`{id}`"), |entry| plain(&entry.title))
    };
    text.push_str("\nRelationships:\n");
    for relation in &relations {
        let (from, to) = (title(relation.from), title(relation.to));
        write!(text, "\n- {from} `{}` {to}", relation.relation_type).expect("a text takes more");
    }
    Ok(text)
}

/// `knowledge.create`
pub(super) async fn create(mut call: Call) -> Outcome {
    let Written { workspace, entry } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let command = CreateEntry { workspace, entry };
    let knowledge = call.api.erm.knowledge();
    let created = knowledge.create_entry(call.caller.origin, command).await?;
    Ok(facts("Knowledge created", &created).saying(None))
}

/// `knowledge.update`
pub(super) async fn update(mut call: Call) -> Outcome {
    let Changed { workspace, id, changes } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let command = UpdateEntry { workspace, id, changes, seen: None };
    let knowledge = call.api.erm.knowledge();
    let updated = knowledge.update_entry(call.caller.origin, command).await?;
    Ok(facts("Knowledge updated", &updated).saying(None))
}

/// `knowledge.relate`
pub(super) async fn relate(mut call: Call) -> Outcome {
    let Related { workspace, from, to, relation_type } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let command = RelateEntries { workspace, from, to, relation_type };
    let related = call.api.erm.knowledge().relate(call.caller.origin, command).await?;
    let facts = Facts::of("Relationship created").word("type", related.relation_type.as_str());
    let facts = facts.word("from", &related.from.to_string()).word("to", &related.to.to_string());
    Ok(facts.word("id", &related.id.to_string()).saying(None))
}

fn facts(title: &str, entry: &EntryDetails) -> Facts {
    let facts = Facts::of(title).named("title", &entry.title).word("id", &entry.id.to_string());
    let facts = facts.named("category", &entry.category);
    if entry.tags.is_empty() { facts } else { facts.named("tags", &entry.tags.join(", ")) }
}

fn numbered(text: &mut String, number: usize, title: &str, category: &str, id: EntityId) {
    let (number, title) = (number + 1, plain(title));
    write!(text, "\n{number}. {title}\n").expect("a text takes more");
    line(text, &format!("category: {}", plain(category)));
    line(text, &format!("id: `{id}`"));
}

fn line(text: &mut String, fact: &str) {
    writeln!(text, "   - {fact}").expect("a text takes more");
}

fn listed(tags: &[String]) -> String {
    let tags: Vec<String> = tags.iter().map(|tag| plain(tag)).collect();
    tags.join(", ")
}

/// Code between fences that are longer than any in it.
fn fenced(code: &str) -> String {
    let runs = code.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or_default().max(2) + 1);
    format!("{fence}\n{code}\n{fence}")
}

/// Says why knowledge is not read or written: in words of its own, but for what every client is refused alike.
macro_rules! from_knowledge {
    ($($Error:ident $(or $Rules:ident)?),+ $(,)?) => {$(
        impl From<$Error> for Failure {
            fn from(error: $Error) -> Self {
                $(if let $Error::$Rules(errors) = &error {
                    return Self::Refused(rules(errors).into());
                })?
                if matches!(error, $Error::WorkspaceNotFound) {
                    return Self::Failed(ApiError::workspace_not_found());
                }
                if matches!(error, $Error::Forbidden) {
                    return Self::Failed(ApiError::forbidden());
                }
                let said = sentence(&error.to_string());
                if let $Error::Storage(error) = error {
                    stored(error)
                } else {
                    Self::Refused(said.into())
                }
            }
        }
    )+};
}

from_knowledge!(
    EntryQueryError,
    SearchEntriesError,
    TraverseEntriesError,
    WriteEntryError or NotConforming,
    RelateError or NotConforming,
);

fn stored(error: StorageError) -> Failure {
    Failure::Failed(error.into())
}

fn rules(errors: &[PropertyError]) -> String {
    let errors = errors.iter().map(|error| format!("{} {}", error.field, error.message));
    let errors: Vec<String> = errors.collect();
    format!("The workspace has other rules: {}", errors.join("; "))
}

/// With a capital.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_fenced_whatever_is_in_it() {
        assert_eq!(fenced("x"), "```\nx\n```");
        assert_eq!(fenced("a ```` b"), "`````\na ```` b\n`````");
    }

    #[test]
    fn messages_begin_with_a_capital() {
        assert_eq!(sentence("there is none"), "There is none");
        assert_eq!(sentence(""), "");
    }
}
