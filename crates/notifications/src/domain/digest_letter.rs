//! The mail of the day.

use mail::{Letter, MailKind, Stationery};

/// What it is for.
pub(crate) const DIGEST: MailKind = MailKind::new("notifications.digest");

/// It says no more than that; the rest is counted.
const LISTED: usize = 30;

/// Lists what somebody has not read, oldest first.
pub(crate) fn digest(on: &Stationery, name: &str, unread: &[String]) -> Letter {
    let (app, count) = (on.app_name(), unread.len());
    let things = if count == 1 { "notification" } else { "notifications" };
    let mut letter = Letter::new(&format!("{count} unread {things} on {app}"))
        .paragraph(&format!("Hello {name},"))
        .paragraph("this is what you have not read since the last mail of this kind:");
    for line in unread.iter().take(LISTED) {
        letter = letter.paragraph(&format!("• {line}"));
    }
    if let Some(more @ 1..) = count.checked_sub(LISTED) {
        letter = letter.paragraph(&format!("And {more} more."));
    }
    letter.action(&format!("Open {app}"), on.link(&[])).note(
        "You get this mail once a day, if there is something to tell, because you asked for it. \
         The preferences of your notifications say of what, and when.",
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use mail::Correspondent;

    use super::*;

    fn written(unread: &[String]) -> (String, String, String) {
        let on = Stationery::new("Perme8", "https://perme8.example".parse().unwrap());
        let to = Correspondent::new("carol@example.com", "Carol Shaw").unwrap();
        let mail = on.mail(DIGEST, to, &digest(&on, "Carol Shaw", unread), None);
        (mail.subject().to_owned(), mail.text().to_owned(), mail.html().to_owned())
    }

    #[test]
    fn it_lists_what_was_not_read() {
        let (subject, text, html) =
            written(&["Bob <b> joined.".to_owned(), "You are now an admin of Acme.".to_owned()]);
        assert_eq!(subject, "2 unread notifications on Perme8");
        expect![[r#"
            Hello Carol Shaw,

            this is what you have not read since the last mail of this kind:

            • Bob <b> joined.

            • You are now an admin of Acme.

            Open Perme8:
            https://perme8.example/

            You get this mail once a day, if there is something to tell, because you asked for it. The preferences of your notifications say of what, and when.

            -- 
            Perme8 · https://perme8.example
        "#]].assert_eq(&text);
        assert!(html.contains("• Bob &lt;b&gt; joined."), "{html}");
    }

    #[test]
    fn it_stays_a_letter_however_much_there_is() {
        let many: Vec<_> = (1..=100).map(|number| format!("Thing {number}.")).collect();
        let (subject, text, _) = written(&many);
        assert_eq!(subject, "100 unread notifications on Perme8");
        assert!(text.contains("• Thing 30.\n") && !text.contains("Thing 31"), "{text}");
        assert!(text.contains("And 70 more."), "{text}");
        let (subject, text, _) = written(&many[..1]);
        assert_eq!(subject, "1 unread notification on Perme8");
        assert!(!text.contains("more."), "{text}");
    }
}
