//! Invitations into workspaces, one by one and in lists.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::ensure;
use identity::{
    CreateWorkspace, Identity, InviteMember, InviteMembers, InviteRow, Role, RowOutcome,
    WorkspaceRef, testing::confirmed_user,
};
use perme8_events::{Origin, SystemClock, UserId, sql, testing::TestDb};
use scenarios::{Engine, Way, on_each};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::Args;

/// A list has so many rows; no more are allowed.
const ROWS: u32 = 200;
/// So many are invited into a workspace before the next one is made: two lists, and less than may wait for an answer.
const ROOM: u32 = 2 * ROWS;

pub(crate) const HEAD: &str = "             at once      one by one/s  in lists of 200/s";

/// Invitations per second.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    engine: &'static str,
    at_once: u32,
    one_by_one: f64,
    in_lists: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, at_once, one_by_one, in_lists } = self;
        write!(f, "{engine:<12}{at_once:>8}{one_by_one:>18.0}{in_lists:>19.0}")
    }
}

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Figures>> {
    let mut all = Vec::new();
    for &at_once in &args.at_once {
        let migrations = [&sql::MIGRATIONS, &identity::MIGRATIONS];
        all.extend(
            on_each(&Engine::ALL, at_once, &migrations, async |test| {
                let office = Office::on(test, at_once).await;
                let rounds = args.rounds(at_once);
                let one_by_one = rounds.of(&OneByOne(office.clone())).await?.per_second;
                let in_lists = rounds.of(&InLists(office)).await?.per_second;
                Ok(Figures { engine: test.db.engine_name(), at_once, one_by_one, in_lists })
            })
            .await?,
        );
    }
    Ok(all)
}

/// Somebody who invites people all day, at several desks.
#[derive(Debug, Clone)]
struct Office {
    identity: Identity,
    owner: UserId,
    desks: Arc<[Mutex<Desk>]>,
    invited: Arc<AtomicU64>,
}

/// Where those are invited to who are invited at this desk, and how many more there is room for.
#[derive(Debug, Default)]
struct Desk {
    workspace: Option<WorkspaceRef>,
    room: u32,
}

impl Office {
    async fn on(test: &TestDb, desks: u32) -> Self {
        let identity = Identity::new(test.db_at(Arc::new(SystemClock)));
        let owner = confirmed_user(&identity, "owner@example.com", "Owner", "Example").await;
        let desks = (0..desks).map(|_| Mutex::default()).collect();
        Self { identity, owner, desks, invited: Arc::default() }
    }

    fn origin(&self) -> Origin {
        Origin::user(self.owner)
    }

    /// An address that nobody has invited yet.
    fn address(&self) -> String {
        format!("guest-{}@example.com", self.invited.fetch_add(1, Ordering::Relaxed))
    }

    /// A workspace of this desk into which so many more can be invited.
    async fn workspace(&self, desk: u32, many: u32) -> anyhow::Result<WorkspaceRef> {
        let mut desk = self.desks[usize::try_from(desk)?].lock().await;
        if let Some(workspace) = desk.workspace.clone()
            && desk.room >= many
        {
            desk.room -= many;
            return Ok(workspace);
        }
        let command =
            CreateWorkspace { name: "Company".to_owned(), description: None, color: None };
        let created = self.identity.create_workspace(self.origin(), command).await?;
        *desk = Desk { workspace: Some(created.id.into()), room: ROOM - many };
        Ok(created.id.into())
    }
}

/// An invitation is a transaction.
#[derive(Clone)]
struct OneByOne(Office);

impl Way for OneByOne {
    async fn once(&self, task: u32) -> anyhow::Result<u32> {
        let Self(office) = self;
        let workspace = office.workspace(task, 1).await?;
        let command = InviteMember { workspace, email: office.address(), role: Role::Guest };
        office.identity.invite_member(office.origin(), command).await?;
        Ok(1)
    }
}

/// A list is a transaction.
#[derive(Clone)]
struct InLists(Office);

impl Way for InLists {
    async fn once(&self, task: u32) -> anyhow::Result<u32> {
        let Self(office) = self;
        let workspace = office.workspace(task, ROWS).await?;
        let row = |_| InviteRow { email: office.address(), role: "guest".to_owned() };
        let command = InviteMembers { workspace, rows: (0..ROWS).map(row).collect() };
        let outcomes = office.identity.invite_members(office.origin(), command).await?;
        let invited = |outcome: &RowOutcome| matches!(outcome, RowOutcome::Invited(_));
        ensure!(outcomes.iter().all(invited), "somebody was not invited: {outcomes:?}");
        Ok(ROWS)
    }
}
