//! What the old system said of documents.
//!
//! There it was said to whole workspaces, private or not. Here a message goes to whoever may see its event.

use ::documents::{
    DocumentCreated, DocumentDeleted, DocumentId, DocumentPinnedChanged, DocumentTitleChanged,
    DocumentVisibilityChanged,
};
use api::{LegacyMessage, LegacyTopic};
use perme8_events::WorkspaceId;
use serde_json::{Value, json};

use super::LegacyBridge;

pub(super) fn translations(bridge: &mut LegacyBridge) {
    bridge.on(created);
    bridge.on(title_changed);
    bridge.on(visibility_changed);
    bridge.on(pinned_changed);
    bridge.on(deleted);
}

/// The record as the old system kept it, as far as a new document has something to tell.
fn created(event: &DocumentCreated) -> Vec<LegacyMessage> {
    let DocumentCreated { document_id, workspace_id, project_id, user_id, title, slug, is_public } =
        event;
    vec![LegacyMessage {
        topic: LegacyTopic::Workspace(*workspace_id),
        name: "document_created",
        payload: vec![json!({
            "id": document_id,
            "workspace_id": workspace_id,
            "project_id": project_id,
            "user_id": user_id,
            "created_by": user_id,
            "title": title,
            "slug": slug,
            "is_public": is_public,
            "is_pinned": false,
        })],
    }]
}

fn title_changed(event: &DocumentTitleChanged) -> Vec<LegacyMessage> {
    let title = json!(event.title);
    changed(event.workspace_id, event.document_id, "document_title_changed", &title)
}

fn visibility_changed(event: &DocumentVisibilityChanged) -> Vec<LegacyMessage> {
    let is_public = json!(event.is_public);
    changed(event.workspace_id, event.document_id, "document_visibility_changed", &is_public)
}

fn pinned_changed(event: &DocumentPinnedChanged) -> Vec<LegacyMessage> {
    let is_pinned = json!(event.is_pinned);
    changed(event.workspace_id, event.document_id, "document_pinned_changed", &is_pinned)
}

/// To those who had its workspace open, and to those who had the document open.
fn changed(
    workspace: WorkspaceId,
    document: DocumentId,
    name: &'static str,
    to: &Value,
) -> Vec<LegacyMessage> {
    let topics = [LegacyTopic::Workspace(workspace), LegacyTopic::Document(document)];
    let message = |topic| LegacyMessage { topic, name, payload: vec![json!(document), to.clone()] };
    topics.into_iter().map(message).collect()
}

fn deleted(event: &DocumentDeleted) -> Vec<LegacyMessage> {
    vec![LegacyMessage {
        topic: LegacyTopic::Workspace(event.workspace_id),
        name: "document_deleted",
        payload: vec![json!(event.document_id)],
    }]
}
