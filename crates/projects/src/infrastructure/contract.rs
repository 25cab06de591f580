//! What every adapter of the ports promises: the tables in memory, SQLite and PostgreSQL alike.

use identity::Slug;
use perme8_events::{Save, StorageError, UserId, WorkspaceId, testing::promises};

use crate::{
    application::ports::{People, Projects, Workspaces},
    domain::project::{Beginning, Particulars, Project},
    testing::{COMPANY, ELSEWHERE, MEMBER, OWNER, Tables, id},
};

/// Every port at once.
trait Ports: Projects + Workspaces + People + Save<Project> {}

impl<T: Projects + Workspaces + People + Save<Project>> Ports for T {}

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    projects_come_back_as_they_were_saved
    a_slug_is_had_once_in_a_workspace
    a_project_changes_one_version_after_another
    a_project_that_is_gone_is_not_saved
    a_workspace_is_gone_once_and_for_all
    a_workspace_is_cleared_step_by_step
    an_account_is_gone_once_and_for_all
}

async fn begin<T: Ports>(
    tx: &mut T,
    workspace_id: WorkspaceId,
    slug: &str,
    owner_id: UserId,
) -> Result<Project, StorageError> {
    let new = Particulars {
        name: "Ünïcode & Söhne".to_owned(),
        description: Some("two\nlines".to_owned()),
        color: Some("#4f46e5".to_owned()),
    };
    let at = Beginning { id: tx.new_id(), workspace_id, owner_id, now: tx.now() };
    tx.save(Project::create(at, new, Slug::parse(slug).unwrap())).await
}

fn is_conflict<R>(result: Result<R, StorageError>) -> bool {
    result.is_err_and(|error| error.is_conflict())
}

async fn projects_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let roadmap = begin(tx, COMPANY, "roadmap", MEMBER).await.unwrap();
    assert_eq!(tx.load(roadmap.id).await.unwrap().as_ref(), Some(&roadmap));
    let slug = &roadmap.slug;
    assert_eq!(tx.project_by_slug(COMPANY, slug).await.unwrap().as_ref(), Some(&roadmap));
    assert_eq!(tx.project_by_slug(ELSEWHERE, slug).await.unwrap(), None);
    assert_eq!(tx.load(id(99)).await.unwrap(), None);
}

async fn a_slug_is_had_once_in_a_workspace<T: Ports>(tx: &mut T) {
    begin(tx, COMPANY, "roadmap", MEMBER).await.unwrap();
    begin(tx, ELSEWHERE, "roadmap", MEMBER).await.unwrap();
    assert!(is_conflict(begin(tx, COMPANY, "roadmap", OWNER).await));
}

async fn a_project_changes_one_version_after_another<T: Ports>(tx: &mut T) {
    let roadmap = begin(tx, COMPANY, "roadmap", MEMBER).await.unwrap();
    let archived = roadmap.archive(tx.now()).expect("it is in use");
    let archived = tx.save(archived).await.unwrap();
    assert_eq!(archived.version, roadmap.version + 1);
    let inherited = archived.hand_over(OWNER).expect("it is another's");
    let inherited = tx.save(inherited).await.unwrap();
    assert_eq!(tx.load(roadmap.id).await.unwrap(), Some(inherited));
    assert!(is_conflict(tx.save(archived.restore().expect("it is archived")).await));
}

async fn a_project_that_is_gone_is_not_saved<T: Ports>(tx: &mut T) {
    let roadmap = begin(tx, COMPANY, "roadmap", MEMBER).await.unwrap();
    tx.save(roadmap.clone().delete()).await.unwrap();
    assert_eq!(tx.load(roadmap.id).await.unwrap(), None);
    // Its slug is free again.
    begin(tx, COMPANY, "roadmap", OWNER).await.unwrap();
    assert!(is_conflict(tx.save(roadmap.delete()).await));
}

async fn a_workspace_is_gone_once_and_for_all<T: Ports>(tx: &mut T) {
    assert!(!tx.is_gone(COMPANY).await.unwrap());
    for _ in 0..2 {
        tx.remember_gone(COMPANY).await.unwrap();
        assert!(tx.is_gone(COMPANY).await.unwrap());
    }
    assert!(!tx.is_gone(ELSEWHERE).await.unwrap());
}

async fn a_workspace_is_cleared_step_by_step<T: Ports>(tx: &mut T) {
    for slug in ["one", "two", "three"] {
        begin(tx, COMPANY, slug, MEMBER).await.unwrap();
    }
    let other = begin(tx, ELSEWHERE, "one", MEMBER).await.unwrap();
    for cleared in [2, 1, 0] {
        assert_eq!(tx.clear(COMPANY, 2).await.unwrap(), cleared);
    }
    assert_eq!(tx.load(other.id).await.unwrap(), Some(other));
}

async fn an_account_is_gone_once_and_for_all<T: Ports>(tx: &mut T) {
    assert!(!tx.is_person_gone(MEMBER).await.unwrap());
    for _ in 0..2 {
        tx.remember_person_gone(MEMBER).await.unwrap();
        assert!(tx.is_person_gone(MEMBER).await.unwrap());
    }
    assert!(!tx.is_person_gone(OWNER).await.unwrap());
}
