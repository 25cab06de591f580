//! `perme8 api-keys`.

use chrono::{DateTime, Utc};
use identity::{
    ApiKeySummary, CreateApiKey, CreateApiKeyError, Identity, IssueApiKey, IssueApiKeyError,
    IssuedApiKey, Permissions,
};
use perme8_events::{Origin, sql::Db};
use serde::Serialize;

use crate::cli::{Console, Failure, Paint, Report, plain};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make an API key of an account, and print its token once
    ///
    /// For the first key of a program; people make others by themselves, and hear by mail of each of them.
    Create(Create),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The address of the account, which has confirmed it
    #[arg(long)]
    email: String,
    /// What to call the key
    #[arg(long)]
    name: String,
    /// What the key is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// What the key may do, e.g. workspaces:read or agents:*; everything that the account may if none is said
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The slug of a workspace that the key reaches; none if none is said
    #[arg(long = "workspace", value_name = "SLUG")]
    workspaces: Vec<String>,
    /// Until when the key is good, e.g. 2027-01-05T09:00:00Z; until it is revoked if nothing is said
    #[arg(long, value_name = "TIME")]
    expires_at: Option<DateTime<Utc>>,
}

/// A key that was just made.
#[derive(Debug, Serialize)]
pub(crate) struct Created {
    email: String,
    key: ApiKeySummary,
    /// Only this once.
    token: String,
}

/// Who acts in the log, when operators use the command line.
const OPERATOR: &str = "perme8.cli";

pub(crate) async fn run(db: &Db, command: Command, console: &Console) -> Result<(), Failure> {
    let Command::Create(create) = command;
    console.report(&create_key(&Identity::new(db.clone()), create).await?)
}

async fn create_key(identity: &Identity, create: Create) -> Result<Created, Failure> {
    let Create { email, name, description, scopes, workspaces, expires_at } = create;
    let permissions = (!scopes.is_empty()).then_some(Permissions(Some(scopes)));
    let key = CreateApiKey {
        session_id: None,
        name,
        description,
        permissions,
        workspace_access: workspaces,
        expires_at,
    };
    let command = IssueApiKey { email: email.clone(), key };
    let issued = identity.issue_api_key(Origin::system(OPERATOR), command).await;
    let IssuedApiKey { key, token } = issued.map_err(refused)?;
    Ok(Created { email, key, token: token.expose().to_owned() })
}

fn refused(error: IssueApiKeyError) -> Failure {
    match error {
        IssueApiKeyError::Refused(CreateApiKeyError::Invalid(fields)) => Failure {
            causes: fields
                .iter()
                .map(|error| format!("{} {}", error.field, error.problem))
                .collect(),
            ..Failure::new("no key was made")
        },
        IssueApiKeyError::UnknownUser => Failure::from(error)
            .help("`perme8 users create --confirmed` makes an account that is confirmed"),
        IssueApiKeyError::Refused(_)
        | IssueApiKeyError::Forbidden
        | IssueApiKeyError::Storage(_) => error.into(),
    }
}

impl Report for Created {
    fn text(&self, paint: Paint) -> String {
        let Self { email, key, token } = self;
        let may = match &key.permissions {
            Some(scopes) => scopes.join(", "),
            None => "everything that the account may".to_owned(),
        };
        let reaches = match &key.workspace_access[..] {
            [] => "no workspace".to_owned(),
            slugs => slugs.join(", "),
        };
        format!(
            "{} the key {} of {}, {}\ntoken: {} (shown this once)\nit may: {may}\nit reaches: {}",
            paint.good("created"),
            plain(&key.name),
            plain(email),
            paint.faint(&format!("id {}", key.id)),
            paint.strong(token),
            plain(&reaches),
        )
    }
}
