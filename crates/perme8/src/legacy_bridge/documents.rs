//! What the old system said of documents.
//!
//! There it was said to whole workspaces, private or not. Here a message goes to whoever may see its event.
//! There was no trash either: what is put there is deleted, and what comes back is a new document.

use ::documents::{
    Directory, DocumentCreated, DocumentDeleted, DocumentEntry, DocumentId, DocumentPinnedChanged,
    DocumentRestored, DocumentTitleChanged, DocumentTrashed, DocumentVisibilityChanged,
};
use api::{LegacyMessage, LegacyTopic};
use perme8_events::{StorageError, WorkspaceId};
use serde_json::{Value, json};

use super::LegacyBridge;

pub(super) fn translations(bridge: &mut LegacyBridge, directory: &Directory) {
    bridge.on(created);
    bridge.on(title_changed);
    bridge.on(visibility_changed);
    bridge.on(pinned_changed);
    bridge.on(trashed);
    bridge.on(deleted);
    let directory = directory.clone();
    bridge.on_looking_up(move |event| Box::pin(restored(directory.clone(), event)));
}

fn created(event: &DocumentCreated) -> Vec<LegacyMessage> {
    let DocumentCreated { document_id, workspace_id, project_id, user_id, title, slug, is_public } =
        event.clone();
    vec![appeared(&DocumentEntry {
        id: document_id,
        workspace_id,
        project_id,
        owner_id: user_id,
        title,
        slug,
        is_public,
        is_pinned: false,
    })]
}

/// Nothing when it is gone again by now, or private while it was restored for everybody.
async fn restored(
    directory: Directory,
    event: DocumentRestored,
) -> Result<Vec<LegacyMessage>, StorageError> {
    let found = directory.documents(&[event.document_id]).await?;
    let shown = found.iter().filter(|entry| entry.is_public || !event.is_public);
    Ok(shown.map(appeared).collect())
}

/// The record as the old system kept it, as far as a new document has something to tell.
fn appeared(entry: &DocumentEntry) -> LegacyMessage {
    let DocumentEntry { id, workspace_id, project_id, owner_id, title, slug, is_public, is_pinned } =
        entry;
    LegacyMessage {
        topic: LegacyTopic::Workspace(*workspace_id),
        name: "document_created",
        payload: vec![json!({
            "id": id,
            "workspace_id": workspace_id,
            "project_id": project_id,
            "user_id": owner_id,
            "created_by": owner_id,
            "title": title,
            "slug": slug,
            "is_public": is_public,
            "is_pinned": is_pinned,
        })],
    }
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

fn trashed(event: &DocumentTrashed) -> Vec<LegacyMessage> {
    vec![disappeared(event.workspace_id, event.document_id)]
}

/// Of what was in the trash its owner alone hears again; clients do not mind that it is not there.
fn deleted(event: &DocumentDeleted) -> Vec<LegacyMessage> {
    vec![disappeared(event.workspace_id, event.document_id)]
}

fn disappeared(workspace: WorkspaceId, document: DocumentId) -> LegacyMessage {
    LegacyMessage {
        topic: LegacyTopic::Workspace(workspace),
        name: "document_deleted",
        payload: vec![json!(document)],
    }
}
