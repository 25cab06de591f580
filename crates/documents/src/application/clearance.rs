//! What is left to do once a workspace, a project or an account is gone, some documents at a time.

use std::collections::BTreeSet;

use perme8_events::{Job, Save, StorageError, UserId, WorkspaceId};
use projects::ProjectId;
use serde::{Deserialize, Serialize};

use crate::{
    application::{
        notes::Notes,
        ports::{Documents, Gone, Tombstones},
        purge_document::purge,
    },
    domain::{document::Document, references::DocumentId},
};

/// So many documents are dealt with in one transaction: more would hold up whoever else writes.
pub(crate) const AT_ONCE: u32 = 100;

/// What is left to do once a workspace, a project or an account is gone.
///
/// It is a chain: each job deals with some documents, and enqueues the next one in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Clearance {
    /// The documents of a workspace go with it, and what they say. No event tells of them one by one: nobody is left to be
    /// told, and whoever holds something of the workspace hears that all of it goes.
    Workspace {
        /// Which is gone.
        workspace_id: WorkspaceId,
    },
    /// The documents of a project come out of it, and stay in the workspace.
    Project {
        /// Which is gone.
        project_id: ProjectId,
    },
    /// What a person shares becomes that of whoever owns the workspace, because others work on it, too; what is private goes
    /// for good.
    Person {
        /// Whose account is gone.
        user_id: UserId,
        /// Those up to this one are dealt with.
        after: Option<DocumentId>,
    },
}

impl Job for Clearance {
    const QUEUE: &'static str = "documents.clearances";
}

/// Some documents of a person, each with whoever gets it if it is shared; found out before the transaction.
#[derive(Debug)]
pub(crate) struct Estate {
    pub(crate) heirs: Vec<(DocumentId, UserId)>,
    /// Behind which the others come, if there may be others.
    pub(crate) end: Option<DocumentId>,
}

/// Forgets some documents and notes of a workspace that is gone, and leaves the others to the next job; gives how many.
pub(crate) async fn clear(
    tx: &mut impl Tombstones,
    workspace_id: WorkspaceId,
) -> Result<u64, StorageError> {
    let cleared = tx.clear(workspace_id, AT_ONCE).await?;
    // Fewer than asked for need not be the last: somebody may have been ending one of them.
    if cleared > 0 {
        tx.enqueue(Clearance::Workspace { workspace_id });
    }
    Ok(cleared)
}

/// Takes some documents out of a project that is gone, and leaves the others to the next job; gives how many.
pub(crate) async fn detach<T: Documents + Save<Document>>(
    tx: &mut T,
    project_id: ProjectId,
) -> Result<u64, StorageError> {
    let mut detached = 0;
    for document in tx.documents_in(project_id, AT_ONCE).await? {
        if let Some(document) = document.leave_project() {
            tx.save(document).await?;
            detached += 1;
        }
    }
    if detached > 0 {
        tx.enqueue(Clearance::Project { project_id });
    }
    Ok(detached)
}

