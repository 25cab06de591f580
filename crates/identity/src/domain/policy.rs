//! Who may do what in a workspace: a row per action, a column per role.

use crate::domain::role::Role;

/// Why somebody who belongs to a workspace may not do something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The role does not allow it.
    ByRole,
    /// The workspace is put away, and what is wanted waits until it is taken out again.
    ByArchive,
}

/// Writes the actions, and whose they are, from a table that reads like one.
macro_rules! table {
    (@ yes) => { true };
    (@ no) => { false };
    ($($(#[$doc:meta])+ $action:ident $guest:ident $member:ident $admin:ident $owner:ident $archived:ident $key:ident;)+) => {
        /// What members do in a workspace.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Action {
            $($(#[$doc])+ $action,)+
        }

        impl Action {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$action),+];

            /// Whether somebody in this role may.
            const fn is_of(self, role: Role) -> bool {
                let [guest, member, admin, owner] = match self {
                    $(Self::$action => [
                        table!(@ $guest), table!(@ $member), table!(@ $admin), table!(@ $owner),
                    ],)+
                };
                match role {
                    Role::Guest => guest,
                    Role::Member => member,
                    Role::Admin => admin,
                    Role::Owner => owner,
                }
            }

            /// Whether it is possible in an archived workspace, too: looking, and whatever only takes access away.
            const fn survives_archiving(self) -> bool {
                match self {
                    $(Self::$action => table!(@ $archived),)+
                }
            }

            /// Whether a program does it by a key of such a person, and not the person alone.
            pub(crate) const fn is_for_keys(self) -> bool {
                match self {
                    $(Self::$action => table!(@ $key),)+
                }
            }
        }
    };
}

table! {
    //                  guest member admin owner archived key
    /// See it and its members.
    ViewWorkspace       yes   yes    yes   yes   yes      yes;
    /// End the own membership; that of the owner is protected.
    LeaveWorkspace      yes   yes    yes   yes   yes      no;
    /// Choose what one prefers there.
    ChoosePreferences   yes   yes    yes   yes   no       no;
    /// Change what it is called and what it is for.
    UpdateWorkspace     no    no     yes   yes   no       yes;
    /// Put it away.
    ArchiveWorkspace    no    no     yes   yes   yes      yes;
    /// Take it out again.
    RestoreWorkspace    no    no     yes   yes   yes      yes;
    /// Give it to another member.
    TransferOwnership   no    no     no    yes   no       no;
    /// End it for good.
    DeleteWorkspace     no    no     no    yes   yes      no;
    /// Change the roles of members.
    ChangeRoles         no    no     yes   yes   no       yes;
    /// End the memberships of others.
    RemoveMembers       no    no     yes   yes   yes      yes;
    /// See who is invited.
    ViewInvitations     no    no     yes   yes   yes      yes;
    /// Ask people to join, once or once more.
    Invite              no    no     yes   yes   no       yes;
    /// Take invitations back.
    RevokeInvitations   no    no     yes   yes   yes      yes;
}

/// Whether somebody in this role may do it, the workspace being archived or not.
pub(crate) const fn decide(role: Role, archived: bool, action: Action) -> Result<(), Denied> {
    if !action.is_of(role) {
        Err(Denied::ByRole)
    } else if archived && !action.survives_archiving() {
        Err(Denied::ByArchive)
    } else {
        Ok(())
    }
}

/// Whether somebody in this role may do it in a workspace that is in use.
pub(crate) const fn may(role: Role, action: Action) -> bool {
    action.is_of(role)
}

/// Whether a role can be given by invitation or by a change: nobody becomes owner that way.
pub(crate) const fn is_assignable(role: Role) -> bool {
    !is_protected(role)
}

/// Whether whoever has this role keeps it and stays, whatever anybody wants.
pub(crate) const fn is_protected(role: Role) -> bool {
    matches!(role, Role::Owner)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_table_of_rights() {
        let mut table = String::from("                  guest  member admin  owner\n");
        for &action in Action::ALL {
            write!(table, "{:<18}", format!("{action:?}")).unwrap();
            for role in Role::ALL {
                let word = match [false, true].map(|archived| decide(role, archived, action)) {
                    [Ok(()), Ok(())] => "always",
                    [Ok(()), Err(Denied::ByArchive)] => "active",
                    [Err(Denied::ByRole), Err(Denied::ByRole)] => "-",
                    odd => panic!("{action:?} by {role}: {odd:?}"),
                };
                assert_eq!(word != "-", may(role, action));
                write!(table, "{word:<7}").unwrap();
            }
            table.truncate(table.trim_end().len());
            table.push('\n');
        }
        expect_test::expect![[r#"
                              guest  member admin  owner
            ViewWorkspace     always always always always
            LeaveWorkspace    always always always always
            ChoosePreferences active active active active
            UpdateWorkspace   -      -      active active
            ArchiveWorkspace  -      -      always always
            RestoreWorkspace  -      -      always always
            TransferOwnership -      -      -      active
            DeleteWorkspace   -      -      -      always
            ChangeRoles       -      -      active active
            RemoveMembers     -      -      always always
            ViewInvitations   -      -      always always
            Invite            -      -      active active
            RevokeInvitations -      -      always always
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn a_higher_role_may_whatever_a_lower_one_may() {
        for &action in Action::ALL {
            let may = Role::ALL.map(|role| may(role, action));
            assert!(may.is_sorted(), "{action:?}");
        }
    }

    #[test]
    fn the_owner_alone_is_protected_and_nobody_is_made_one() {
        for role in Role::ALL {
            assert_eq!(is_protected(role), role == Role::Owner);
            assert_eq!(is_assignable(role), role != Role::Owner);
        }
    }
}
