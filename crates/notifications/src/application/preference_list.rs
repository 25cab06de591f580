//! Preferences as their person sees them.

use crate::{
    application::ports::WorkspaceView,
    domain::{delivery::Delivery, notification_type::NotificationType, preferences::Preferences},
};

/// How somebody is told of things of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Of which type.
    pub notification_type: NotificationType,
    /// Where they happen, by slug; anywhere that has no preference of its own without one.
    pub workspace: Option<String>,
    /// How.
    pub delivery: Delivery,
}

/// Of what somebody is told, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferenceList {
    /// The hour of the mail of the day, in UTC.
    pub digest_hour: u8,
    /// The default of every type, each followed by its exceptions for workspaces of that person.
    pub preferences: Vec<Preference>,
}

impl PreferenceList {
    /// Exceptions for workspaces that the person has lost are left out.
    pub(crate) fn of(preferences: &Preferences, workspaces: &[WorkspaceView]) -> Self {
        let mut list = Vec::new();
        for kind in NotificationType::ALL {
            let delivery = preferences.default_of(kind);
            list.push(Preference { notification_type: kind, workspace: None, delivery });
            let of_kind = preferences.deliveries.iter().filter(|((of, _), _)| *of == kind);
            let mut exceptions: Vec<_> = of_kind
                .filter_map(|((_, workspace), delivery)| {
                    let view = workspaces.iter().find(|view| Some(view.id) == *workspace)?;
                    let workspace = Some(view.names.slug.clone());
                    Some(Preference { notification_type: kind, workspace, delivery: *delivery })
                })
                .collect();
            exceptions.sort_by(|one, other| one.workspace.cmp(&other.workspace));
            list.extend(exceptions);
        }
        Self { digest_hour: preferences.digest_hour.number(), preferences: list }
    }
}

#[cfg(test)]
mod tests {
    use identity::Role;

    use super::*;
    use crate::testing::{ACME, ADA, acme_of, id};

    #[test]
    fn every_type_has_a_default_and_lost_workspaces_do_not_show() {
        let left = NotificationType::WorkspaceMemberLeft;
        let mut preferences = Preferences::of(ADA);
        preferences.deliveries.extend([
            ((left, None), Delivery::Digest),
            ((left, Some(ACME)), Delivery::Off),
            ((left, Some(id(9))), Delivery::On),
        ]);
        let PreferenceList { digest_hour, preferences: list } =
            PreferenceList::of(&preferences, &[acme_of(Role::Guest)]);
        assert_eq!((digest_hour, list.len()), (8, NotificationType::ALL.len() + 1));
        let chosen: Vec<_> = list
            .into_iter()
            .filter(|preference| preference.delivery != Delivery::On)
            .map(|Preference { notification_type, workspace, delivery }| {
                (notification_type, workspace, delivery)
            })
            .collect();
        let acme = Some("acme".to_owned());
        assert_eq!(chosen, [(left, None, Delivery::Digest), (left, acme, Delivery::Off)]);
    }
}
