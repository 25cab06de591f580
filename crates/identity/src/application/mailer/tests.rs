//! Which mails become of which events.

use expect_test::{Expect, expect};
use perme8_events::{Actor, testing::FakeTx};

use super::*;
use crate::{
    application::{
        log_in_by_link::LogInByLink, resend_invitation::ResendInvitation,
        revoke_invitation::RevokeInvitation,
    },
    testing::{
        COMPANY, CountedTokens, INVITEE, NEWCOMER, OWNER, Person, Tables, archived, company,
        happened, invited, plain_passwords, stationery,
    },
};

fn mailer() -> Mailer {
    Mailer::new(stationery(), Arc::new(CountedTokens::default()))
}

fn registered(person: Person) -> Envelope {
    let event = UserRegistered {
        user_id: person.id(),
        email: person.email.to_owned().into(),
        first_name: "typed by somebody".to_owned().into(),
        last_name: "typed by somebody".to_owned().into(),
    };
    happened(&event)
}

fn wants_link(person: Person) -> Envelope {
    happened(&MagicLinkRequested { user_id: person.id() })
}

fn wants_reset(person: Person) -> Envelope {
    happened(&PasswordResetRequested { user_id: person.id() })
}

fn changed_password(person: Person) -> Envelope {
    happened(&PasswordChanged { user_id: person.id() })
}

fn wants_address(person: Person, from: &str, to: &str) -> Envelope {
    let (email, new_email) = (from.to_owned().into(), to.to_owned().into());
    let event = EmailChangeRequested { user_id: person.id(), email, new_email };
    happened(&event)
}

fn has_address(person: Person, from: &str, to: &str) -> Envelope {
    let (previous_email, email) = (from.to_owned().into(), to.to_owned().into());
    let event = EmailChanged { user_id: person.id(), previous_email, email };
    happened(&event)
}

fn created(invitation: &Invitation) -> Envelope {
    let event = InvitationCreated {
        invitation_id: invitation.id,
        workspace_id: COMPANY,
        workspace_name: "the name of that day".to_owned(),
        email: invitation.email.to_string().into(),
        role: invitation.role,
        invited_by: Some(OWNER.id()),
        invited_by_name: "the name of that day".to_owned().into(),
        user_id: None,
    };
    happened(&event)
}

/// The mails that are on their way: kind, recipient, subject, text, and until when.
fn outgoing(tx: &FakeTx<Tables>) -> String {
    let transcript = tx.transcript();
    let jobs = transcript.lines().filter_map(|line| line.strip_prefix("enqueue mail.outgoing "));
    let shown = jobs.map(|job| {
        let mail: serde_json::Value = serde_json::from_str(job).unwrap();
        let text = |name: &str| mail[name].as_str().unwrap().to_owned();
        let (address, name) = (&mail["to"]["address"], &mail["to"]["name"]);
        format!(
            "{} to {address} {name} until {}\n{}\n\n{}",
            text("kind"),
            mail["worth_until"].as_str().unwrap_or("whenever"),
            text("subject"),
            text("text")
        )
    });
    shown.collect()
}

async fn handle(tx: &mut FakeTx<Tables>, event: &Envelope) {
    mailer().handle(tx, event, ()).await.unwrap();
}

async fn check(mut tx: FakeTx<Tables>, event: &Envelope, expected: Expect) {
    let tokens = tx.state.tokens.len();
    handle(&mut tx, event).await;
    let sent = outgoing(&tx);
    expected.assert_eq(&sent);
    let links = sent.matches("/token").count();
    assert_eq!(
        tx.state.tokens.len() - tokens,
        links,
        "a token is made for a mail and for nothing else"
    );
}

