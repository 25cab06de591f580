//! What the mails about accounts say.

use mail::{Letter, Link, MailKind, Stationery};

pub(crate) const PASSWORD_RESET: MailKind = MailKind::new("identity.password_reset");
pub(crate) const PASSWORD_CHANGED: MailKind = MailKind::new("identity.password_changed");
pub(crate) const EMAIL_CHANGE: MailKind = MailKind::new("identity.email_change");
pub(crate) const EMAIL_CHANGE_REQUESTED: MailKind =
    MailKind::new("identity.email_change_requested");
pub(crate) const EMAIL_CHANGED: MailKind = MailKind::new("identity.email_changed");
pub(crate) const ACCOUNT_DELETED: MailKind = MailKind::new("identity.account_deleted");

pub(crate) const KEY_CREATED: MailKind = MailKind::new("identity.api_key_created");
pub(crate) const KEY_ROTATED: MailKind = MailKind::new("identity.api_key_rotated");

/// To somebody who wants another password.
pub(crate) fn password_reset(on: &Stationery, first_name: &str, link: Link) -> Letter {
    let app = on.app_name();
    Letter::new(&format!("Set another password at {app}"))
        .paragraph(&format!("Hello {first_name},"))
        .paragraph(&format!("this link sets another password for your account at {app}:"))
        .action("Set another password", link)
        .note(
            "It works once, within an hour. If you did not ask for it, do nothing: your password stays as it is, and \
             whoever asked cannot change it without reading this mail.",
        )
}

/// To somebody whose password was changed, by whomever.
pub(crate) fn password_changed(on: &Stationery, first_name: &str, link: Link) -> Letter {
    let app = on.app_name();
    Letter::new(&format!("Your password at {app} was changed"))
        .paragraph(&format!("Hello {first_name},"))
        .paragraph(&format!(
            "the password of your account at {app} was changed, and every other session was ended. If that was you, there \
             is nothing left to do."
        ))
        .paragraph("If it was not you, somebody else has your account. Take it back with another password:")
        .action("Set another password", link)
}

/// To an address that somebody wants for an account.
///
/// It may be the address of somebody else, so it says of whoever wants it nothing that was typed.
pub(crate) fn email_change(on: &Stationery, link: Link) -> Letter {
    let app = on.app_name();
    Letter::new(&format!("Confirm your new address for {app}"))
        .paragraph("Hello,")
        .paragraph(&format!(
            "somebody wants to use this e-mail address for an account at {app}. If that was you, confirm it where you are \
             logged in:"
        ))
        .action("Use this address", link)
        .note("The link works once, within seven days. If it was not you, do nothing: no account gets this address.")
}

/// To the present address of an account for which another one is wanted.
pub(crate) fn email_change_requested(
    on: &Stationery,
    first_name: &str,
    wanted: &str,
    link: Link,
) -> Letter {
    let app = on.app_name();
    Letter::new(&format!("Another address is wanted for your account at {app}"))
        .paragraph(&format!("Hello {first_name},"))
        .paragraph(&format!(
            "your account at {app} is to have the e-mail address {wanted}. It keeps the present one until the new one is \
             confirmed. If that was you, there is nothing left to do here."
        ))
        .paragraph(
            "If it was not you, somebody else uses your account. Another password ends that, and the change with it:",
        )
        .action("Set another password", link)
}

/// To the address that an account had until now; without a name if the account is gone in the meantime.
pub(crate) fn email_changed(on: &Stationery, first_name: Option<&str>, present: &str) -> Letter {
    let app = on.app_name();
    let greeting = first_name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"));
    Letter::new(&format!("Your account at {app} has another address"))
        .paragraph(&greeting)
        .paragraph(&format!(
            "from now on your account at {app} has the e-mail address {present}, and nothing about it is sent here any more."
        ))
        .note(&format!("If it was not you who changed it, tell those who run {app}."))
}

/// To the address of an account that is gone, and the name with it.
pub(crate) fn account_deleted(on: &Stationery) -> Letter {
    let app = on.app_name();
    Letter::new(&format!("Your account at {app} was deleted"))
        .paragraph("Hello,")
        .paragraph(&format!(
            "the account at {app} with this e-mail address was deleted, and nothing about it is sent here any more. If that \
             was you, there is nothing left to do."
        ))
        .note(&format!("If it was not you who deleted it, tell those who run {app}."))
}

/// To somebody who has a new API key, made by whomever.
pub(crate) fn key_created(on: &Stationery, first_name: &str, key: &str, link: Link) -> Letter {
    let app = on.app_name();
    let letter = Letter::new(&format!("A new API key of yours at {app}"))
        .paragraph(&format!("Hello {first_name},"))
        .paragraph(&format!(
            "there is a new API key of your account at {app}: {key}. Whoever has its token acts as you, within its limits. If \
             that was you, there is nothing left to do."
        ));
    if_it_was_another(letter, link)
}

