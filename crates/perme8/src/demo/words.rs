//! What an event says, in words.

use identity::{
    InvitationCreated, InvitationDeclined, InvitationExpired, InvitationResent, InvitationRevoked,
    MemberInvited, MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged, UserConfirmed,
    UserLoggedIn, UserLoggedOut, UserRegistered, WorkspaceCreated,
};
use notifications::{
    NotificationActionTaken, NotificationCreated, NotificationDeleted, NotificationRead,
    NotificationsRead,
};
use perme8_events::{DomainEvent as _, Envelope};
use projects::{ProjectArchived, ProjectCreated, ProjectUpdated};

use crate::{
    catalogue,
    demo::names::{Names, known, read},
};

/// The event in words; what its catalogue says of it when nobody has found better ones.
pub(crate) fn words(event: &Envelope, names: &Names) -> String {
    people(event, names)
        .or_else(|| invitations(event, names))
        .or_else(|| projects(event, names))
        .or_else(|| inbox(event, names))
        .unwrap_or_else(|| {
            let described = catalogue::events().find(|known| known.event_type == event.event_type);
            described.map_or("something happened", |known| known.summary).to_owned()
        })
}

fn people(event: &Envelope, names: &Names) -> Option<String> {
    Some(match event.event_type.as_str() {
        UserRegistered::TYPE => {
            let UserRegistered { first_name, last_name, email, .. } = read(event)?;
            format!("{} {} registers as {}", known(&first_name), known(&last_name), known(&email))
        }
        UserConfirmed::TYPE => {
            let UserConfirmed { user_id, email } = read(event)?;
            format!("{} proves to own {}", names.user(user_id), known(&email))
        }
        UserLoggedIn::TYPE => {
            format!("{} logs in", names.user(read::<UserLoggedIn>(event)?.user_id))
        }
        UserLoggedOut::TYPE => {
            format!("{} logs out", names.user(read::<UserLoggedOut>(event)?.user_id))
        }
        WorkspaceCreated::TYPE => {
            let WorkspaceCreated { name, slug, owner_id, .. } = read(event)?;
            format!("{} founds {name}, to be found at /{slug}", names.user(owner_id))
        }
        MemberJoined::TYPE => {
            let MemberJoined { workspace_id, user_id, role, .. } = read(event)?;
            format!("{} joins {} as {role}", names.user(user_id), names.workspace(workspace_id))
        }
        MemberRoleChanged::TYPE => {
            let MemberRoleChanged { workspace_id, user_id, from, to } = read(event)?;
            format!(
                "{} was {from} in {} and is {to} now",
                names.user(user_id),
                names.workspace(workspace_id)
            )
        }
        MemberRemoved::TYPE => {
            let MemberRemoved { workspace_id, user_id } = read(event)?;
            format!("{} is removed from {}", names.user(user_id), names.workspace(workspace_id))
        }
        MemberLeft::TYPE => {
            let MemberLeft { workspace_id, user_id } = read(event)?;
            format!("{} leaves {}", names.user(user_id), names.workspace(workspace_id))
        }
        _ => return None,
    })
}

fn invitations(event: &Envelope, names: &Names) -> Option<String> {
    Some(match event.event_type.as_str() {
        MemberInvited::TYPE => {
            let MemberInvited { user_id, workspace_name, invited_by_name, role, .. } = read(event)?;
            format!(
                "{} is asked by {} to join {workspace_name} as {role}",
                names.user(user_id),
                known(&invited_by_name)
            )
        }
        InvitationCreated::TYPE => {
            let InvitationCreated { workspace_name, email, role, user_id, .. } = read(event)?;
            let account = if user_id.is_some() { "" } else { ", where nobody has an account yet" };
            format!("{} is invited to {workspace_name} as {role}{account}", known(&email))
        }
        InvitationResent::TYPE => {
            let InvitationResent { workspace_name, email, .. } = read(event)?;
            format!("{} is invited to {workspace_name} once more", known(&email))
        }
        InvitationDeclined::TYPE => {
            let InvitationDeclined { invitation_id, workspace_id, .. } = read(event)?;
            format!(
                "{} does not want to join {}",
                names.invitation(invitation_id),
                names.workspace(workspace_id)
            )
        }
        InvitationRevoked::TYPE => {
            let InvitationRevoked { invitation_id, workspace_id, .. } = read(event)?;
            format!(
                "{} is no longer invited to {}",
                names.invitation(invitation_id),
                names.workspace(workspace_id)
            )
        }
        InvitationExpired::TYPE => {
            let InvitationExpired { invitation_id, workspace_id, .. } = read(event)?;
            format!(
                "{} never answered {}",
                names.invitation(invitation_id),
                names.workspace(workspace_id)
            )
        }
        _ => return None,
    })
}

fn projects(event: &Envelope, names: &Names) -> Option<String> {
    Some(match event.event_type.as_str() {
        ProjectCreated::TYPE => {
            let ProjectCreated { workspace_id, user_id, name, .. } = read(event)?;
            let (who, place) = (names.user(user_id), names.workspace(workspace_id));
            format!("{who} begins the project {name} in {place}")
        }
        ProjectUpdated::TYPE => {
            let ProjectUpdated { name, .. } = read(event)?;
            format!("{} changes the project {name}", names.actor(&event.actor))
        }
        ProjectArchived::TYPE => {
            let ProjectArchived { name, .. } = read(event)?;
            format!("{} puts the project {name} away", names.actor(&event.actor))
        }
        _ => return None,
    })
}

fn inbox(event: &Envelope, names: &Names) -> Option<String> {
    Some(match event.event_type.as_str() {
        NotificationCreated::TYPE => {
            let NotificationCreated { user_id, notification_type, .. } = read(event)?;
            format!(
                "{} is notified: {}",
                names.user(user_id),
                notification_type.to_string().replace('_', " ")
            )
        }
        NotificationActionTaken::TYPE => {
            let NotificationActionTaken { user_id, action, .. } = read(event)?;
            format!("the invitation in the inbox of {} is {action}", names.user(user_id))
        }
        NotificationRead::TYPE => {
            format!("{} reads a notification", names.user(read::<NotificationRead>(event)?.user_id))
        }
        NotificationDeleted::TYPE => {
            format!(
                "a notification of {} is gone",
                names.user(read::<NotificationDeleted>(event)?.user_id)
            )
        }
        NotificationsRead::TYPE => {
            format!("{} has read everything", names.user(read::<NotificationsRead>(event)?.user_id))
        }
        _ => return None,
    })
}
