//! What the old system said of invitations and members.

use ::identity::{InvitationDeclined, MemberInvited, MemberJoined, MemberRemoved};
use api::{LegacyMessage, LegacyTopic};
use serde_json::json;

use super::LegacyBridge;

pub(super) fn translations(bridge: &mut LegacyBridge) {
    bridge.on(member_invited);
    bridge.on(member_joined);
    bridge.on(member_removed);
    bridge.on(invitation_declined);
}

fn member_invited(event: &MemberInvited) -> Vec<LegacyMessage> {
    let MemberInvited { user_id, workspace_id, workspace_name, invited_by_name, role, .. } = event;
    // Whom the old system did not know any more it called so.
    let invited_by_name = invited_by_name.known().map_or("Someone", String::as_str);
    let of_everybody = LegacyMessage {
        topic: LegacyTopic::WorkspaceInvitations,
        name: "workspace_invitation_created",
        payload: vec![json!({
            "user_id": user_id,
            "workspace_id": workspace_id,
            "workspace_name": workspace_name,
            "invited_by_name": invited_by_name,
            "role": role,
        })],
    };
    let of_invitee = LegacyMessage {
        topic: LegacyTopic::User(*user_id),
        name: "workspace_invitation",
        payload: vec![json!(workspace_id), json!(workspace_name), json!(invited_by_name)],
    };
    vec![of_everybody, of_invitee]
}

fn member_joined(event: &MemberJoined) -> Vec<LegacyMessage> {
    let MemberJoined { workspace_id, user_id, .. } = event;
    vec![
        LegacyMessage {
            topic: LegacyTopic::User(*user_id),
            name: "workspace_joined",
            payload: vec![json!(workspace_id)],
        },
        LegacyMessage {
            topic: LegacyTopic::Workspace(*workspace_id),
            name: "member_joined",
            payload: vec![json!(user_id)],
        },
    ]
}

fn member_removed(event: &MemberRemoved) -> Vec<LegacyMessage> {
    let MemberRemoved { workspace_id, user_id } = event;
    vec![LegacyMessage {
        topic: LegacyTopic::User(*user_id),
        name: "workspace_removed",
        payload: vec![json!(workspace_id)],
    }]
}

/// Who has no account yet was nobody in the old system.
fn invitation_declined(event: &InvitationDeclined) -> Vec<LegacyMessage> {
    let InvitationDeclined { workspace_id, user_id, .. } = event;
    let declined = user_id.map(|user_id| LegacyMessage {
        topic: LegacyTopic::Workspace(*workspace_id),
        name: "invitation_declined",
        payload: vec![json!(user_id)],
    });
    declined.into_iter().collect()
}
