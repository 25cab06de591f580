//! Documents, and workspaces that are gone.

use chrono::Days;
use identity::Slug;
use perme8_events::{Save, WorkspaceId};

use super::*;
use crate::{
    application::notes::Notes,
    application::ports::{Documents, Gone, Tombstones},
    domain::document::{Beginning, Document, Particulars, Title},
    domain::stored_note::NewNote,
    testing::{COMPANY, ELSEWHERE, MEMBER, ROADMAP, Tables, id},
};

/// Every port at once.
trait Ports: Documents + Notes + Tombstones + Save<Document> {}

impl<T: Documents + Notes + Tombstones + Save<Document>> Ports for T {}

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    documents_come_back_as_they_were_saved
    a_slug_is_had_once_in_a_workspace
    a_document_changes_one_version_after_another
    a_document_that_is_gone_is_not_saved
    what_is_old_in_the_trash_is_found
    a_text_is_no_version_and_changes_what_is_as_it_was
    what_is_gone_is_gone_once_and_for_all
    a_workspace_is_cleared_step_by_step
    what_is_in_a_project_is_found
}

async fn create<T: Ports>(
    tx: &mut T,
    workspace_id: WorkspaceId,
    slug: &str,
) -> Result<Document, StorageError> {
    let at = Beginning {
        id: tx.new_id(),
        note_id: tx.new_id(),
        workspace_id,
        project_id: None,
        owner_id: MEMBER,
        now: tx.now(),
    };
    let title = Title::check("Ünïcode & Söhne").unwrap();
    tx.save(Document::create(at, title, Slug::parse(slug).unwrap(), true)).await
}

fn is_conflict<R>(result: Result<R, StorageError>) -> bool {
    result.is_err_and(|error| error.is_conflict())
}

async fn documents_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let plans = create(tx, COMPANY, "plans").await.unwrap();
    assert_eq!(tx.load(plans.id).await.unwrap().as_ref(), Some(&plans));
    let slug = &plans.slug;
    assert_eq!(tx.document_by_slug(COMPANY, slug).await.unwrap().as_ref(), Some(&plans));
    assert_eq!(tx.document_by_slug(ELSEWHERE, slug).await.unwrap(), None);
    assert_eq!(tx.load(id(99)).await.unwrap(), None);
    assert_eq!(tx.count_documents(COMPANY).await.unwrap(), 1);
    assert_eq!(tx.count_documents(ELSEWHERE).await.unwrap(), 0);
}

async fn a_slug_is_had_once_in_a_workspace<T: Ports>(tx: &mut T) {
    create(tx, COMPANY, "plans").await.unwrap();
    create(tx, ELSEWHERE, "plans").await.unwrap();
    assert!(is_conflict(create(tx, COMPANY, "plans").await));
}

async fn a_document_changes_one_version_after_another<T: Ports>(tx: &mut T) {
    let plans = create(tx, COMPANY, "plans").await.unwrap();
    let other = Particulars {
        title: Title::check("Goals").unwrap(),
        project_id: Some(ROADMAP),
        is_public: false,
        is_pinned: true,
    };
    let changed = plans.update(other, tx.now()).expect("everything is another");
    let changed = tx.save(changed).await.unwrap();
    assert_eq!(changed.version, plans.version + 1);
    let trashed = changed.trash(tx.now()).expect("it is in use");
    let trashed = tx.save(trashed).await.unwrap();
    assert_eq!(tx.load(plans.id).await.unwrap(), Some(trashed));
    assert!(is_conflict(tx.save(plans.trash(tx.now()).expect("it is stale")).await));
}

async fn a_document_that_is_gone_is_not_saved<T: Ports>(tx: &mut T) {
    let plans = create(tx, COMPANY, "plans").await.unwrap();
    tx.save(plans.clone().purge()).await.unwrap();
    assert_eq!(tx.load(plans.id).await.unwrap(), None);
    // Its slug is free again.
    create(tx, COMPANY, "plans").await.unwrap();
    assert!(is_conflict(tx.save(plans.purge()).await));
}

async fn what_is_old_in_the_trash_is_found<T: Ports>(tx: &mut T) {
    let now = tx.now();
    for (slug, days) in [("new", 0), ("old", 2), ("older", 3)] {
        let document = create(tx, COMPANY, slug).await.unwrap();
        tx.save(document.trash(now - Days::new(days)).expect("it is in use")).await.unwrap();
    }
    create(tx, COMPANY, "in-use").await.unwrap();
    for (limit, expected) in [(9, &["older", "old"][..]), (1, &["older"])] {
        let found = tx.trashed_until(now - Days::new(2), limit).await.unwrap();
        let slugs: Vec<_> = found.iter().map(|document| document.slug.as_str()).collect();
        assert_eq!(slugs, expected);
    }
}

async fn a_text_is_no_version_and_changes_what_is_as_it_was<T: Ports>(tx: &mut T) {
    let plans = create(tx, COMPANY, "plans").await.unwrap();
    let particulars = Particulars { is_pinned: true, ..plans.particulars() };
    let earlier = plans.update(particulars, tx.now() - Days::new(1)).expect("it is pinned now");
    let plans = tx.save(earlier).await.unwrap();
    assert_ne!(plans.updated_at, tx.now());
    tx.touch(&plans).await.unwrap();
    let touched = Document { updated_at: tx.now(), ..plans.clone() };
    assert_eq!(tx.load(plans.id).await.unwrap(), Some(touched));
    tx.save(plans.trash(tx.now()).expect("it is in use")).await.unwrap();
    assert!(is_conflict(tx.touch(&plans).await));
}

async fn what_is_gone_is_gone_once_and_for_all<T: Ports>(tx: &mut T) {
    let alike = [Gone::Workspace(id(1)), Gone::Project(id(1)), Gone::Person(id(1))];
    for what in alike {
        assert!(!tx.is_gone(what).await.unwrap());
        for _ in 0..2 {
            tx.remember_gone(what).await.unwrap();
            assert!(tx.is_gone(what).await.unwrap());
        }
    }
    assert!(!tx.is_gone(Gone::Workspace(ELSEWHERE)).await.unwrap());
}

async fn a_workspace_is_cleared_step_by_step<T: Ports>(tx: &mut T) {
    for slug in ["one", "two", "three"] {
        let Document { id, note_id, .. } = create(tx, COMPANY, slug).await.unwrap();
        let note =
            NewNote { id: note_id, document_id: id, workspace_id: COMPANY, author: Some(MEMBER) };
        tx.begin_note(&note).await.unwrap();
    }
    let other = create(tx, ELSEWHERE, "one").await.unwrap();
    for cleared in [4, 2, 0] {
        assert_eq!(tx.clear(COMPANY, 2).await.unwrap(), cleared);
    }
    assert_eq!(tx.load(other.id).await.unwrap(), Some(other));
}

async fn what_is_in_a_project_is_found<T: Ports>(tx: &mut T) {
    let mut inside = Vec::new();
    for slug in ["one", "two", "three"] {
        let document = create(tx, COMPANY, slug).await.unwrap();
        let particulars = Particulars { project_id: Some(ROADMAP), ..document.particulars() };
        let moved = document.update(particulars, tx.now()).expect("it was in none");
        inside.push(tx.save(moved).await.unwrap());
    }
    create(tx, COMPANY, "outside").await.unwrap();
    assert_eq!(tx.documents_in(ROADMAP, 10).await.unwrap(), inside);
    assert_eq!(tx.documents_in(ROADMAP, 2).await.unwrap(), inside[..2]);
}
