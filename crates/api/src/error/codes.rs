//! Every word by which a failure is known to programs.

/// In the order of the alphabet. A word that is published stays.
pub(crate) const CODES: &[&str] = &[
    "agent_disabled",
    "agent_not_found",
    "agent_query_not_found",
    "already_member",
    "answer_in_progress",
    "api_key_inactive",
    "api_key_not_found",
    "bad_request",
    "body_too_large",
    "cancelled",
    "chat_session_not_found",
    "conflict",
    "content_conflict",
    "content_hash_required",
    "cross_origin",
    "crowded",
    "dead_letter_not_found",
    "document_not_found",
    "empty_edges",
    "empty_entities",
    "empty_ids",
    "event_gone",
    "events_archived",
    "forbidden",
    "handler_not_found",
    "handler_of_another_program",
    "has_ended",
    "idempotency_key_taken",
    "internal_error",
    "interrupted",
    "invalid_command",
    "invalid_credentials",
    "invalid_depth",
    "invalid_direction",
    "invalid_id",
    "invalid_limit",
    "invitation_expired",
    "invitation_not_found",
    "invited_too_soon",
    "job_not_found",
    "link_not_found",
    "llm_already_asked",
    "llm_broken",
    "llm_busy",
    "llm_model_not_allowed",
    "llm_not_configured",
    "llm_rate_limited",
    "llm_refused",
    "llm_storage",
    "llm_timeout",
    "malformed_commit_token",
    "malformed_json",
    "malformed_message",
    "malformed_operator",
    "malformed_position",
    "malformed_query",
    "member_not_found",
    "message_not_found",
    "method_not_allowed",
    "missing_start_id",
    "newer_read_model",
    "no_answer",
    "no_dead_jobs",
    "no_dead_letters",
    "no_projection",
    "no_schema_configured",
    "not_acceptable",
    "not_beyond",
    "not_dead",
    "not_found",
    "not_rebuilding",
    "nothing_to_replay",
    "notification_not_found",
    "outside_effects",
    "owner_protected",
    "owns_workspaces",
    "position_ahead_of_log",
    "position_archived",
    "project_archived",
    "project_not_found",
    "projection",
    "queue_not_found",
    "quota_exceeded",
    "rate_limited",
    "reauthentication_needed",
    "rebuilding",
    "request_timeout",
    "resent_too_soon",
    "schedule_not_found",
    "schema_not_found",
    "scope_missing",
    "session_not_found",
    "session_required",
    "stale",
    "storage_unavailable",
    "too_many_agents",
    "too_many_api_keys",
    "too_many_chat_sessions",
    "too_many_connections",
    "too_many_documents",
    "too_many_events",
    "too_many_invitations",
    "too_many_log_ins",
    "too_many_messages",
    "too_many_values",
    "traversal_timeout",
    "traversal_too_large",
    "unauthenticated",
    "unknown_event_type",
    "unprocessable_entity",
    "unreadable_body",
    "unsupported_media_type",
    "upgrade_required",
    "validation_errors",
    "validation_failed",
    "version_conflict",
    "version_mismatch",
    "version_not_found",
    "wider_than_key",
    "workspace_archived",
    "workspace_full",
    "workspace_not_found",
    "workspace_out_of_reach",
];

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// What stands before a code where a failure is made.
    const MARKS: [&str; 6] =
        ["not_possible(", "refused(", "senseless(", "too_soon(", "with_current(", "code:"];

    fn precedes_code(text: &str) -> bool {
        let text = text.trim_end();
        let by_status = text.strip_suffix(',').is_some_and(|text| {
            let name = text.trim_end_matches(|c: char| c.is_ascii_uppercase() || c == '_');
            name.ends_with("StatusCode::") && name.len() < text.len()
        });
        by_status || MARKS.iter().any(|mark| text.ends_with(mark))
    }

    /// A sentence for people is none.
    fn is_code(text: &str) -> bool {
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    }

    /// The codes that a source names.
    fn codes_of(source: &str) -> Vec<&str> {
        let source = source.split("#[cfg(test)]").next().unwrap();
        let pieces: Vec<&str> = source.split('"').collect();
        let named = pieces.windows(2).enumerate().filter(|(index, _)| index % 2 == 0);
        let codes = named.filter(|(_, pair)| precedes_code(pair[0]) && is_code(pair[1]));
        codes.map(|(_, pair)| pair[1]).collect()
    }

    #[test]
    fn whatever_is_told_is_listed() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/error");
        let entries = fs::read_dir(&sources).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.filter(|path| path.is_file());
        let mut count = 0;
        for file in files.chain([sources.with_extension("rs")]) {
            let source = fs::read_to_string(&file).unwrap();
            for code in codes_of(&source) {
                assert!(CODES.contains(&code), "{code} of {} is not listed", file.display());
                count += 1;
            }
        }
        assert!(count > 80, "only {count} codes were found");
    }

    #[test]
    fn the_list_is_in_order_and_names_nothing_twice() {
        assert!(CODES.is_sorted_by(|one, other| one < other));
    }
}
