//! Who may do what with documents: a row per action, a column per role.
//!
//! A private document of somebody else is not there for anybody, whatever the role, so it is in no row.

use identity::Role;

/// Why somebody who belongs to a workspace may not do something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The role does not allow it.
    ByRole,
    /// The workspace is put away, and what is wanted waits until it is taken out again.
    ByArchive,
}

/// Whose document it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// That of the person who acts.
    Own,
    /// Somebody else's, which is shared with every member.
    Shared,
}

/// How far a role reaches with an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// To the own documents.
    pub(crate) own: bool,
    /// To those that others share.
    pub(crate) shared: bool,
}

/// Writes the actions, and how far each role reaches with them, from a table that reads like one.
macro_rules! table {
    (@ yes) => { true };
    (@ no) => { false };
    (@@ all) => { Reach { own: true, shared: true } };
    (@@ own) => { Reach { own: true, shared: false } };
    (@@ none) => { Reach { own: false, shared: false } };
    ($($(#[$doc:meta])+ $action:ident $guest:ident $member:ident $admin:ident $owner:ident $archived:ident;)+) => {
        /// What members do with documents.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Action {
            $($(#[$doc])+ $action,)+
        }

        impl Action {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$action),+];

            /// With which documents somebody in this role may do it.
            pub(crate) const fn reach(self, role: Role) -> Reach {
                match (self, role) {
                    $((Self::$action, Role::Guest) => table!(@@ $guest),
                    (Self::$action, Role::Member) => table!(@@ $member),
                    (Self::$action, Role::Admin) => table!(@@ $admin),
                    (Self::$action, Role::Owner) => table!(@@ $owner),)+
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
    //             guest member admin owner archived
    /// See them, and what they say.
    ViewDocuments  all   all    all   all   yes;
    /// Create one, which is the own from then on.
    CreateDocument none  own    own   own   no;
    /// Change what it is called and what it says, share it, and move it between projects.
    EditDocument   none  all    all   own   no;
    /// Make it private, so that nobody else sees it any more.
    HideDocument   none  own    own   own   no;
    /// Pin it to the top of every list, or take it from there.
    PinDocument    none  all    all   all   no;
    /// Put it into the trash, take it out again, and end it for good.
    DeleteDocument none  own    all   own   no;
    /// See what is in the trash: whoever may put it there.
    ViewTrash      none  own    all   own   yes;
}

/// Whether somebody in this role may do it with this document, the workspace being archived or not.
pub(crate) const fn decide(
    role: Role,
    archived: bool,
    action: Action,
    whose: Whose,
) -> Result<(), Denied> {
    let Reach { own, shared } = action.reach(role);
    let reaches = match whose {
        Whose::Own => own,
        Whose::Shared => shared,
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
        let mut table = format!("{:<23}guest  member admin  owner\n", "");
        for &action in Action::ALL {
            for whose in [Whose::Own, Whose::Shared] {
                write!(table, "{:<23}", format!("{action:?} {whose:?}")).unwrap();
                for role in Role::ALL {
                    let decide = |archived| decide(role, archived, action, whose);
                    let word = match (decide(false), decide(true)) {
                        (Ok(()), Ok(())) => "always",
                        (Ok(()), Err(Denied::ByArchive)) => "active",
                        (Err(Denied::ByRole), Err(Denied::ByRole)) => "-",
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
            ViewDocuments Own      always always always always
            ViewDocuments Shared   always always always always
            CreateDocument Own     -      active active active
            CreateDocument Shared  -      -      -      -
            EditDocument Own       -      active active active
            EditDocument Shared    -      active active -
            HideDocument Own       -      active active active
            HideDocument Shared    -      -      -      -
            PinDocument Own        -      active active active
            PinDocument Shared     -      active active active
            DeleteDocument Own     -      active active active
            DeleteDocument Shared  -      -      active -
            ViewTrash Own          -      always always always
            ViewTrash Shared       -      -      always -
        "#]]
        .assert_eq(&table);
    }
}
