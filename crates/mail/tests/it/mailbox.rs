//! The mailbox of a host without a mail server.

use std::time::Duration;

use expect_test::expect;
use mail::{
    Correspondent, Letter, MailId, MailKind, Mailbox, Outgoing, PurgeMailbox, PurgeMailboxError,
    SendMail, Stationery,
};
use perme8_events::{
    Id, JobRun, NewJob, Origin, StorageError, Transaction as _, Worker as _, host::Runtime,
    on_both_engines, sql::UnitOfWork, testing::TestDb,
};
use uuid::Uuid;

const DAY: Duration = Duration::from_hours(24);

fn mail(subject: &str) -> Outgoing {
    let on = Stationery::new("Perme8", "https://perme8.example".parse().unwrap());
    let to = Correspondent::new("ada@example.com", "Ädä \"the\" Countess").unwrap();
    let letter = Letter::new(subject).paragraph("Grüße 🎉").action("Look", on.link(&["things"]));
    on.mail(MailKind::new("tests.greeting"), to, &letter, None)
}

fn sending(test: &TestDb) -> SendMail {
    let from = Correspondent::new("noreply@perme8.example", "Perme8").unwrap();
    SendMail::into_mailbox(from, &test.db)
}

/// Commits a mail, or does not.
async fn enqueue(test: &TestDb, subject: &str, key: &str, commits: bool) {
    let uow = UnitOfWork::new(test.db.clone());
    let done = uow.run(Origin::system("tests.mails"), async |tx| {
        tx.enqueue(NewJob::new(mail(subject)).once(key));
        if commits { Ok(()) } else { Err(StorageError::conflict()) }
    });
    assert_eq!(done.await.is_ok(), commits);
}

async fn deliver(test: &TestDb) {
    let runtime = Runtime::builder(&test.db).worker(sending(test)).build();
    runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
}

async fn subjects(test: &TestDb) -> Vec<String> {
    let mails = Mailbox::new(test.db.clone()).list(100).await.unwrap();
    mails.into_iter().map(|mail| mail.subject).collect()
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &mail::MIGRATIONS];

    async fn a_mail_goes_out_with_the_transaction_that_wants_it(test: TestDb) {
        enqueue(&test, "committed", "1", true).await;
        enqueue(&test, "forgotten", "2", false).await;
        deliver(&test).await;
        assert_eq!(subjects(&test).await, ["committed"]);
    }

    async fn what_is_wanted_twice_under_one_key_goes_out_once(test: TestDb) {
        enqueue(&test, "first", "1", true).await;
        enqueue(&test, "again", "1", true).await;
        deliver(&test).await;
        enqueue(&test, "and again", "1", true).await;
        deliver(&test).await;
        assert_eq!(subjects(&test).await, ["first"]);
    }

    async fn a_job_that_runs_again_after_a_crash_leaves_one_mail(test: TestDb) {
        let sending = sending(&test);
        for _ in 0..3 {
            sending.work(mail("Hello"), &JobRun::fake("1")).await.unwrap();
            test.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(subjects(&test).await, ["Hello"]);
    }

    async fn a_mail_comes_back_as_it_was_sent(test: TestDb) {
        enqueue(&test, "Hello ü", "tests:1", true).await;
        deliver(&test).await;
        let mailbox = Mailbox::new(test.db.clone());
        let id = mailbox.list(1).await.unwrap()[0].id;
        let entry = mailbox.mail(id).await.unwrap().unwrap();
        assert_eq!((entry.from.name(), entry.to.name()), ("Perme8", "Ädä \"the\" Countess"));
        assert_eq!((entry.text.as_str(), entry.html.as_str()), (mail("").text(), entry.html.as_str()));
        assert_eq!(entry.message_id, "<tests-1@perme8.example>");
        let raw = entry.raw().unwrap();
        let head = raw.split("\r\n\r\n").next().unwrap();
        expect![[r#"
            From: Perme8 <noreply@perme8.example>
            To: =?utf-8?b?w4Rkw6QgInRoZSIgQ291bnRlc3M=?= <ada@example.com>
            Subject: Hello =?utf-8?b?w7w=?=
            Date: Mon, 05 Jan 2026 09:00:00 +0000
            Message-ID: <tests-1@perme8.example>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: multipart/alternative; boundary="tests-1=_perme8.example"
        "#]].assert_eq(&(head.replace('\r', "") + "\n"));
        let nobody: MailId = Id::new(Uuid::from_u128(0xdead));
        assert!(mailbox.mail(nobody).await.unwrap().is_none());
    }

    async fn mails_are_forgotten_after_a_week(test: TestDb) {
        let mailbox = Mailbox::new(test.db.clone());
        let purge = async |limit| {
            mailbox.purge(Origin::system("mail.purge"), PurgeMailbox { limit }).await.unwrap()
        };
        for (day, subject) in ["first", "second", "third"].into_iter().enumerate() {
            enqueue(&test, subject, &day.to_string(), true).await;
            deliver(&test).await;
            test.clock.advance(DAY);
        }
        assert_eq!(purge(9).await, 0);
        assert_eq!(subjects(&test).await, ["third", "second", "first"]);
        test.clock.advance(5 * DAY);
        assert_eq!(purge(1).await, 1);
        assert_eq!(subjects(&test).await, ["third", "second"]);
        assert_eq!(purge(9).await, 1);
        assert_eq!(purge(9).await, 0);
    }

    async fn people_purge_no_mails(test: TestDb) {
        let mailbox = Mailbox::new(test.db.clone());
        let refused = mailbox.purge(Origin::anonymous(), PurgeMailbox { limit: 9 }).await;
        assert!(matches!(refused, Err(PurgeMailboxError::Forbidden)));
    }
}
