//! Our server: the real host, with documents to edit and people who may.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use documents::{CreateDocument, append_updates};
use identity::{
    AcceptInvitation, CreateWorkspace, InviteMember, Role,
    testing::{log_in, user_with_password},
};
use perme8::{App, AppOptions};
use perme8_events::{
    Origin, UserId,
    sql::{Db, DbOptions},
};
use scenarios::{listening, settled};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::opening;

/// How many people edit; each may have 32 sockets open.
const PEOPLE: usize = 40;

/// What the host says when it is ready.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) address: SocketAddr,
    pub(crate) slug: String,
    /// Of the people who may edit.
    pub(crate) tokens: Vec<String>,
    /// Their slugs.
    pub(crate) documents: Vec<String>,
}

/// Serves until its standard input ends.
pub(crate) async fn run(database: &str, documents: usize, typed: u64) -> anyhow::Result<()> {
    let db = Db::open(&database.parse()?, DbOptions::default()).await?;
    let options = AppOptions { cheap_passwords: true, limits: None, ..AppOptions::default() };
    let app = App::assemble(db, options).await?;
    let address = listening(&app).await?;
    let opened = opened(&app, address, documents, typed).await?;
    settled(&app).await;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&opened)?)?;
    BufReader::new(tokio::io::stdin()).lines().next_line().await?;
    app.shutdown(Duration::from_secs(10)).await?;
    Ok(())
}

async fn opened(
    app: &App,
    address: SocketAddr,
    documents: usize,
    typed: u64,
) -> anyhow::Result<Opened> {
    // There may have been other hosts on this database.
    let run = std::process::id();
    let (owner, token) = person(app, &format!("owner-{run}@example.com")).await;
    let command = CreateWorkspace { name: "Bench".to_owned(), description: None, color: None };
    let workspace = app.identity().create_workspace(Origin::user(owner), command).await?;
    let mut tokens = vec![token];
    for number in 1..PEOPLE {
        let email = format!("person-{run}-{number}@example.com");
        let (user, token) = person(app, &email).await;
        let invite = InviteMember { workspace: workspace.id.into(), email, role: Role::Member };
        let invited = app.identity().invite_member(Origin::user(owner), invite).await?;
        let accept = AcceptInvitation { invitation: invited.id.into() };
        app.identity().accept_invitation(Origin::user(user), accept).await?;
        tokens.push(token);
    }
    let mut slugs = Vec::new();
    for number in 0..documents {
        let command = CreateDocument {
            workspace: workspace.id.into(),
            project: None,
            title: format!("Document {number}"),
            content: None,
            is_public: true,
        };
        let (created, _) = app.documents().create_document(Origin::user(owner), command).await?;
        let document = created.document;
        if number == 0 {
            append_updates(app.db(), document.id, opening::updates(typed)).await?;
        }
        slugs.push(document.slug);
    }
    Ok(Opened { address, slug: workspace.slug, tokens, documents: slugs })
}

/// Somebody who is logged in, with the token of the session.
async fn person(app: &App, email: &str) -> (UserId, String) {
    let id = user_with_password(app.identity(), email, "Some", "Body").await;
    let login = log_in(app.identity(), email).await;
    (id, login.token.expose().to_owned())
}
