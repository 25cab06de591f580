//! What people find in their mail.

use mail::MailboxEntry;

use super::Scenario;

impl Scenario {
    /// The mails to this name, oldest first, after everything that makes mails has run.
    pub async fn mails(&mut self, name: &str) -> Vec<MailboxEntry> {
        if !self.is_live {
            self.run_until_idle().await;
        }
        self.mails_now(name).await
    }

    /// The mails to this name that are there by now, oldest first.
    pub async fn mails_now(&self, name: &str) -> Vec<MailboxEntry> {
        let mailbox = self.app.mailbox();
        let mut mails = Vec::new();
        for summary in mailbox.list(1000).await.expect("the mailbox is readable") {
            if summary.to.address() == format!("{name}@example.com") {
                let mail = mailbox.mail(summary.id).await.expect("the mailbox is readable");
                mails.insert(0, mail.expect("nobody purges it"));
            }
        }
        mails
    }

    /// Where the link of the last mail to this name leads: the path and what follows.
    pub async fn link(&mut self, name: &str) -> String {
        let mails = self.mails(name).await;
        let mail = mails.last().unwrap_or_else(|| panic!("{name} has no mail"));
        let base = "http://127.0.0.1:4000";
        let link = mail.text.lines().find_map(|line| line.strip_prefix(base));
        link.expect("the mail has a link").to_owned()
    }
}
