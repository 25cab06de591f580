//! Mails as they are read.

use mail::{Correspondent, Letter, MailKind, Stationery};

/// On what every mail of these tests is written.
pub(crate) fn stationery() -> Stationery {
    Stationery::new("Perme8", "https://perme8.example".parse().unwrap())
}

/// Subject and text of a mail with this letter.
pub(crate) fn written(letter: &Letter) -> String {
    let ada = Correspondent::new("ada@example.com", "").unwrap();
    let mail = stationery().mail(MailKind::new("identity.tests"), ada, letter, None);
    format!("{}\n\n{}", mail.subject(), mail.text())
}
