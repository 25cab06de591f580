//! What an event says, in a line that people can read and that names nobody.

use std::collections::HashMap;

use perme8_events::{Envelope, EventDescriptor};
use serde_json::{Map, Value};

/// A text of an event is cut to so many characters.
const VALUE_CHARS: usize = 80;
/// So many facts of an event make a line.
const FACTS: usize = 6;
/// Schemas refer to each other no deeper than that.
const DEPTH: u8 = 8;

/// Knows of every event which of its fields a line may tell: neither ids and keys nor what identifies a person.
#[derive(Debug)]
pub(crate) struct Summaries {
    told: HashMap<(&'static str, u16), Vec<String>>,
}

impl Summaries {
    /// For these events.
    pub(crate) fn of(events: impl Iterator<Item = &'static EventDescriptor>) -> Self {
        let told = events.map(|event| {
            let schema = (event.schema)().to_value();
            ((event.event_type, event.version), told(&schema))
        });
        Self { told: told.collect() }
    }

    /// What happened: the name of the event and the facts that may be told, e.g. `member joined: role guest`. Of an event that
    /// this program does not know, the name.
    pub(crate) fn line(&self, event: &Envelope) -> String {
        let (_, name) = event.event_type.split_once('.').unwrap_or(("", &event.event_type));
        let mut line = name.replace('_', " ");
        let told = self.told.get(&(event.event_type.as_str(), event.version));
        let data: Map<String, Value> = serde_json::from_str(event.data.get()).unwrap_or_default();
        let facts = told.into_iter().flatten().filter_map(|field| {
            Some(format!("{} {}", field.replace('_', " "), in_words(data.get(field)?)?))
        });
        for (number, fact) in facts.take(FACTS).enumerate() {
            line.push_str(if number == 0 { ": " } else { ", " });
            line.push_str(&fact);
        }
        line
    }
}

/// The fields of an event of this schema that a line may tell.
fn told(schema: &Value) -> Vec<String> {
    let fields = schema["properties"].as_object().into_iter().flatten();
    let names_something = |name: &str| {
        // Keys are made by whoever asks, and errors by others: nobody knows what is in them.
        ["_id", "_ids", "_by", "_key"].iter().any(|end| name.ends_with(end)) || name == "error"
    };
    let may_be_told = |(name, field): &(&String, &Value)| {
        !names_something(name) && !is_personal(field, schema, 0)
    };
    fields.filter(may_be_told).map(|(name, _)| name.clone()).collect()
}

/// Whether a part of a schema is marked as personal, or cannot be shown not to be.
fn is_personal(part: &Value, schema: &Value, depth: u8) -> bool {
    match part {
        Value::Object(fields) => fields.iter().any(|(name, part)| match (name.as_str(), part) {
            ("x-personal", mark) => *mark == true,
            ("$ref", Value::String(place)) => {
                let target = place.strip_prefix('#').and_then(|place| schema.pointer(place));
                depth == DEPTH || target.is_none_or(|target| is_personal(target, schema, depth + 1))
            }
            (_, part) => is_personal(part, schema, depth),
        }),
        Value::Array(parts) => parts.iter().any(|part| is_personal(part, schema, depth)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A value in few words: of an object the names of its fields, of a list how long it is.
fn in_words(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Bool(is_so) => is_so.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.len().to_string(),
        Value::Object(fields) => {
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            names.join(" and ")
        }
    };
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut words: String = characters.by_ref().take(VALUE_CHARS).collect();
    if characters.next().is_some() {
        words.push('…');
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;
    use serde_json::json;

    use super::*;
    use crate::catalogue;

    #[test]
    fn lines_name_nobody() {
        let mut shown = String::new();
        for event in catalogue::events() {
            let told = told(&(event.schema)().to_value());
            writeln!(shown, "{}: {}", event.event_type, told.join(", ")).unwrap();
        }
        expect![[r#"
            perme8_events.job_discarded: queue
            perme8_events.job_done: queue
            perme8_events.job_given_up: attempts, queue
            perme8_events.operator_acted: action, detail, operator, position, subject, subject_kind
            perme8_events.person_forgotten: for_good, operator
            perme8_events.timer_fired: due_at, instance, owner, timer
            identity.user_registered: 
            identity.user_confirmed: 
            identity.magic_link_requested: 
            identity.user_logged_in: method
            identity.user_logged_out: 
            identity.user_reauthenticated: method
            identity.profile_updated: 
            identity.password_changed: 
            identity.password_reset_requested: 
            identity.email_change_requested: 
            identity.email_changed: 
            identity.preferences_changed: changes
            identity.user_deleted: 
            identity.api_key_created: expires_at, scopes, workspaces
            identity.api_key_updated: scopes, workspaces
            identity.api_key_rotated: previous_until
            identity.api_key_revoked: scopes, workspaces
            identity.workspace_created: name, slug
            identity.workspace_updated: changes, name
            identity.workspace_archived: 
            identity.workspace_restored: 
            identity.workspace_deleted: name, slug
            identity.member_invited: role, workspace_name
            identity.member_joined: role
            identity.member_role_changed: from, to
            identity.ownership_transferred: from, to
            identity.member_removed: 
            identity.member_left: 
            identity.invitation_created: role, workspace_name
            identity.invitation_resent: role, workspace_name
            identity.invitation_unannounced: 
            identity.invitation_declined: 
            identity.invitation_revoked: 
            identity.invitation_expired: 
            projects.project_created: name, slug
            projects.project_updated: changes, name
            projects.project_archived: name
            projects.project_restored: name
            projects.project_deleted: name
            documents.document_created: is_public, slug, title
            documents.document_title_changed: is_public, previous_title, title
            documents.document_visibility_changed: is_public
            documents.document_pinned_changed: is_pinned, is_public
            documents.document_moved: is_public
            documents.document_handed_over: is_public
            documents.document_trashed: is_public, title
            documents.document_restored: is_public, title
            documents.document_deleted: is_public, title
            documents.note_content_updated: content_hash, is_public, length
            agents.agent_created: name
            agents.agent_cloned: 
            agents.agent_updated: changes, name
            agents.agent_deleted: name
            agents.agent_added_to_workspace: is_shared, name
            agents.agent_removed_from_workspace: is_shared, name
            agents.agent_query_completed: completion_tokens, latency_ms, model, prompt_tokens
            agents.agent_query_failed: completion_tokens, latency_ms, model, prompt_tokens
            chat.chat_session_started: 
            chat.chat_message_sent: role
            chat.chat_response_received: model, status, tokens
            chat.chat_session_title_changed: automatic
            chat.chat_message_deleted: 
            chat.chat_session_deleted: 
            erm.schema_created: changes, version
            erm.schema_updated: changes, version
            erm.entity_created: entity_type, properties
            erm.entity_updated: changes, entity_type
            erm.entity_deleted: edges_deleted, entity_type
            erm.entity_restored: edges_restored, entity_type
            erm.entity_purged: entity_type
            erm.edge_created: edge_type, properties
            erm.edge_updated: changes, edge_type
            erm.edge_deleted: edge_type
            erm.edge_restored: edge_type
            erm.bulk_entities_created: count
            erm.bulk_entities_updated: count
            erm.bulk_entities_deleted: count, edges_deleted
            erm.bulk_edges_created: count
            erm.traversal_executed: depth, duration_ms, kind, visited
            notifications.notification_created: notification_type
            notifications.notification_read: 
            notifications.notifications_read: up_to
            notifications.notification_action_taken: action
            notifications.notification_deleted: 
        "#]]
        .assert_eq(&shown);
    }

    #[test]
    fn what_is_personal_is_found_behind_references() {
        let schema = json!({
            "properties": {
                "plain": { "type": "string" },
                "email": { "$ref": "#/$defs/Email" },
                "maybe": { "anyOf": [{ "type": "null" }, { "$ref": "#/$defs/Email" }] },
                "lost": { "$ref": "#/$defs/Nothing" },
                "endless": { "$ref": "#/$defs/Endless" },
                "user_id": { "type": "string" },
            },
            "$defs": {
                "Email": { "type": "string", "x-personal": true },
                "Endless": { "items": { "$ref": "#/$defs/Endless" } },
            },
        });
        assert_eq!(told(&schema), ["plain"]);
    }

    #[test]
    fn values_are_few_words() {
        let words = |value: Value| in_words(&value).unwrap_or_default();
        assert_eq!(words(json!(null)), "");
        assert_eq!(words(json!(true)), "true");
        assert_eq!(words(json!([1, 2])), "2");
        assert_eq!(words(json!({"name": {"from": "a", "to": "b"}, "color": {}})), "color and name");
        assert_eq!(words(json!("two\nlines\u{1b}[31m")), "two lines [31m");
        assert_eq!(words(json!("x".repeat(81))), format!("{}…", "x".repeat(80)));
    }
}
