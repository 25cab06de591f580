//! What all mails of a host have in common.

use chrono::{DateTime, Utc};

use crate::domain::{
    base_url::BaseUrl,
    correspondent::Correspondent,
    layout,
    letter::{Letter, Link},
    line::line,
    outgoing::{MailKind, Outgoing},
};

/// A longer name is cut.
const MAX_APP_NAME: usize = 60;

/// How the mails of a host look: its name, its address, and one plain layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stationery {
    app_name: String,
    base_url: BaseUrl,
}

impl Stationery {
    /// For the host that calls itself so and is reached there.
    #[must_use]
    pub fn new(app_name: &str, base_url: BaseUrl) -> Self {
        Self { app_name: line(app_name, MAX_APP_NAME), base_url }
    }

    /// What the host calls itself.
    #[must_use]
    pub fn app_name(&self) -> &str {
        &self.app_name
    }

    /// Where users reach the host.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The page of the host below which these segments lie; each may hold whatever it likes.
    #[must_use]
    pub fn link(&self, segments: &[&str]) -> Link {
        Link::new(self.base_url.page(segments, None))
    }

    /// The same, with a query of one pair.
    #[must_use]
    pub fn link_with(&self, segments: &[&str], name: &str, value: &str) -> Link {
        Link::new(self.base_url.page(segments, Some((name, value))))
    }

    /// The letter as a mail, for a reader with HTML and for one without.
    ///
    /// After `worth_until`, if there is such an instant, it is not sent any more, e.g. because its link has expired.
    #[must_use]
    pub fn mail(
        &self,
        kind: MailKind,
        to: Correspondent,
        letter: &Letter,
        worth_until: Option<DateTime<Utc>>,
    ) -> Outgoing {
        Outgoing {
            kind: kind.as_str().to_owned(),
            to,
            subject: letter.subject.clone(),
            text: layout::text(letter, self),
            html: layout::html(letter, self),
            worth_until,
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn stationery() -> Stationery {
        Stationery::new("Perme8 <test>", "https://perme8.example".parse().unwrap())
    }

    fn mail(letter: &Letter) -> Outgoing {
        let ada = Correspondent::new("ada@example.com", "Ada").unwrap();
        stationery().mail(MailKind::new("tests.greeting"), ada, letter, None)
    }

    #[test]
    fn a_letter_becomes_html_and_its_twin_in_plain_text() {
        let letter = Letter::new("Welcome")
            .paragraph("Hello Ada,")
            .paragraph("something waits for you.")
            .action("Look at it", stationery().link_with(&["things", "7"], "by", "mail"))
            .note("You get this because you asked for it.");
        let Outgoing { subject, text, html, .. } = mail(&letter);
        assert_eq!(subject, "Welcome");
        expect![[r#"
            Hello Ada,

            something waits for you.

            Look at it:
            https://perme8.example/things/7?by=mail

            You get this because you asked for it.

            -- 
            Perme8 <test> · https://perme8.example
        "#]]
        .assert_eq(&text);
        expect![[r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Welcome</title></head><body style="margin:0;background:#f6f8fa"><div style="max-width:32em;margin:0 auto;padding:2em 1.5em;background:#ffffff;color:#1f2328;font:16px/1.5 system-ui,sans-serif"><p>Hello Ada,</p><p>something waits for you.</p><p><a href="https://perme8.example/things/7?by=mail" style="display:inline-block;padding:0.6em 1.2em;border-radius:0.4em;background:#1f6feb;color:#ffffff;text-decoration:none">Look at it</a></p><p style="font-size:13px;color:#59636e;word-break:break-all">https://perme8.example/things/7?by=mail</p><p style="font-size:13px;color:#59636e">You get this because you asked for it.</p><hr><p style="font-size:13px;color:#59636e">Perme8 &lt;test&gt; · https://perme8.example</p></div></body></html>"#]].assert_eq(&html);
    }

    #[test]
    fn nothing_that_somebody_wrote_is_taken_for_html() {
        let evil = "<script>alert('x')</script> & \"quoted\"";
        let letter =
            Letter::new(evil).paragraph(evil).action(evil, stationery().link(&[evil])).note(evil);
        let Outgoing { subject, html, .. } = mail(&letter);
        assert_eq!(subject, evil);
        assert!(!html.contains("<script") && !html.contains("\"quoted\""), "{html}");
        assert_eq!(html.matches("&lt;script&gt;").count(), 4, "{html}");
        assert!(html.contains("href=\"https://perme8.example/%3Cscript%3E"), "{html}");
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let long = "x".repeat(5000);
        let letter = Letter::new(&long).paragraph(&long).note(&long);
        let Outgoing { subject, text, .. } = mail(&letter);
        assert_eq!(subject.chars().count(), 200);
        assert!(text.lines().all(|line| line.chars().count() <= 2000));
        assert_eq!(Stationery::new(&long, stationery().base_url).app_name().chars().count(), 60);
    }

    #[test]
    fn nothing_of_a_mail_reaches_a_log() {
        let letter = Letter::new("secret 1")
            .paragraph("secret 2")
            .action("secret 3", stationery().link(&["login", "secret-4"]));
        let shown = format!(
            "{letter:?} {:?} {:?}",
            mail(&letter),
            stationery().link(&["login", "secret-5"])
        );
        assert!(!shown.contains("secret") && !shown.contains("ada"), "{shown}");
        assert!(shown.contains("tests.greeting"), "{shown}");
    }
}