/// Hands over or ends some documents of a person who is gone, and leaves the others to the next job; gives how many.
///
/// A conflict when an heir is gone by now: whose the workspace is has to be asked again.
pub(crate) async fn hand_over<T>(
    tx: &mut T,
    user_id: UserId,
    Estate { heirs, end }: Estate,
) -> Result<u64, StorageError>
where
    T: Documents + Notes + Tombstones + Save<Document>,
{
    for heir in heirs.iter().map(|(_, heir)| *heir).collect::<BTreeSet<_>>() {
        if tx.is_gone(Gone::Person(heir)).await? {
            return Err(StorageError::conflict());
        }
    }
    let mut settled = 0;
    for (id, heir) in heirs {
        // Ended or handed over by others in the meantime.
        let Some(document) = tx.load(id).await?.filter(|found| found.owner_id == user_id) else {
            continue;
        };
        if !document.is_public {
            purge(tx, document).await?;
        } else if let Some(inherited) = document.hand_over(heir) {
            // What it said before it was shared is nobody else's.
            tx.forget_private_versions(document.note_id, user_id).await?;
            tx.save(inherited).await?;
        }
        settled += 1;
    }
    if end.is_some() {
        tx.enqueue(Clearance::Person { user_id, after: end });
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::testing::{COMPANY, DIARY, ELSEWHERE, MEMBER, OWNER, ROADMAP, company, id, says};

    #[tokio::test]
    async fn the_documents_of_a_workspace_go_without_a_word() {
        let mut tx = company().await;
        tx.state.documents[1].workspace_id = ELSEWHERE;
        assert_eq!(clear(&mut tx, COMPANY).await.unwrap(), 3, "a document, and both notes");
        assert_eq!(tx.state.documents.len(), 1);
        expect![[r#"
            enqueue documents.clearances {"of":"workspace","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]].assert_eq(&tx.transcript());
        // The next job finds nothing, and is the last.
        assert_eq!(clear(&mut tx, COMPANY).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_large_workspace_goes_in_steps() {
        let mut tx = company().await;
        let one = tx.state.documents[0].clone();
        let numbered = |number| Document { id: id(1_000 + number), ..one.clone() };
        tx.state.documents = (0..250_u128).map(numbered).collect();
        for left in [150, 50, 0] {
            clear(&mut tx, COMPANY).await.unwrap();
            assert_eq!(tx.state.documents.len(), left);
        }
    }

    #[tokio::test]
    async fn the_documents_of_a_project_stay_where_it_was() {
        let mut tx = company().await;
        for document in &mut tx.state.documents {
            document.project_id = Some(ROADMAP);
        }
        assert_eq!(detach(&mut tx, ROADMAP).await.unwrap(), 2);
        expect![[r#"
            documents.document_moved {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","from_project_id":"00000000-0000-0000-0000-00000000001f","project_id":null,"is_public":true}
            documents.document_moved {"document_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","from_project_id":"00000000-0000-0000-0000-00000000001f","project_id":null,"is_public":false}
            enqueue documents.clearances {"of":"project","project_id":"00000000-0000-0000-0000-00000000001f"}
        "#]].assert_eq(&tx.transcript());
        assert!(tx.state.documents.iter().all(|document| document.project_id.is_none()));
        assert_eq!(detach(&mut tx, ROADMAP).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_a_person_shares_is_handed_over_and_what_is_private_goes() {
        let mut tx = company().await;
        let [plans, diary] = [0, 1].map(|place| tx.state.documents[place].id);
        // One is gone already.
        let heirs = vec![(plans, OWNER), (diary, OWNER), (id(99), OWNER)];
        let estate = Estate { heirs, end: Some(diary) };
        assert_eq!(hand_over(&mut tx, MEMBER, estate).await.unwrap(), 2);
        expect![[r#"
            documents.document_handed_over {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","from_user_id":"00000000-0000-0000-0000-000000000004","is_public":true}
            documents.document_deleted {"document_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Diary","is_public":false}
            enqueue documents.clearances {"of":"person","user_id":"00000000-0000-0000-0000-000000000004","after":"00000000-0000-0000-0000-000000000017"}
        "#]].assert_eq(&tx.transcript());
        let [left] = &tx.state.documents[..] else { panic!("one is left") };
        assert_eq!((left.id, left.owner_id, left.created_by), (plans, OWNER, MEMBER));
    }

    #[tokio::test]
    async fn somebody_who_is_gone_inherits_nothing() {
        let mut tx = company().await;
        tx.remember_gone(Gone::Person(OWNER)).await.unwrap();
        let estate = Estate { heirs: vec![(tx.state.documents[1].id, OWNER)], end: None };
        assert!(hand_over(&mut tx, MEMBER, estate).await.unwrap_err().is_conflict());
        assert_eq!(says(&mut tx, DIARY).await, None);
    }
}
