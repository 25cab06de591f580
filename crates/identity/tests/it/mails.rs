//! From an event to the mail, and from its link back to the account.

use std::time::Duration;

use identity::{
    LinkRequests, LogInByLink, LogInByLinkError, LogInMethod, RegisterUser, RequestMagicLink,
    UserLoggedIn,
};
use mail::{Correspondent, Mailbox, MailboxEntry, SendMail, Stationery};
use perme8_events::{
    host::{Operations, Operator, Replay, Runtime},
    testing::Driver,
};

use super::*;

const QUARTER: Duration = Duration::from_mins(15);

/// Everything that a mail of this context needs on its way.
fn runtime(test: &TestDb, identity: &Identity) -> Runtime {
    let stationery = Stationery::new("Perme8", "https://perme8.example".parse().unwrap());
    let from = Correspondent::new("noreply@perme8.example", "Perme8").unwrap();
    Runtime::builder(&test.db)
        .handler(identity.mailer(stationery))
        .worker(LinkRequests::new(identity.clone()))
        .worker(SendMail::into_mailbox(from, &test.db))
        .build()
}

async fn post(test: &TestDb, identity: &Identity) -> Driver {
    runtime(test, identity).driver(Some(test.clock.clone())).await
}

/// The mails to somebody, oldest first.
async fn mails(test: &TestDb, to: &str) -> Vec<MailboxEntry> {
    let mailbox = Mailbox::new(test.db.clone());
    let mut found = Vec::new();
    for summary in mailbox.list(100).await.unwrap() {
        if summary.to.address() == to {
            found.insert(0, mailbox.mail(summary.id).await.unwrap().unwrap());
        }
    }
    found
}

/// The token in the link of a mail.
fn token(mail: &MailboxEntry) -> identity::Secret {
    let link =
        mail.text.lines().find_map(|line| line.strip_prefix("https://perme8.example/login/"));
    link.unwrap().split('?').next().unwrap().into()
}

fn dan() -> RegisterUser {
    RegisterUser {
        email: "dan@example.com".to_owned(),
        first_name: "Dan".to_owned(),
        last_name: "Brown".to_owned(),
        password: None,
    }
}

async fn log_in(identity: &Identity, mail: &MailboxEntry) -> Result<UserId, LogInByLinkError> {
    let command = LogInByLink { token: token(mail), password: None };
    identity.log_in_by_link(Origin::anonymous(), command).await.map(|login| login.user.id)
}

