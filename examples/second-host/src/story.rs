//! What happens: projects begin in some workspaces, and notices tell of them.

use std::sync::Arc;

use anyhow::ensure;
use handler::{Notice, notices};
use perme8_events::{Origin, StorageError, UserId, WorkspaceId, sql::Db};
use projects::{CreateProject, Projects};
use uuid::Uuid;

use crate::{everybody::Everybody, waiting::until};

/// Somebody.
const ADA: UserId = UserId::new(Uuid::from_u128(1));

/// Workspaces; the handler spreads them evenly over its four partitions.
const WORKSPACES: [u128; 8] = [1, 2, 3, 5, 7, 10, 11, 13];

/// A project that has begun.
pub(crate) struct Begun {
    workspace: WorkspaceId,
    project: Uuid,
}

/// Begins a project in each workspace.
pub(crate) async fn begin(db: &Db) -> anyhow::Result<Vec<Begun>> {
    let projects = Projects::new(db.clone(), Arc::new(Everybody));
    let mut begun = Vec::new();
    for workspace in WORKSPACES.map(|number| WorkspaceId::new(Uuid::from_u128(number))) {
        let (place, name) = (workspace.into(), "Roadmap".to_owned());
        let command = CreateProject { workspace: place, name, description: None, color: None };
        let made = projects.create_project(Origin::user(ADA), command).await?;
        begun.push(Begun { workspace, project: made.id.uuid() });
    }
    Ok(begun)
}

/// Waits until all of these are told of, and shows by whom.
pub(crate) async fn show(db: &Db, begun: &[Begun]) -> anyhow::Result<()> {
    until("every project is told of", async || {
        anyhow::Ok(told(db, begun).await?.iter().all(|notices| !notices.is_empty()))
    })
    .await?;
    let mut by = [("north", 0), ("south", 0)];
    for (Begun { workspace, .. }, notices) in begun.iter().zip(told(db, begun).await?) {
        let workspace = workspace.uuid().as_u128();
        for Notice { number, text, .. } in &notices {
            println!("workspace {workspace}, notice {number}: {text}");
            for (host, told) in &mut by {
                *told += u32::from(text.ends_with(*host));
            }
        }
        ensure!(notices.len() == 1, "a project of workspace {workspace} is told of twice");
    }
    let [(_, by_north), (_, by_south)] = by;
    println!("{} projects: {by_north} told of by north, {by_south} by south", begun.len());
    Ok(())
}

/// The notices that tell of each of these.
async fn told(db: &Db, begun: &[Begun]) -> Result<Vec<Vec<Notice>>, StorageError> {
    let mut told = Vec::new();
    for Begun { workspace, project } in begun {
        let board = notices(db, *workspace).await?.into_iter();
        told.push(board.filter(|notice| notice.project_id == *project).collect());
    }
    Ok(told)
}
