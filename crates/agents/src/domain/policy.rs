//! Who may do what with agents. What only the owner may do needs no rule here: nobody else finds the agent.

use identity::Role;

/// Why somebody who belongs to a workspace may not do something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The role does not allow it.
    ByRole,
    /// The workspace is put away.
    ByArchive,
}

/// Whether somebody in this role adds own agents to a workspace, which is archived or not.
pub(crate) const fn may_add(role: Role, is_archived: bool) -> Result<(), Denied> {
    match role {
        Role::Guest => Err(Denied::ByRole),
        Role::Member | Role::Admin | Role::Owner if is_archived => Err(Denied::ByArchive),
        Role::Member | Role::Admin | Role::Owner => Ok(()),
    }
}

/// Whether somebody in this role takes agents of others out of a workspace; the own ones everybody does, also where nothing is
/// added.
pub(crate) const fn may_remove_others(role: Role) -> bool {
    match role {
        Role::Guest | Role::Member => false,
        Role::Admin | Role::Owner => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_add_nothing_and_managers_remove_what_is_not_theirs() {
        let added = Role::ALL.map(|role| may_add(role, false).is_ok());
        assert_eq!(Role::ALL, [Role::Guest, Role::Member, Role::Admin, Role::Owner]);
        assert_eq!(added, [false, true, true, true]);
        assert_eq!(Role::ALL.map(may_remove_others), [false, false, true, true]);
    }

    #[test]
    fn nothing_is_added_to_what_is_put_away() {
        use Denied::{ByArchive, ByRole};
        let refused = Role::ALL.map(|role| may_add(role, true).unwrap_err());
        assert_eq!(refused, [ByRole, ByArchive, ByArchive, ByArchive]);
    }
}
