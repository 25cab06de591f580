//! What the mails of this context say.

use chrono::{DateTime, Utc};
use mail::{Letter, Link, MailKind, Stationery};

use crate::domain::role::Role;

pub(crate) const CONFIRMATION: MailKind = MailKind::new("identity.confirmation");
pub(crate) const LOG_IN: MailKind = MailKind::new("identity.log_in");
pub(crate) const INVITATION: MailKind = MailKind::new("identity.invitation");

/// To somebody who may, or may not, have made an account with this address.
///
/// It repeats nothing that was typed with the registration: that may be by anybody, for anybody to read.
pub(crate) fn confirmation(on: &Stationery, link: Link) -> Letter {
    let app = on.app_name();
    Letter::new(&format!("Confirm your address for {app}"))
        .paragraph("Hello,")
        .paragraph(&format!(
            "somebody has made an account at {app} with this e-mail address. If that was you, confirm the address, which \
             also logs you in:"
        ))
        .action("Confirm and log in", link)
        .note(&format!(
            "The link works once, within 15 minutes; {}/login sends another one. If it was not you, do nothing: nobody can \
             use the account before the address is confirmed.",
            on.base_url()
        ))
}

/// To somebody who has an account, and wants to log in.
pub(crate) fn log_in(on: &Stationery, first_name: &str, link: Link) -> Letter {
    let app = on.app_name();
    Letter::new(&format!("Log in to {app}"))
        .paragraph(&format!("Hello {first_name},"))
        .paragraph(&format!("this link logs you in to {app}:"))
        .action("Log in", link)
        .note(
            "It works once, within 15 minutes. If you did not ask for it, do nothing: whoever did cannot log in with it \
             without reading this mail.",
        )
}

/// What somebody is invited to.
#[derive(Debug)]
pub(crate) struct Offer<'a> {
    pub(crate) workspace: &'a str,
    pub(crate) inviter: &'a str,
    pub(crate) role: Role,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Offer<'_> {
    fn subject(&self, on: &Stationery) -> String {
        let Self { workspace, inviter, .. } = self;
        format!("{inviter} invites you to {workspace} at {}", on.app_name())
    }

    fn sentence(&self, on: &Stationery) -> String {
        let Self { workspace, inviter, role, .. } = self;
        let role = match role {
            Role::Guest => "a guest",
            Role::Member => "a member",
            Role::Admin => "an admin",
            Role::Owner => "the owner",
        };
        format!("{inviter} invites you to join {workspace} at {} as {role}.", on.app_name())
    }

    fn end(&self) -> String {
        format!("The invitation can be answered until {}.", self.expires_at.format("%-d %B %Y"))
    }
}

/// To somebody who has an account.
pub(crate) fn invitation(
    on: &Stationery,
    offer: &Offer<'_>,
    first_name: &str,
    link: Link,
) -> Letter {
    Letter::new(&offer.subject(on))
        .paragraph(&format!("Hello {first_name},"))
        .paragraph(&offer.sentence(on))
        .action("Look at the invitation", link)
        .note(&format!("You are a member only once you accept. {}", offer.end()))
}

/// To somebody who has none yet.
pub(crate) fn invitation_to_register(on: &Stationery, offer: &Offer<'_>, link: Link) -> Letter {
    Letter::new(&offer.subject(on))
        .paragraph("Hello,")
        .paragraph(&offer.sentence(on))
        .paragraph("There is no account with this e-mail address yet; the link leads to a form that makes one.")
        .action("Look at the invitation", link)
        .note(&format!(
            "The invitation waits for you while you do that. {} If you do not want to join, do nothing.",
            offer.end()
        ))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Clock as _, testing::ManualClock};

    use super::*;
    use crate::testing::{stationery, written};

    fn check(letter: &Letter, expected: &Expect) {
        expected.assert_eq(&written(letter));
    }

    fn link() -> Link {
        stationery().link(&["login", "TOKEN"])
    }

    fn offer() -> Offer<'static> {
        let expires_at = ManualClock::monday_morning().now();
        Offer { workspace: "Lumen & Oak", inviter: "Ada Okafor", role: Role::Admin, expires_at }
    }

    #[test]
    fn a_confirmation_says_nothing_of_whoever_registered() {
        check(
            &confirmation(&stationery(), link()),
            &expect![[r#"
            Confirm your address for Perme8

            Hello,

            somebody has made an account at Perme8 with this e-mail address. If that was you, confirm the address, which also logs you in:

            Confirm and log in:
            https://perme8.example/login/TOKEN

            The link works once, within 15 minutes; https://perme8.example/login sends another one. If it was not you, do nothing: nobody can use the account before the address is confirmed.

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
    }

    #[test]
    fn a_link_to_log_in_says_how_long_it_works() {
        check(
            &log_in(&stationery(), "Ada", link()),
            &expect![[r#"
            Log in to Perme8

            Hello Ada,

            this link logs you in to Perme8:

            Log in:
            https://perme8.example/login/TOKEN

            It works once, within 15 minutes. If you did not ask for it, do nothing: whoever did cannot log in with it without reading this mail.

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
    }

    #[test]
    fn an_invitation_says_that_it_takes_an_answer() {
        check(
            &invitation(&stationery(), &offer(), "Ben", link()),
            &expect![[r#"
            Ada Okafor invites you to Lumen & Oak at Perme8

            Hello Ben,

            Ada Okafor invites you to join Lumen & Oak at Perme8 as an admin.

            Look at the invitation:
            https://perme8.example/login/TOKEN

            You are a member only once you accept. The invitation can be answered until 5 January 2026.

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
    }

    #[test]
    fn an_invitation_to_somebody_unknown_leads_to_an_account() {
        check(
            &invitation_to_register(&stationery(), &offer(), link()),
            &expect![[r#"
            Ada Okafor invites you to Lumen & Oak at Perme8

            Hello,

            Ada Okafor invites you to join Lumen & Oak at Perme8 as an admin.

            There is no account with this e-mail address yet; the link leads to a form that makes one.

            Look at the invitation:
            https://perme8.example/login/TOKEN

            The invitation waits for you while you do that. The invitation can be answered until 5 January 2026. If you do not want to join, do nothing.

            -- 
            Perme8 · https://perme8.example
        "#]],
        );
    }
}
