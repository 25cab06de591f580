//! What the old system said of projects.

use ::projects::{
    ProjectArchived, ProjectCreated, ProjectDeleted, ProjectId, ProjectRestored, ProjectUpdated,
};
use api::{LegacyMessage, LegacyTopic};
use perme8_events::WorkspaceId;
use serde_json::json;

use super::LegacyBridge;

pub(super) fn translations(bridge: &mut LegacyBridge) {
    bridge.on(created);
    bridge.on(updated);
    bridge.on(archived);
    bridge.on(restored);
    bridge.on(deleted);
}

fn created(event: &ProjectCreated) -> Vec<LegacyMessage> {
    vec![LegacyMessage {
        topic: LegacyTopic::Workspace(event.workspace_id),
        name: "project_added",
        payload: vec![json!(event.project_id)],
    }]
}

fn updated(event: &ProjectUpdated) -> Vec<LegacyMessage> {
    changed(event.workspace_id, event.project_id, &event.name)
}

/// There, a project was put away by an update.
fn archived(event: &ProjectArchived) -> Vec<LegacyMessage> {
    changed(event.workspace_id, event.project_id, &event.name)
}

fn restored(event: &ProjectRestored) -> Vec<LegacyMessage> {
    changed(event.workspace_id, event.project_id, &event.name)
}

fn changed(workspace: WorkspaceId, project: ProjectId, name: &str) -> Vec<LegacyMessage> {
    vec![LegacyMessage {
        topic: LegacyTopic::Workspace(workspace),
        name: "project_updated",
        payload: vec![json!(project), json!(name)],
    }]
}

fn deleted(event: &ProjectDeleted) -> Vec<LegacyMessage> {
    vec![LegacyMessage {
        topic: LegacyTopic::Workspace(event.workspace_id),
        name: "project_removed",
        payload: vec![json!(event.project_id)],
    }]
}
