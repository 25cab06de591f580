//! What the old system said of projects.

use ::projects::{ProjectCreated, ProjectDeleted, ProjectUpdated};
use api::{LegacyMessage, LegacyTopic};
use serde_json::json;

use super::LegacyBridge;

pub(super) fn translations(bridge: &mut LegacyBridge) {
    bridge.on(created);
    bridge.on(updated);
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
    vec![LegacyMessage {
        topic: LegacyTopic::Workspace(event.workspace_id),
        name: "project_updated",
        payload: vec![json!(event.project_id), json!(event.name)],
    }]
}

fn deleted(event: &ProjectDeleted) -> Vec<LegacyMessage> {
    vec![LegacyMessage {
        topic: LegacyTopic::Workspace(event.workspace_id),
        name: "project_removed",
        payload: vec![json!(event.project_id)],
    }]
}