async fn want_link(identity: &Identity, email: &str) {
    let command = RequestMagicLink { email: email.to_owned() };
    identity.request_magic_link(Origin::anonymous(), command).await.unwrap();
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &mail::MIGRATIONS, &MIGRATIONS];

    async fn the_mail_of_a_registration_confirms_and_logs_in(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let mut post = post(&test, &identity).await;
        let registered = identity.register_user(Origin::anonymous(), dan()).await.unwrap();
        for _ in 0..2 {
            post.run_until_idle().await;
        }
        let [mail] = &mails(&test, "dan@example.com").await[..] else { panic!("one mail") };
        assert_eq!(mail.kind, "identity.confirmation");
        assert_eq!(log_in(&identity, mail).await.unwrap(), registered.id);
        assert!(matches!(log_in(&identity, mail).await, Err(LogInByLinkError::InvalidToken)));
        let last = events(&test).await.pop().unwrap();
        let UserLoggedIn { method, .. } = last.decode().unwrap().unwrap();
        assert_eq!(method, LogInMethod::MagicLink);
    }

    async fn whoever_registers_anew_gets_a_new_mail_and_the_old_one_is_void(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let mut post = post(&test, &identity).await;
        for _ in 0..2 {
            identity.register_user(Origin::anonymous(), dan()).await.unwrap();
            post.run_until_idle().await;
        }
        let [old, new] = &mails(&test, "dan@example.com").await[..] else { panic!("two mails") };
        assert!(matches!(log_in(&identity, old).await, Err(LogInByLinkError::InvalidToken)));
        assert!(log_in(&identity, new).await.is_ok());
    }

    async fn what_is_replayed_with_its_effects_is_mailed_again(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let mut post = post(&test, &identity).await;
        let registered = identity.register_user(Origin::anonymous(), dan()).await.unwrap();
        post.run_until_idle().await;
        let operations = Operations::of(&runtime(&test, &identity), &[]);
        let (aggregate_type, aggregate_id) = ("user".to_owned(), registered.id.to_string());
        let replay = Replay { aggregate_type, aggregate_id, with_effects: true };
        let operator = Operator::new("ada", Origin::system("tests")).unwrap();
        operations.replay(&operator, "identity.mailer", &replay).await.unwrap();
        post.run_until_idle().await;
        let [_, again] = &mails(&test, "dan@example.com").await[..] else { panic!("two mails") };
        assert!(log_in(&identity, again).await.is_ok());
    }

    async fn a_link_is_sent_to_those_who_have_an_account(test: TestDb) {
        let office = Office::open(&test).await;
        let mut post = post(&test, &office.identity).await;
        for email in ["BEN@example.com", "nobody@example.com", "no address", "ben@example.com"] {
            want_link(&office.identity, email).await;
        }
        post.run_until_idle().await;
        assert!(mails(&test, "nobody@example.com").await.is_empty());
        let [first, second] = &mails(&test, "ben@example.com").await[..] else { panic!("two") };
        assert_eq!((first.kind.as_str(), first.to.name()), ("identity.log_in", "Ben Franklin"));
        assert_eq!(log_in(&office.identity, first).await.unwrap(), office.ben);
        test.clock.advance(QUARTER);
        assert!(log_in(&office.identity, second).await.is_err());
    }

    async fn two_who_follow_one_link_make_one_session(test: TestDb) {
        let office = Office::open(&test).await;
        let mut post = post(&test, &office.identity).await;
        want_link(&office.identity, "ben@example.com").await;
        post.run_until_idle().await;
        let mail = mails(&test, "ben@example.com").await.remove(0);
        let one = || log_in(&office.identity, &mail);
        let (one, two, three) = tokio::join!(one(), one(), one());
        assert_eq!([one, two, three].iter().filter(|login| login.is_ok()).count(), 1);
    }

    async fn an_invitation_is_mailed_with_a_link_that_shows_it(test: TestDb) {
        let office = Office::open(&test).await;
        let mut post = post(&test, &office.identity).await;
        for (email, has_account) in [("ben@example.com", true), ("dan@example.com", false)] {
            let invitation = office.invite(email).await;
            post.run_until_idle().await;
            let [mail] = &mails(&test, email).await[..] else { panic!("one mail to {email}") };
            let link = format!("\nhttps://perme8.example/invitations/{}\n", invitation.id);
            assert!(mail.text.contains(&link), "{}", mail.text);
            let offer = office.identity.invitation_offer(invitation.id).await.unwrap();
            assert_eq!((offer.email.as_str(), offer.has_account), (email, has_account));
            assert_eq!(offer.workspace_name, "Engines");
            let (workspace, invitation_id) = (office.engines.id.into(), invitation.id);
            let revoke = identity::RevokeInvitation { workspace, invitation_id };
            office.identity.revoke_invitation(Origin::user(office.ada), revoke).await.unwrap();
            assert!(office.identity.invitation_offer(invitation.id).await.is_err());
        }
    }

    async fn what_happened_before_there_were_mails_is_not_mailed(test: TestDb) {
        let office = Office::open(&test).await;
        office.invite("dan@example.com").await;
        office.identity.register_user(Origin::anonymous(), dan()).await.unwrap();
        post(&test, &office.identity).await.run_until_idle().await;
        assert!(mails(&test, "dan@example.com").await.is_empty());
    }
}
