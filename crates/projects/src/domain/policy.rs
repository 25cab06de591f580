//! Who may do what with projects: a row per action, a column per role.

use identity::Role;

/// Why somebody who belongs to a workspace may not do something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The role does not allow it.
    ByRole,
    /// The workspace is put away, and what is wanted waits until it is taken out again.
    ByArchive,
}

/// Whose project it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// That of the person who acts.
    Own,
    /// Somebody else's.
    Others,
}

/// Writes the actions, and whose they are, from a table that reads like one.
macro_rules! table {
    (@ yes) => { true };
    (@ no) => { false };
    // Own projects, those of others.
    (@@ all) => { (true, true) };
    (@@ own) => { (true, false) };
    (@@ none) => { (false, false) };
    ($($(#[$doc:meta])+ $action:ident $guest:ident $member:ident $admin:ident $owner:ident $archived:ident;)+) => {
        /// What members do with projects.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Action {
            $($(#[$doc])+ $action,)+
        }

        impl Action {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$action),+];

            /// Whether somebody in this role may, with own projects and with those of others.
            const fn reach(self, role: Role) -> (bool, bool) {
                let [guest, member, admin, owner] = match self {
                    $(Self::$action => [
                        table!(@@ $guest), table!(@@ $member), table!(@@ $admin), table!(@@ $owner),
                    ],)+
                };
                match role {
                    Role::Guest => guest,
                    Role::Member => member,
                    Role::Admin => admin,
                    Role::Owner => owner,
                }
            }

            /// Whether it is possible in an archived workspace, too.
            const fn survives_archiving(self) -> bool {
                match self {
                    $(Self::$action => table!(@ $archived),)+
                }
            }
        }
    };
}

table! {
    //               guest  member admin owner archived
    /// See projects.
    ViewProjects     all    all    all   all   yes;
    /// Begin one, which is the own from then on.
    CreateProject    none   own    own   own   no;
    /// Change what it is called and what it is for.
    UpdateProject    none   own    all   all   no;
    /// Put it away.
    ArchiveProject   none   own    all   all   no;
    /// Take it out again.
    RestoreProject   none   own    all   all   no;
    /// End it for good.
    DeleteProject    none   own    all   all   no;
}

/// Whether somebody in this role may do it with this project, the workspace being archived or not.
pub(crate) const fn decide(
    role: Role,
    archived: bool,
    action: Action,
    whose: Whose,
) -> Result<(), Denied> {
    let (with_own, with_others) = action.reach(role);
    let reaches = match whose {
        Whose::Own => with_own,
        Whose::Others => with_others,
    };
    if !reaches {
        Err(Denied::ByRole)
    } else if archived && !action.survives_archiving() {
        Err(Denied::ByArchive)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_table_of_rights() {
        let mut table = String::from("                      guest  member admin  owner\n");
        for &action in Action::ALL {
            for whose in [Whose::Own, Whose::Others] {
                write!(table, "{:<22}", format!("{action:?} {whose:?}")).unwrap();
                for role in Role::ALL {
                    let decided =
                        [false, true].map(|archived| decide(role, archived, action, whose));
                    let word = match decided {
                        [Ok(()), Ok(())] => "always",
                        [Ok(()), Err(Denied::ByArchive)] => "active",
                        [Err(Denied::ByRole), Err(Denied::ByRole)] => "-",
                        odd => panic!("{action:?} by {role}: {odd:?}"),
                    };
                    write!(table, "{word:<7}").unwrap();
                }
                table.truncate(table.trim_end().len());
                table.push('\n');
            }
        }
        expect_test::expect![[r#"
                                  guest  member admin  owner
            ViewProjects Own      always always always always
            ViewProjects Others   always always always always
            CreateProject Own     -      active active active
            CreateProject Others  -      -      -      -
            UpdateProject Own     -      active active active
            UpdateProject Others  -      -      active active
            ArchiveProject Own    -      active active active
            ArchiveProject Others -      -      active active
            RestoreProject Own    -      active active active
            RestoreProject Others -      -      active active
            DeleteProject Own     -      active active active
            DeleteProject Others  -      -      active active
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn a_higher_role_may_whatever_a_lower_one_may_and_everybody_more_with_the_own() {
        for &action in Action::ALL {
            let reaches = Role::ALL.map(|role| action.reach(role));
            assert!(reaches.map(|(own, _)| own).is_sorted(), "{action:?}");
            assert!(reaches.map(|(_, others)| others).is_sorted(), "{action:?}");
            assert!(reaches.iter().all(|(own, others)| own >= others), "{action:?}");
        }
    }
}
