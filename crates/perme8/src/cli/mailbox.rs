//! `perme8 mail`.

use std::str::FromStr;

use mail::{MailId, Mailbox, MailboxEntry, MailboxSummary};
use perme8_events::sql::Db;
use serde::Serialize;

use crate::cli::{
    Console, Failure, Paint, Report, plain, references::instant, show::facts, tables::table,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the mails, newest first
    ///
    /// A host sends its mails through the server that `mail_smtp_url` names. Without one they stay here for a week.
    List {
        /// How many, at most
        #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Print one mail: as plain text, as HTML, or as a server would get it
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The id of the mail, or `latest`
    #[arg(value_name = "ID")]
    pub(crate) mail: MailRef,
    /// Print its HTML
    #[arg(long, conflicts_with = "raw")]
    pub(crate) html: bool,
    /// Print the whole message
    #[arg(long)]
    pub(crate) raw: bool,
}

/// Which mail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum MailRef {
    Id(MailId),
    Latest,
}

impl FromStr for MailRef {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        text.parse().map(Self::Id).map_err(|_| "expected the id of a mail, or `latest`")
    }
}

/// The mails, newest first.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct MailList {
    mails: Vec<MailboxSummary>,
}

/// One mail in full.
#[derive(Debug, Serialize)]
pub(crate) struct ShownMail {
    #[serde(flatten)]
    mail: MailboxEntry,
    /// The whole message.
    raw: String,
    #[serde(skip)]
    form: Form,
}

#[derive(Debug)]
enum Form {
    Text,
    Html,
    Raw,
}

pub(crate) async fn run(db: &Db, command: &Command, console: &Console) -> Result<(), Failure> {
    let mailbox = Mailbox::new(db.clone());
    match command {
        Command::List { limit } => console.report(&MailList { mails: mailbox.list(*limit).await? }),
        Command::Show(args) => console.report(&show(&mailbox, args).await?),
    }
}

async fn show(mailbox: &Mailbox, args: &Show) -> Result<ShownMail, Failure> {
    let Show { mail, html, raw } = args;
    let found = match mail {
        MailRef::Id(id) => mailbox.mail(*id).await?,
        MailRef::Latest => match mailbox.list(1).await?.first() {
            Some(latest) => mailbox.mail(latest.id).await?,
            None => None,
        },
    };
    let Some(entry) = found else {
        let message = match mail {
            MailRef::Id(id) => format!("no mail has the id {id}"),
            MailRef::Latest => "there is no mail".to_owned(),
        };
        return Err(Failure::new(message).help(
            "`perme8 mail list` lists them; they stay for a week, and none arrives where a mail server is configured",
        ));
    };
    let form = match (html, raw) {
        (true, _) => Form::Html,
        (_, true) => Form::Raw,
        (false, false) => Form::Text,
    };
    Ok(ShownMail { raw: entry.raw()?, mail: entry, form })
}

impl Report for MailList {
    fn text(&self, _: Paint) -> String {
        if self.mails.is_empty() {
            return "no mail was sent yet; none arrives here where a mail server is configured"
                .to_owned();
        }
        let rows = self.mails.iter().map(|MailboxSummary { id, kind, to, subject, sent_at }| {
            vec![
                id.to_string(),
                instant(*sent_at),
                plain(kind),
                plain(to.address()),
                plain(subject),
            ]
        });
        table(&["mail", "sent", "kind", "to", "subject"], &[], rows)
    }
}

impl Report for ShownMail {
    fn text(&self, paint: Paint) -> String {
        let MailboxEntry { id, message_id, kind, from, to, subject, text, html, sent_at } =
            &self.mail;
        match self.form {
            Form::Html => return html.clone(),
            Form::Raw => return self.raw.replace('\r', ""),
            Form::Text => {}
        }
        let person = |name: &str, address: &str| format!("{} <{}>", plain(name), plain(address));
        let rows = [
            ("id", id.to_string()),
            ("message id", plain(message_id)),
            ("kind", plain(kind)),
            ("sent", instant(*sent_at)),
            ("from", person(from.name(), from.address())),
            ("to", person(to.name(), to.address())),
        ];
        let lines: Vec<String> = text.lines().map(plain).collect();
        format!("{}\n{}\n\n{}", paint.strong(&plain(subject)), facts(paint, rows), lines.join("\n"))
    }
}
