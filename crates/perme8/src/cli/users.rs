//! `perme8 users`.

use identity::{
    ConfirmUser, Identity, IssueConfirmation, IssueConfirmationError, RegisterUser,
    RegisterUserError, Secret, UserProfile,
};
use perme8_events::{Origin, sql::Db};
use serde::Serialize;

use crate::{
    cli::{Console, Failure, Paint, Report, passwords, plain},
    config::Config,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make an account
    ///
    /// Passwords are never given on the command line: --password-stdin reads one, and --confirmed without it makes one up
    /// and prints it once. Without --confirmed the person still has to prove the address: see confirmation-token.
    Create(Create),
    /// Print a token that proves the address of an account, once, and how to redeem it
    ConfirmationToken {
        /// The address of the account
        email: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The address of the new account
    pub(crate) email: String,
    /// The first name
    #[arg(long, value_name = "NAME")]
    pub(crate) first_name: String,
    /// The last name
    #[arg(long, value_name = "NAME")]
    pub(crate) last_name: String,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Take the address for proven, so that the account can log in at once
    #[arg(long)]
    pub(crate) confirmed: bool,
}

/// An account that was just made.
#[derive(Debug, Serialize)]
pub(crate) struct Created {
    user: UserProfile,
    /// Only when it was made up here, and only this once.
    password: Option<String>,
}

/// What proves an address.
#[derive(Debug, Serialize)]
pub(crate) struct ConfirmationToken {
    email: String,
    token: String,
    redeem_with: String,
}

/// Who acts in the log, when operators use the command line.
const OPERATOR: &str = "perme8.cli";

pub(crate) async fn run(
    db: &Db,
    config: &Config,
    command: Command,
    console: &Console,
) -> Result<(), Failure> {
    let identity = Identity::new(db.clone());
    match command {
        Command::Create(create) => {
            let given = create.password_stdin.then(passwords::from_stdin).transpose()?;
            console.report(&create_user(&identity, create, given).await?)
        }
        Command::ConfirmationToken { email } => {
            console.report(&confirmation_token(&identity, config, email).await?)
        }
    }
}

/// Makes an account; a confirmed one always has a password, made up if none was given.
pub(crate) async fn create_user(
    identity: &Identity,
    create: Create,
    given: Option<Secret>,
) -> Result<Created, Failure> {
    let Create { email, first_name, last_name, password_stdin: _, confirmed } = create;
    let made_up = if confirmed && given.is_none() { Some(passwords::generated()?) } else { None };
    let password = given.or_else(|| made_up.clone());
    let register = RegisterUser { email, first_name, last_name, password: password.clone() };
    let mut user =
        identity.register_user(Origin::system(OPERATOR), register).await.map_err(refused)?;
    if confirmed {
        let email = user.email.clone();
        let origin = Origin::system(OPERATOR);
        let token = identity.issue_confirmation(origin, IssueConfirmation { email }).await?;
        user = identity
            .confirm_user(
                Origin::system(OPERATOR),
                ConfirmUser { token, password: password.clone() },
            )
            .await?;
    }
    Ok(Created { user, password: made_up.map(|password| password.expose().to_owned()) })
}

fn refused(error: RegisterUserError) -> Failure {
    match error {
        RegisterUserError::Invalid(fields) => Failure {
            causes: fields
                .iter()
                .map(|error| format!("{} {}", error.field, error.problem))
                .collect(),
            ..Failure::new("no account was made")
        },
        RegisterUserError::Storage(error) => error.into(),
    }
}

pub(crate) async fn confirmation_token(
    identity: &Identity,
    config: &Config,
    email: String,
) -> Result<ConfirmationToken, Failure> {
    let issue = IssueConfirmation { email: email.clone() };
    let issued = identity.issue_confirmation(Origin::system(OPERATOR), issue).await;
    let token = issued.map_err(|error| {
        let is_unknown = matches!(error, IssueConfirmationError::UnknownUser);
        let failure = Failure::from(error);
        if is_unknown { failure.help("`perme8 users create` makes an account") } else { failure }
    })?;
    let token = token.expose().to_owned();
    let redeem_with = format!(
        "curl -sX POST http://{}/api/sessions -H 'content-type: application/json' -d '{{\"token\":\"{token}\",\"password\":\"<the password of the registration>\"}}'",
        config.listen
    );
    Ok(ConfirmationToken { email, token, redeem_with })
}

impl Report for Created {
    fn text(&self, paint: Paint) -> String {
        let Self { user, password } = self;
        let mut lines = vec![format!(
            "{} {} {} <{}>, {}",
            paint.good("created"),
            plain(&user.first_name),
            plain(&user.last_name),
            plain(&user.email),
            paint.faint(&format!("id {}", user.id))
        )];
        if let Some(password) = password {
            lines.push(format!("password: {} (shown this once)", paint.strong(password)));
        }
        if user.confirmed_at.is_none() {
            let command = format!("perme8 users confirmation-token {}", plain(&user.email));
            lines.push(format!("not confirmed yet: `{command}` proves the address"));
        }
        lines.join("\n")
    }
}

impl Report for ConfirmationToken {
    fn text(&self, paint: Paint) -> String {
        let Self { email, token, redeem_with } = self;
        format!(
            "token for {}, shown this once: {}\nwhile the host runs, redeem it with\n  {redeem_with}\n\
             an account that was registered with a password loses it when the password is not presented here",
            plain(email),
            paint.strong(token)
        )
    }
}