/// To somebody whose API key has another token, because of whomever.
pub(crate) fn key_rotated(on: &Stationery, first_name: &str, key: &str, link: Link) -> Letter {
    let app = on.app_name();
    let letter = Letter::new(&format!("An API key of yours at {app} has another token"))
        .paragraph(&format!("Hello {first_name},"))
        .paragraph(&format!(
            "the API key {key} of your account at {app} has another token. If that was you, there is nothing left to do."
        ));
    if_it_was_another(letter, link)
}

fn if_it_was_another(letter: Letter, link: Link) -> Letter {
    letter
        .paragraph(
            "If it was not you, somebody else uses your account: set another password, and revoke the key, which the password \
             alone does not end.",
        )
        .action("Set another password", link)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::testing::{stationery, written};

    fn check(letter: &Letter, expected: &Expect) {
        expected.assert_eq(&written(letter));
    }

    fn link() -> Link {
        stationery().link(&["there", "TOKEN"])
    }

    #[test]
    fn a_link_that_sets_a_password_says_how_long_it_works() {
        check(
            &password_reset(&stationery(), "Ada", link()),
            &expect![[r#"
                Set another password at Perme8

                Hello Ada,

                this link sets another password for your account at Perme8:

                Set another password:
                https://perme8.example/there/TOKEN

                It works once, within an hour. If you did not ask for it, do nothing: your password stays as it is, and whoever asked cannot change it without reading this mail.

                -- 
                Perme8 · https://perme8.example
            "#]],
        );
    }

    #[test]
    fn a_changed_password_is_told_with_a_remedy() {
        check(
            &password_changed(&stationery(), "Ada", link()),
            &expect![[r#"
                Your password at Perme8 was changed

                Hello Ada,

                the password of your account at Perme8 was changed, and every other session was ended. If that was you, there is nothing left to do.

                If it was not you, somebody else has your account. Take it back with another password:

                Set another password:
                https://perme8.example/there/TOKEN

                -- 
                Perme8 · https://perme8.example
            "#]],
        );
    }

    #[test]
    fn a_new_address_is_told_of_nobody() {
        check(
            &email_change(&stationery(), link()),
            &expect![[r#"
            Confirm your new address for Perme8

            Hello,

            somebody wants to use this e-mail address for an account at Perme8. If that was you, confirm it where you are logged in:

            Use this address:
            https://perme8.example/there/TOKEN

            The link works once, within seven days. If it was not you, do nothing: no account gets this address.

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
    }

    #[test]
    fn the_present_address_is_told_with_a_remedy() {
        let letter = email_change_requested(&stationery(), "Ada", "countess@example.com", link());
        check(
            &letter,
            &expect![[r#"
            Another address is wanted for your account at Perme8

            Hello Ada,

            your account at Perme8 is to have the e-mail address countess@example.com. It keeps the present one until the new one is confirmed. If that was you, there is nothing left to do here.

            If it was not you, somebody else uses your account. Another password ends that, and the change with it:

            Set another password:
            https://perme8.example/there/TOKEN

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
    }

    #[test]
    fn keys_do_not_come_and_change_in_secret() {
        check(
            &key_created(&stationery(), "Ada", "Robot", link()),
            &expect![[r#"
            A new API key of yours at Perme8

            Hello Ada,

            there is a new API key of your account at Perme8: Robot. Whoever has its token acts as you, within its limits. If that was you, there is nothing left to do.

            If it was not you, somebody else uses your account: set another password, and revoke the key, which the password alone does not end.

            Set another password:
            https://perme8.example/there/TOKEN

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
        check(
            &key_rotated(&stationery(), "Ada", "Robot", link()),
            &expect![[r#"
            An API key of yours at Perme8 has another token

            Hello Ada,

            the API key Robot of your account at Perme8 has another token. If that was you, there is nothing left to do.

            If it was not you, somebody else uses your account: set another password, and revoke the key, which the password alone does not end.

            Set another password:
            https://perme8.example/there/TOKEN

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
    }

    #[test]
    fn the_previous_address_is_told_as_well() {
        check(
            &email_changed(&stationery(), Some("Ada"), "countess@example.com"),
            &expect![[r#"
            Your account at Perme8 has another address

            Hello Ada,

            from now on your account at Perme8 has the e-mail address countess@example.com, and nothing about it is sent here any more.

            If it was not you who changed it, tell those who run Perme8.

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
    }
    #[test]
    fn whoever_has_no_account_any_more_is_told_so() {
        check(
            &account_deleted(&stationery()),
            &expect![[r#"
            Your account at Perme8 was deleted

            Hello,

            the account at Perme8 with this e-mail address was deleted, and nothing about it is sent here any more. If that was you, there is nothing left to do.

            If it was not you who deleted it, tell those who run Perme8.

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
    }
}
