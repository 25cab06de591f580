//! Where an entry lies, and where a reader looks.

use std::fmt;

use perme8_events::{Audience, Scope, Standing, UserId, WorkspaceId};

/// A part of the trail that a reader may see as a whole.
///
/// Shelves follow from the audience, which is frozen; which of them a reader may look through depends on who that is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// What members of the workspace may see.
    Members(WorkspaceId),
    /// What only its managers may see.
    Managers(WorkspaceId),
    /// What belongs to the workspace and is meant for this person.
    Own(WorkspaceId, UserId),
    /// Everything.
    All,
}

impl fmt::Display for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members(workspace) => write!(f, "members:{workspace}"),
            Self::Managers(workspace) => write!(f, "managers:{workspace}"),
            Self::Own(workspace, user) => write!(f, "own:{workspace}:{user}"),
            Self::All => f.write_str("all"),
        }
    }
}

impl Shelf {
    /// Where an event of this audience lies, which belongs to this workspace, if to any.
    ///
    /// What all members see lies on no other shelf of the same workspace, so that nobody sees it twice.
    pub(crate) fn of(audience: &Audience, workspace: Option<WorkspaceId>) -> Vec<Self> {
        let scopes = audience.scopes();
        let mut shelves = vec![Self::All];
        let mut places: Vec<WorkspaceId> = workspace.into_iter().collect();
        for scope in scopes {
            match scope {
                Scope::Workspace(id) | Scope::Managers(id) if !places.contains(id) => {
                    places.push(*id);
                }
                Scope::Workspace(_) | Scope::Managers(_) | Scope::User(_) | Scope::Operators => {}
            }
        }
        for place in places {
            if scopes.contains(&Scope::Workspace(place)) {
                shelves.push(Self::Members(place));
                continue;
            }
            shelves.extend(scopes.iter().filter_map(|scope| match scope {
                Scope::Managers(id) => (*id == place).then_some(Self::Managers(place)),
                Scope::User(user) => Some(Self::Own(place, *user)),
                Scope::Workspace(_) | Scope::Operators => None,
            }));
        }
        shelves
    }

    /// Where a person looks who is this in the workspace.
    pub(crate) fn open_to(user: UserId, workspace: WorkspaceId, standing: Standing) -> Vec<Self> {
        let mut shelves = vec![Self::Members(workspace), Self::Own(workspace, user)];
        if standing == Standing::Manager {
            shelves.push(Self::Managers(workspace));
        }
        shelves
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::Id;
    use uuid::Uuid;

    use super::*;

    const ACME: WorkspaceId = Id::new(Uuid::from_u128(1));
    const BOLT: WorkspaceId = Id::new(Uuid::from_u128(2));
    const ADA: UserId = Id::new(Uuid::from_u128(3));

    fn shelves(audience: &Audience, workspace: Option<WorkspaceId>) -> Vec<Shelf> {
        Shelf::of(audience, workspace)
    }

    #[test]
    fn what_all_see_lies_on_one_shelf_of_the_workspace() {
        let audience = Audience::nobody().and_workspace(ACME).and_managers(ACME).and_user(ADA);
        assert_eq!(shelves(&audience, Some(ACME)), [Shelf::All, Shelf::Members(ACME)]);
    }

    #[test]
    fn what_is_meant_for_few_lies_on_their_shelves() {
        let audience = Audience::nobody().and_managers(ACME).and_user(ADA);
        assert_eq!(
            shelves(&audience, Some(ACME)),
            [Shelf::All, Shelf::Managers(ACME), Shelf::Own(ACME, ADA)]
        );
        let own = Audience::nobody().and_user(ADA);
        assert_eq!(shelves(&own, Some(ACME)), [Shelf::All, Shelf::Own(ACME, ADA)]);
        // What belongs to no workspace is in the trail of none.
        assert_eq!(shelves(&own, None), [Shelf::All]);
        assert_eq!(shelves(&Audience::nobody().and_operators(), Some(ACME)), [Shelf::All]);
    }

    #[test]
    fn what_belongs_to_two_workspaces_lies_in_both() {
        let audience = Audience::nobody().and_workspace(ACME).and_managers(BOLT).and_user(ADA);
        assert_eq!(
            shelves(&audience, None),
            [Shelf::All, Shelf::Members(ACME), Shelf::Managers(BOLT), Shelf::Own(BOLT, ADA)]
        );
    }
}
