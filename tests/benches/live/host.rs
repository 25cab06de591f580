//! The host: the real one, and what makes things happen in it.

use std::{io::Write as _, time::Duration};

use anyhow::Context as _;
use identity::{
    AcceptInvitation, CreateWorkspace, InviteMember, IssueConfirmation, LogInByLink, RegisterUser,
    Role,
};
use perme8::{App, AppOptions};
use perme8_events::{
    Origin, StorageError, Transaction as _, UserId, WorkspaceId,
    sql::{Db, DbOptions, UnitOfWork},
};
use scenarios::{listening, settled};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    task::JoinSet,
};

use crate::tick::{Order, Tick, Ticked, now};

/// So many people are made at the same time.
const AT_ONCE: usize = 8;
/// How large the data of an event are: of a usual one, and of one in the busy workspace.
const USUAL: usize = 200;
const LARGE: usize = 2500;
/// How many people there are in the busy workspace besides its owner.
const BUSY_PEOPLE: usize = 4;

/// Somebody who is logged in, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) token: String,
    pub(crate) workspace: usize,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) slug: String,
}

/// What the host says first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) people: Vec<Person>,
    /// The members of a workspace that nobody else follows.
    pub(crate) busy: Vec<Person>,
}

/// Serves until its standard input ends.
pub(crate) async fn run(database: &str, workspaces: usize, clients: usize) -> anyhow::Result<()> {
    let db = Db::open(&database.parse()?, DbOptions::default()).await?;
    let options = AppOptions { cheap_passwords: true, limits: None, ..AppOptions::default() };
    let app = App::assemble(db, options).await?;
    let address = listening(&app).await?;
    let mut offices = Vec::new();
    for number in 0..=workspaces {
        offices.push(Office::open(&app, number).await?);
    }
    let busy = people(&app, &offices[workspaces..], BUSY_PEOPLE).await?;
    let people = people(&app, &offices[..workspaces], clients).await?;
    settled(&app).await;
    say(&Opened { address, people, busy })?;
    let ids: Vec<WorkspaceId> = offices.iter().map(|office| office.id).collect();
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    let mut number = 0;
    while let Some(order) = orders.next_line().await? {
        let order: Order = serde_json::from_str(&order)?;
        say(&emit(&app, &ids, &order, &mut number).await?)?;
    }
    app.shutdown(Duration::from_secs(10)).await?;
    Ok(())
}

fn say(what: &impl Serialize) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{}", serde_json::to_string(what)?)?;
    Ok(())
}

/// Commits one event after the other, each when its time has come.
async fn emit(
    app: &App,
    workspaces: &[WorkspaceId],
    order: &Order,
    number: &mut u64,
) -> anyhow::Result<Vec<Tick>> {
    let Order { rate, seconds, busy_rate } = *order;
    let total = u64::from((rate + busy_rate) * seconds);
    let busy = workspaces.len() - 1;
    let mut pace = tokio::time::interval(Duration::from_secs(1) / (rate + busy_rate));
    let (mut tasks, mut elsewhere) = (JoinSet::new(), 0);
    for turn in 0..total {
        pace.tick().await;
        *number += 1;
        // Evenly mixed: `busy_rate` of each `rate + busy_rate`.
        let is_busy = turn % u64::from(rate + busy_rate) * u64::from(busy_rate)
            % u64::from(rate + busy_rate)
            < u64::from(busy_rate);
        let workspace = if is_busy {
            busy
        } else {
            elsewhere += 1;
            elsewhere % busy
        };
        let event = Ticked {
            tick: *number,
            workspace_id: workspaces[workspace],
            text: "x".repeat(if is_busy { LARGE } else { USUAL }),
        };
        tasks.spawn(commit(app.db().clone(), event, workspace));
    }
    tasks.join_all().await.into_iter().collect()
}

async fn commit(db: Db, event: Ticked, workspace: usize) -> anyhow::Result<Tick> {
    let number = event.tick;
    UnitOfWork::new(db)
        .run(Origin::system("bench"), async move |tx| {
            tx.emit(event);
            Ok::<_, StorageError>(())
        })
        .await?;
    Ok(Tick { number, workspace, committed_at: now() })
}

/// A workspace and its owner.
struct Office {
    number: usize,
    id: WorkspaceId,
    slug: String,
    owner: UserId,
}

impl Office {
    async fn open(app: &App, number: usize) -> anyhow::Result<Self> {
        let (owner, _token) = log_in(app, format!("owner-{number}@example.com")).await?;
        let name = format!("Workspace {number}");
        let command = CreateWorkspace { name, description: None, color: None };
        let workspace = app.identity().create_workspace(Origin::user(owner), command).await?;
        Ok(Self { number, id: workspace.id, slug: workspace.slug, owner })
    }
}

/// So many people, spread over the workspaces in turn.
async fn people(app: &App, offices: &[Office], count: usize) -> anyhow::Result<Vec<Person>> {
    let mut people = Vec::new();
    let (mut tasks, mut next) = (JoinSet::new(), 0);
    while people.len() < count {
        while next < count && tasks.len() < AT_ONCE {
            let office = &offices[next % offices.len()];
            let person = Person {
                token: String::new(),
                workspace: office.number,
                workspace_id: office.id,
                slug: office.slug.clone(),
            };
            tasks.spawn(join(app.clone(), office.owner, next, person));
            next += 1;
        }
        people.push(tasks.join_next().await.context("somebody is missing")???);
    }
    people.sort_unstable_by_key(|(number, _)| *number);
    Ok(people.into_iter().map(|(_, person)| person).collect())
}

/// Makes a person who is a member of the workspace.
async fn join(
    app: App,
    owner: UserId,
    number: usize,
    person: Person,
) -> anyhow::Result<(usize, Person)> {
    let email = format!("person-{}-{number}@example.com", person.workspace);
    let (user, token) = log_in(&app, email.clone()).await?;
    let workspace = identity::WorkspaceRef::Id(person.workspace_id);
    let invite = InviteMember { workspace, email, role: Role::Member };
    let invitation = app.identity().invite_member(Origin::user(owner), invite).await?.id.into();
    app.identity().accept_invitation(Origin::user(user), AcceptInvitation { invitation }).await?;
    Ok((number, Person { token, ..person }))
}

async fn log_in(app: &App, email: String) -> anyhow::Result<(UserId, String)> {
    let system = || Origin::system("bench");
    let register = RegisterUser {
        email: email.clone(),
        first_name: "Some".to_owned(),
        last_name: "Body".to_owned(),
        password: None,
    };
    app.identity().register_user(system(), register).await?;
    let token = app.identity().issue_confirmation(system(), IssueConfirmation { email }).await?;
    let redeem = LogInByLink { token, password: None };
    let session = app.identity().log_in_by_link(Origin::anonymous(), redeem).await?;
    Ok((session.user.id, session.token.expose().to_owned()))
}
