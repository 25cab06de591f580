//! `perme8 events forget`.

use std::str::FromStr;

use identity::{Directory, UserEntry};
use perme8_events::{
    UserId,
    host::{Forgotten, Operations},
    sql::{Db, Forgetting},
};
use serde::Serialize;

use crate::cli::{
    Console, Failure,
    act::{Done, Sure, operator},
    plain,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The id of the person, or the confirmed address of an account
    #[arg(value_name = "PERSON")]
    pub(crate) person: PersonRef,
    #[command(flatten)]
    pub(crate) sure: Sure,
}

/// A person by id or by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PersonRef {
    Id(UserId),
    Email(String),
}

impl FromStr for PersonRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) if text.contains('@') => Ok(Self::Email(text.to_owned())),
            Err(_) => Err("expected the id of a person (a UUID) or an e-mail address".to_owned()),
        }
    }
}

/// Who was forgotten, and how far.
#[derive(Debug, Serialize)]
pub(crate) struct OfPerson {
    user_id: UserId,
    /// Also what is said of them later, because they have no account.
    for_good: bool,
    #[serde(flatten)]
    outcome: Forgotten,
}

pub(crate) async fn run(db: &Db, args: Args, console: &Console) -> Result<(), Failure> {
    let directory = Directory::new(db.clone());
    let (user_id, account) = match args.person {
        PersonRef::Id(id) => (id, directory.user(id).await?),
        PersonRef::Email(email) => {
            let account = directory.confirmed_user_by_email(&email).await?;
            let account = account.ok_or_else(|| nobody(&email))?;
            (account.id, Some(account))
        }
    };
    args.sure.ask(console, &question(user_id, account.as_ref()))?;
    let how = if account.is_some() { Forgetting::UntilNow } else { Forgetting::ForGood };
    let outcome = Operations::new(db).forget(&operator(), user_id, how).await?;
    let of = OfPerson { user_id, for_good: account.is_none(), outcome };
    let says = says(&of);
    console.report(&Done::new("forgot", of, says))
}

fn nobody(email: &str) -> Failure {
    Failure::new(format!("no account has proven to own {}", plain(email)))
        .help("name the id of the person, which is the actor of what they did: `perme8 audit list`")
}

fn question(user_id: UserId, account: Option<&UserEntry>) -> String {
    match account {
        Some(_) => format!(
            "{user_id} has an account, which stays as it is. Make unreadable for ever what events have said of them until now?"
        ),
        None => format!("Make unreadable for ever what identifies {user_id} in events?"),
    }
}

/// What was done, for people.
fn says(OfPerson { user_id, for_good, outcome }: &OfPerson) -> String {
    let Forgotten { changed, scrubbed } = outcome;
    let mut says = match (changed, for_good) {
        (true, true) => user_id.to_string(),
        (true, false) => format!("{user_id}, as far as events have told until now"),
        (false, true) => format!("{user_id}, who was forgotten before"),
        (false, false) => format!("{user_id}, of whom nothing was sealed since the last time"),
    };
    if !scrubbed {
        says.push_str(
            "; what is left of the key goes when readers of the database have ended: say it again",
        );
    }
    says
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> UserId {
        "00000000-0000-0000-0000-000000000001".parse().unwrap()
    }

    #[test]
    fn people_are_named_by_id_or_address() {
        assert_eq!(ada().to_string().parse(), Ok(PersonRef::Id(ada())));
        let email = "ada@example.com".to_owned();
        assert_eq!(email.parse(), Ok(PersonRef::Email(email.clone())));
        assert!("ada".parse::<PersonRef>().is_err());
    }

    #[test]
    fn doing_it_again_says_so() {
        let says = |changed, for_good, scrubbed| {
            let outcome = Forgotten { changed, scrubbed };
            says(&OfPerson { user_id: ada(), for_good, outcome })
        };
        let id = ada();
        assert_eq!(says(true, true, true), id.to_string());
        assert_eq!(says(false, true, true), format!("{id}, who was forgotten before"));
        assert!(says(true, false, true).contains("until now"));
        assert!(says(false, false, false).ends_with("say it again"));
    }
}
