//! What the old system said of agents.
//!
//! There it was said in every workspace that an agent was in, private or not. Here a message goes to whoever may see its event.
//! Clients read the agents anew whatever it says.

use ::agents::{AgentAddedToWorkspace, AgentDeleted, AgentRemovedFromWorkspace, AgentUpdated};
use ::identity::AgentId;
use api::{LegacyMessage, LegacyTopic};
use perme8_events::{UserId, WorkspaceId};
use serde_json::json;

use super::LegacyBridge;

pub(super) fn translations(bridge: &mut LegacyBridge) {
    bridge.on(updated);
    bridge.on(deleted);
    bridge.on(added);
    bridge.on(removed);
}

fn updated(event: &AgentUpdated) -> Vec<LegacyMessage> {
    let AgentUpdated { agent_id, user_id, name, workspace_ids, changes: _ } = event;
    everywhere(*agent_id, *user_id, name, workspace_ids)
}

fn deleted(event: &AgentDeleted) -> Vec<LegacyMessage> {
    let AgentDeleted { agent_id, user_id, name, workspace_ids } = event;
    everywhere(*agent_id, *user_id, name, workspace_ids)
}

fn added(event: &AgentAddedToWorkspace) -> Vec<LegacyMessage> {
    let AgentAddedToWorkspace { agent_id, workspace_id, user_id, name, is_shared } = event;
    let topic = topic(*workspace_id, *user_id, *is_shared);
    vec![changed(topic, *agent_id, *user_id, name)]
}

fn removed(event: &AgentRemovedFromWorkspace) -> Vec<LegacyMessage> {
    let AgentRemovedFromWorkspace { agent_id, workspace_id, user_id, name, is_shared } = event;
    let topic = topic(*workspace_id, *user_id, *is_shared);
    vec![changed(topic, *agent_id, *user_id, name)]
}

/// Where it is said what becomes of an agent in a workspace: of a private one its owner alone hears.
fn topic(workspace: WorkspaceId, owner: UserId, is_shared: bool) -> LegacyTopic {
    if is_shared { LegacyTopic::Workspace(workspace) } else { LegacyTopic::User(owner) }
}

fn everywhere(
    agent: AgentId,
    owner: UserId,
    name: &str,
    workspaces: &[WorkspaceId],
) -> Vec<LegacyMessage> {
    let workspaces = workspaces.iter().map(|id| LegacyTopic::Workspace(*id));
    let topics = workspaces.chain([LegacyTopic::User(owner)]);
    topics.map(|topic| changed(topic, agent, owner, name)).collect()
}

fn changed(topic: LegacyTopic, agent: AgentId, owner: UserId, name: &str) -> LegacyMessage {
    let payload = vec![json!({ "id": agent, "user_id": owner, "name": name })];
    LegacyMessage { topic, name: "workspace_agent_updated", payload }
}
