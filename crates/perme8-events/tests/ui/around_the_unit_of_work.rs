//! Ways to write state without its events, or a part of a transaction.

use perme8_events::{Aggregate, Save, StorageError, Transaction, Unsaved, sql::Tx};

struct Project {
    id: u8,
}

impl Aggregate for Project {
    const TYPE: &'static str = "project";
    type Id = u8;

    fn id(&self) -> u8 {
        self.id
    }
}

/// Takes the aggregate out, and drops its events.
fn take_apart(unsaved: Unsaved<Project>) -> Project {
    let (project, _events) = unsaved.into_parts();
    project
}

/// The same, by its field.
fn take_out(unsaved: Unsaved<Project>) -> Project {
    unsaved.aggregate
}

/// Saves what no decision went through.
async fn save_undecided(tx: &mut impl Save<Project>, project: Project) -> Result<Project, StorageError> {
    tx.save(project).await
}

/// Commits inside a use case.
async fn commit_in_a_use_case(tx: &mut impl Transaction) {
    tx.commit().await;
}

/// Commits inside an adapter.
async fn commit_in_an_adapter(tx: Tx) {
    tx.commit().await;
}

fn main() {}
