//! Who may do what in a workspace.

use crate::domain::role::Role;

/// Whether somebody in this role may invite people, and see, resend and revoke invitations.
pub(crate) const fn may_invite(role: Role) -> bool {
    role.is_manager()
}

/// Whether somebody in this role may change the roles of members.
pub(crate) const fn may_change_roles(role: Role) -> bool {
    role.is_manager()
}

/// Whether somebody in this role may remove members.
pub(crate) const fn may_remove(role: Role) -> bool {
    role.is_manager()
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
        let mut table = String::from("       invite change_roles remove assignable protected\n");
        for role in Role::ALL {
            let yes = |may: bool| if may { "yes" } else { "-" };
            writeln!(
                table,
                "{:<7}{:<7}{:<13}{:<7}{:<11}{}",
                role.as_str(),
                yes(may_invite(role)),
                yes(may_change_roles(role)),
                yes(may_remove(role)),
                yes(is_assignable(role)),
                yes(is_protected(role))
            )
            .unwrap();
        }
        expect_test::expect![[r#"
                   invite change_roles remove assignable protected
            guest  -      -            -      yes        -
            member -      -            -      yes        -
            admin  yes    yes          yes    yes        -
            owner  yes    yes          yes    -          yes
        "#]]
        .assert_eq(&table);
    }
}