#[tokio::test]
async fn whoever_registers_gets_a_link_that_confirms() {
    check(company(), &registered(NEWCOMER), expect![[r#"
        identity.confirmation to "newcomer@example.com" "" until 2026-01-05T09:15:00Z
        Confirm your address for Perme8

        Hello,

        somebody has made an account at Perme8 with this e-mail address. If that was you, confirm the address, which also logs you in:

        Confirm and log in:
        https://perme8.example/login/token%201?password=keep

        The link works once, within 15 minutes; https://perme8.example/login sends another one. If it was not you, do nothing: nobody can use the account before the address is confirmed.

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
}

#[tokio::test]
async fn whoever_was_confirmed_in_the_meantime_needs_no_mail() {
    check(company(), &registered(OWNER), expect![""]).await;
}

#[tokio::test]
async fn whoever_asks_for_a_link_gets_one() {
    check(company(), &wants_link(OWNER), expect![[r#"
        identity.log_in to "owner@example.com" "Owner Example" until 2026-01-05T09:15:00Z
        Log in to Perme8

        Hello Owner,

        this link logs you in to Perme8:

        Log in:
        https://perme8.example/login/token%201

        It works once, within 15 minutes. If you did not ask for it, do nothing: whoever did cannot log in with it without reading this mail.

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
}

#[tokio::test]
async fn whoever_asks_before_the_first_confirmation_gets_that() {
    let mut tx = company();
    let newcomer = tx.state.users.iter_mut().find(|user| user.id == NEWCOMER.id()).unwrap();
    newcomer.password_hash = None;
    check(tx, &wants_link(NEWCOMER), expect![[r#"
        identity.confirmation to "newcomer@example.com" "" until 2026-01-05T09:15:00Z
        Confirm your address for Perme8

        Hello,

        somebody has made an account at Perme8 with this e-mail address. If that was you, confirm the address, which also logs you in:

        Confirm and log in:
        https://perme8.example/login/token%201

        The link works once, within 15 minutes; https://perme8.example/login sends another one. If it was not you, do nothing: nobody can use the account before the address is confirmed.

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
}

#[tokio::test]
async fn whoever_has_forgotten_the_password_gets_a_link() {
    check(company(), &wants_reset(OWNER), expect![[r#"
        identity.password_reset to "owner@example.com" "Owner Example" until 2026-01-05T10:00:00Z
        Set another password at Perme8

        Hello Owner,

        this link sets another password for your account at Perme8:

        Set another password:
        https://perme8.example/password-reset/token%201

        It works once, within an hour. If you did not ask for it, do nothing: your password stays as it is, and whoever asked cannot change it without reading this mail.

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
}

#[tokio::test]
async fn whose_password_was_changed_is_told() {
    check(company(), &changed_password(OWNER), expect![[r#"
        identity.password_changed to "owner@example.com" "Owner Example" until whenever
        Your password at Perme8 was changed

        Hello Owner,

        the password of your account at Perme8 was changed, and every other session was ended. If that was you, there is nothing left to do.

        If it was not you, somebody else has your account. Take it back with another password:

        Set another password:
        https://perme8.example/password-reset

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
}

#[tokio::test]
async fn whoever_wants_another_address_gets_a_link_there_and_the_present_one_is_told() {
    let event = wants_address(OWNER, OWNER.email, "countess@example.com");
    check(company(), &event, expect![[r#"
        identity.email_change to "countess@example.com" "" until 2026-01-12T09:00:00Z
        Confirm your new address for Perme8

        Hello,

        somebody wants to use this e-mail address for an account at Perme8. If that was you, confirm it where you are logged in:

        Use this address:
        https://perme8.example/email/token%201

        The link works once, within seven days. If it was not you, do nothing: no account gets this address.

        -- 
        Perme8 · https://perme8.example
        identity.email_change_requested to "owner@example.com" "Owner Example" until whenever
        Another address is wanted for your account at Perme8

        Hello Owner,

        your account at Perme8 is to have the e-mail address countess@example.com. It keeps the present one until the new one is confirmed. If that was you, there is nothing left to do here.

        If it was not you, somebody else uses your account. Another password ends that, and the change with it:

        Set another password:
        https://perme8.example/password-reset

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
    let stale = wants_address(OWNER, "before@example.com", "countess@example.com");
    check(company(), &stale, expect![""]).await;
}

#[tokio::test]
async fn the_previous_address_is_told() {
    let event = has_address(OWNER, "before@example.com", OWNER.email);
    check(company(), &event, expect![[r#"
        identity.email_changed to "before@example.com" "Owner Example" until whenever
        Your account at Perme8 has another address

        Hello Owner,

        from now on your account at Perme8 has the e-mail address owner@example.com, and nothing about it is sent here any more.

        If it was not you who changed it, tell those who run Perme8.

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
}

#[tokio::test]
async fn an_invitation_goes_to_people_with_an_account() {
    let (tx, invitation) = invited(INVITEE).await;
    check(
        tx,
        &created(&invitation),
        expect![[r#"
        identity.invitation to "invitee@example.com" "Invitee Example" until 2026-01-19T09:00:00Z
        Owner Example invites you to The Company at Perme8

        Hello Invitee,

        Owner Example invites you to join The Company at Perme8 as a member.

        Look at the invitation:
        https://perme8.example/invitations/00000000-0000-0000-0000-000000000101

        You are a member only once you accept. The invitation can be answered until 19 January 2026.

        -- 
        Perme8 · https://perme8.example
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_invitation_goes_to_people_without_an_account() {
    let (tx, invitation) = invited(NEWCOMER).await;
    check(tx, &created(&invitation), expect![[r#"
        identity.invitation to "newcomer@example.com" "" until 2026-01-19T09:00:00Z
        Owner Example invites you to The Company at Perme8

        Hello,

        Owner Example invites you to join The Company at Perme8 as a member.

        There is no account with this e-mail address yet; the link leads to a form that makes one.

        Look at the invitation:
        https://perme8.example/invitations/00000000-0000-0000-0000-000000000101

        The invitation waits for you while you do that. The invitation can be answered until 19 January 2026. If you do not want to join, do nothing.

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
}

#[tokio::test]
async fn an_invitation_that_is_sent_again_is_mailed_again() {
    let (tx, invitation) = invited(INVITEE).await;
    let later = invitation.sent_at + chrono::TimeDelta::minutes(1);
    let mut tx = tx.at(later);
    let (workspace, invitation_id) = (COMPANY.into(), invitation.id);
    ResendInvitation { workspace, invitation_id }.execute(&mut tx).await.unwrap();
    let event = InvitationResent {
        invitation_id,
        workspace_id: COMPANY,
        workspace_name: "The Company".to_owned(),
        email: invitation.email.to_string().into(),
        role: invitation.role,
        invited_by: Some(OWNER.id()),
        invited_by_name: "Owner Example".to_owned().into(),
        user_id: None,
    };
    handle(&mut tx, &happened(&event)).await;
    let sent = outgoing(&tx);
    assert!(sent.contains("until 2026-01-19T09:01:00Z"), "{sent}");
}

#[tokio::test]
async fn what_cannot_be_accepted_is_not_mailed() {
    let (tx, invitation) = invited(INVITEE).await;
    check(archived(tx), &created(&invitation), expect![""]).await;
    let (tx, invitation) = invited(INVITEE).await;
    check(tx.at(invitation.expires_at), &created(&invitation), expect![""]).await;
    let (mut tx, invitation) = invited(INVITEE).await;
    let (workspace, invitation_id) = (COMPANY.into(), invitation.id);
    RevokeInvitation { workspace, invitation_id }.execute(&mut tx).await.unwrap();
    drop(tx.take_events());
    check(tx, &created(&invitation), expect![""]).await;
}

#[tokio::test]
async fn the_token_of_the_mail_is_the_one_that_logs_in() {
    let mut tx = company().of(Actor::System("identity.mailer".into()));
    handle(&mut tx, &wants_link(OWNER)).await;
    assert!(outgoing(&tx).contains("https://perme8.example/login/token%201\n"));
    let tokens = CountedTokens::default();
    let command = LogInByLink { token: "token 1".into(), password: None };
    let presented = command.present(&tx.state.clone(), &plain_passwords(), &tokens).await.unwrap();
    let mut tx = tx.of(Actor::User(OWNER.id()));
    assert!(LogInByLink::execute(&presented, &mut tx, &tokens).await.is_ok());
}

#[test]
fn what_happened_before_there_were_mails_is_not_mailed() {
    assert_eq!(mailer().options().start, Start::Now);
}

mod gone;
