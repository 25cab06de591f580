//! Who may do what with the graph of a workspace: a row per action, a column per role.

use identity::Role;

/// Why somebody who belongs to a workspace may not do something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The role does not allow it.
    ByRole,
    /// The workspace is put away, and what is wanted waits until it is taken out again.
    ByArchive,
}

/// Writes the actions from a table that reads like one.
macro_rules! table {
    (@ yes) => { true };
    (@ no) => { false };
    ($($(#[$doc:meta])+ $action:ident $guest:ident $member:ident $admin:ident $owner:ident $archived:ident;)+) => {
        /// What members do with the graph.
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
    //           guest member admin owner archived
    /// See schema, entities and edges, and walk from one to another.
    Read         yes   yes    yes   yes   yes;
    /// Say which types there are.
    WriteSchema  no    no     yes   yes   no;
    /// Ask what other types would mean.
    TrySchema    no    no     yes   yes   yes;
    /// Write entities and edges.
    Write        no    yes    yes   yes   no;
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_table_of_rights() {
        let mut table = String::from("              guest  member admin  owner\n");
        for &action in Action::ALL {
            write!(table, "{:<14}", format!("{action:?}")).unwrap();
            for role in Role::ALL {
                let decided = [false, true].map(|archived| decide(role, archived, action));
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
        expect_test::expect![[r#"
                          guest  member admin  owner
            Read          always always always always
            WriteSchema   -      -      active active
            TrySchema     -      -      always always
            Write         -      active active active
        "#]]
        .assert_eq(&table);
    }
}
