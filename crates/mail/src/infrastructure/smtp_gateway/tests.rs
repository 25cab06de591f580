//! Real connections to a server that does as it is told.

use expect_test::expect;
use perme8_events::{Clock as _, testing::ManualClock};
use uuid::Uuid;

use super::*;
use crate::{
    domain::{
        correspondent::Correspondent, letter::Letter, message_id::MessageId, outgoing::MailKind,
        stationery::Stationery,
    },
    testing::{MailServer, Misdeed, Stage, Taken},
};

fn dispatch(to: &str) -> Dispatch {
    let stationery = Stationery::new("Perme8", "https://perme8.example".parse().unwrap());
    let to = Correspondent::new(to, "Ada").unwrap();
    let letter =
        Letter::new("Hello").paragraph("Hello Ada,").paragraph(".a line that begins with a dot");
    let from = Correspondent::new("noreply@perme8.example", "Perme8").unwrap();
    Dispatch {
        id: Uuid::from_u128(1),
        message_id: MessageId::of("key-1", &from),
        from,
        mail: stationery.mail(MailKind::new("tests.greeting"), to, &letter, None),
        at: ManualClock::monday_morning().now(),
    }
}

fn mailer(server: &MailServer) -> SmtpMailer {
    SmtpMailer::new(server.url().parse().unwrap()).unwrap()
}

/// How the mailer understands what the server did.
async fn outcome(misdeed: Misdeed) -> String {
    let server = MailServer::that(misdeed).await;
    match mailer(&server).send(&dispatch("ada@example.com")).await {
        Ok(()) => "sent".to_owned(),
        Err(DispatchError::Refused(reply)) => format!("refused: {reply}"),
        Err(DispatchError::NotNow(reply)) => format!("not now: {reply}"),
        Err(DispatchError::Storage(error)) => panic!("no storage is involved: {error}"),
    }
}

#[tokio::test]
async fn a_server_gets_the_message_as_it_is() {
    let server = MailServer::that(Misdeed::None).await;
    mailer(&server).send(&dispatch("ada@example.com")).await.unwrap();
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    let Taken { envelope, message } = &taken[0];
    assert_eq!(envelope, "MAIL FROM:<noreply@perme8.example>, RCPT TO:<ada@example.com>");
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nMessage-ID: <key-1@perme8.example>"), "{head}");
    assert!(body.contains("\r\n..a line that begins with a dot"), "{body}");
}

#[tokio::test]
async fn what_a_server_refuses_for_good_is_not_tried_again() {
    for stage in [Stage::From, Stage::To, Stage::Data, Stage::Content] {
        let refused = outcome(Misdeed::Says(stage, "550 no <ada@example.com> here")).await;
        assert_eq!(refused, "refused: permanent error (550): no <<recipient>> here", "{stage:?}");
    }
}

#[tokio::test]
async fn what_a_server_puts_off_is_tried_again() {
    for stage in [Stage::Greeting, Stage::From, Stage::To, Stage::Data, Stage::Content] {
        let put_off = outcome(Misdeed::Says(stage, "451 come back later")).await;
        assert_eq!(put_off, "not now: transient error (451): come back later", "{stage:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_want_us_may_want_the_mail_later() {
    let unwanted = outcome(Misdeed::Says(Stage::From, "530 authentication required")).await;
    expect!["not now: permanent error (530): authentication required"].assert_eq(&unwanted);
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_answer() {
    for stage in [Stage::Greeting, Stage::From, Stage::To, Stage::Data, Stage::Content] {
        let broken = outcome(Misdeed::HangsUp(stage)).await;
        assert!(broken.starts_with("not now: "), "{stage:?}: {broken}");
    }
}

#[tokio::test]
async fn a_server_that_says_nonsense_gave_no_answer() {
    let nonsense = outcome(Misdeed::Says(Stage::Content, "hello?")).await;
    assert!(nonsense.starts_with("not now: "), "{nonsense}");
}

#[tokio::test]
async fn a_mail_that_was_taken_without_a_word_is_sent_again_under_the_same_name() {
    // The server has the mail, and the connection breaks before it can say so.
    let server = MailServer::that(Misdeed::HangsUp(Stage::Content)).await;
    let mailer = mailer(&server);
    for _ in 0..2 {
        assert!(mailer.send(&dispatch("ada@example.com")).await.is_err());
    }
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0], taken[1], "down to the last byte");
}

#[tokio::test]
async fn nobody_waits_for_a_server_for_ever() {
    let server = MailServer::that(Misdeed::FallsSilent(Stage::Content)).await;
    let url = server.url();
    let mailer =
        SmtpMailer::with_patience(url.parse().unwrap(), Duration::from_millis(200)).unwrap();
    let outcome = mailer.send(&dispatch("ada@example.com")).await;
    assert!(matches!(outcome, Err(DispatchError::NotNow(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_may_be_there_later() {
    let server = MailServer::that(Misdeed::None).await;
    let mailer = mailer(&server);
    drop(server);
    let outcome = mailer.send(&dispatch("ada@example.com")).await;
    assert!(matches!(outcome, Err(DispatchError::NotNow(_))), "{outcome:?}");
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_cannot_keep_it_to_itself() {
    let server = MailServer::that(Misdeed::None).await;
    let url = format!("smtp://ada:s3cret@{}", server.address());
    let mailer = SmtpMailer::new(url.parse().unwrap()).unwrap();
    let outcome = mailer.send(&dispatch("ada@example.com")).await;
    assert!(matches!(outcome, Err(DispatchError::NotNow(_))), "{outcome:?}");
    assert!(server.taken().is_empty());
    assert!(server.heard().iter().all(|line| line.starts_with("EHLO") || line == "QUIT"));
}

#[tokio::test]
async fn an_address_that_no_server_takes_is_not_even_tried() {
    let server = MailServer::that(Misdeed::None).await;
    let outcome = mailer(&server).send(&dispatch("a..b@example.com")).await;
    assert!(matches!(outcome, Err(DispatchError::Refused(_))), "{outcome:?}");
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn nobody_learns_the_password_from_the_mailer() {
    let server = "smtp://ada:s3cret@127.0.0.1:1?tls=none".parse().unwrap();
    let mailer = SmtpMailer::new(server).unwrap();
    assert_eq!(mailer.name(), "smtp://127.0.0.1:1?tls=none");
    assert!(!format!("{mailer:?}").contains("s3cret"), "{mailer:?}");
}
