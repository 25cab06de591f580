//! What people are in workspaces, as far as live events are concerned: identity knows.

use async_trait::async_trait;
use identity::{Directory, Role};
use perme8_events::{Standing, Standings, StorageError, UserId, WorkspaceId};

/// Asks identity again and again, so that a stream ends with the membership.
#[derive(Debug)]
pub(crate) struct IdentityStandings {
    directory: Directory,
}

impl IdentityStandings {
    pub(crate) fn new(directory: Directory) -> Self {
        Self { directory }
    }
}

#[async_trait]
impl Standings for IdentityStandings {
    async fn standing(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Standing>, StorageError> {
        Ok(self.directory.role_of(user, workspace).await?.map(standing))
    }

    async fn standings(
        &self,
        users: &[UserId],
        workspace: WorkspaceId,
    ) -> Result<Vec<(UserId, Standing)>, StorageError> {
        let roles = self.directory.roles_of(users, workspace).await?;
        Ok(roles.into_iter().map(|(user, role)| (user, standing(role))).collect())
    }
}

fn standing(role: Role) -> Standing {
    match role {
        Role::Owner | Role::Admin => Standing::Manager,
        Role::Member | Role::Guest => Standing::Member,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_manages_people_sees_what_managers_see() {
        for role in [Role::Guest, Role::Member, Role::Admin, Role::Owner] {
            assert_eq!(standing(role) == Standing::Manager, role.is_manager(), "{role}");
        }
    }
}
