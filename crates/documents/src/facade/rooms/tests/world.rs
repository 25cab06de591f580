//! A company with a document, and nodes on which it is edited.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use identity::{Role, WorkspaceRef};
use perme8_events::{
    Origin, StorageError, UserId, WorkspaceId,
    sql::{Tx, UnitOfWork},
    testing::TestDb,
};

use super::Client;
use crate::{
    application::{
        create_document::CreateDocument,
        edit_note::{EditNote, EditNoteError},
        ports::{Members, Membership, MockProjectDirectory, PersonView, Staff},
        trash_document::TrashDocument,
        update_document::{NewContent, UpdateDocument},
    },
    domain::references::{DocumentId, DocumentRef},
    facade::{
        Documents,
        rooms::{Pace, Visitor, connection::Editing},
    },
    infrastructure::{document_queries, note_queries},
    testing::{ADMIN, COMPANY, GUEST, MEMBER, OWNER, Village, document},
};

/// Nothing happens by itself.
pub(super) const NEVER: Pace = Pace {
    poll: Duration::from_hours(1),
    beat: Duration::from_hours(1),
    silence: Duration::from_hours(1),
    most_open: usize::MAX,
    early: None,
};

pub(super) struct World {
    pub(super) test: TestDb,
    pub(super) people: People,
    pub(super) village: Village,
    pub(super) documents: Documents,
    pub(super) plans_id: DocumentId,
}

/// What everybody is in the company, and whether that is put away.
#[derive(Debug, Clone)]
pub(super) struct People {
    roles: Arc<Mutex<HashMap<UserId, Role>>>,
    is_archived: Arc<AtomicBool>,
}

impl World {
    /// The company has the document "plans" of a member, which says this and is shared.
    pub(super) async fn begin(test: TestDb, content: &str) -> Self {
        let roles = HashMap::from([
            (OWNER, Role::Owner),
            (ADMIN, Role::Admin),
            (MEMBER, Role::Member),
            (GUEST, Role::Guest),
        ]);
        let people = People { roles: Arc::new(Mutex::new(roles)), is_archived: Arc::default() };
        let village = Village::new();
        let documents = node(&test, &people, &village, NEVER);
        let create = CreateDocument {
            workspace: COMPANY.into(),
            project: None,
            title: "Plans".to_owned(),
            content: Some(content.to_owned()),
            is_public: true,
        };
        let created = documents.create_document(Origin::user(MEMBER), create).await;
        let (open, _) = created.unwrap();
        Self { test, people, village, documents, plans_id: open.document.id }
    }

    /// Another node of the same database.
    pub(super) fn another_node(&self, pace: Pace) -> Documents {
        node(&self.test, &self.people, &self.village, pace)
    }

    pub(super) async fn join(&self, user: UserId) -> Client {
        join(&self.documents, user).await.unwrap()
    }

    /// Somebody has left the company.
    pub(super) fn leaves(&self, user: UserId) {
        self.leaves_unheard(user);
        self.village.happens();
    }

    /// The same, and nobody says so.
    pub(super) fn leaves_unheard(&self, user: UserId) {
        self.people.roles.lock().unwrap().remove(&user);
    }

    /// Somebody is something else in the company from now on, and nobody says so.
    pub(super) fn becomes_unheard(&self, user: UserId, role: Role) {
        self.people.roles.lock().unwrap().insert(user, role);
    }

    /// The company is put away, or taken out again, and nobody says so.
    pub(super) fn archives_unheard(&self, is_archived: bool) {
        self.people.is_archived.store(is_archived, Ordering::SeqCst);
    }

    /// Somebody stands at the door: the room hears of it when this is polled once.
    pub(super) async fn enters(
        &self,
        user: UserId,
    ) -> Pin<Box<dyn Future<Output = Result<Editing, EditNoteError>> + Send>> {
        let found = document_queries::by_id(&self.test.db, self.plans_id).await;
        let (document, rooms) = (found.unwrap().unwrap(), self.documents.rooms.clone().unwrap());
        let (name, origin) = ("Somebody".to_owned(), Origin::user(user));
        let visitor = Visitor { user, name, only_reads: false, origin };
        Box::pin(async move { rooms.join(&document, visitor).await })
    }

    /// Whether anybody on the first node has the document open.
    pub(super) fn is_open(&self) -> bool {
        !format!("{:?}", self.documents.rooms).contains("open: 0")
    }

    pub(super) async fn tamper(
        &self,
        change: impl AsyncFnOnce(&mut Tx) -> Result<u64, StorageError>,
    ) {
        UnitOfWork::new(self.test.db.clone()).run(Origin::system("test"), change).await.unwrap();
    }

    pub(super) async fn share(&self, is_public: bool) {
        self.update(UpdateDocument { is_public: Some(is_public), ..nothing() }).await;
    }

    pub(super) async fn write(&self, text: &str) {
        let open = self.documents.document(&Origin::user(MEMBER), &plans()).await.unwrap();
        let (text, seen_hash) = (text.to_owned(), Some(open.text.content_hash));
        let content = Some(NewContent { text, seen_hash });
        self.update(UpdateDocument { content, ..nothing() }).await;
    }

    pub(super) async fn update(&self, update: UpdateDocument) {
        self.documents.update_document(Origin::user(MEMBER), update).await.unwrap();
    }

    pub(super) async fn trash(&self) {
        let trash = TrashDocument { document: plans(), seen: None };
        self.documents.trash_document(Origin::user(MEMBER), trash).await.unwrap();
    }

    /// What is stored, as everybody reads it who has no copy open.
    pub(super) async fn says(&self) -> Option<String> {
        let open = self.documents.document(&Origin::user(MEMBER), &plans()).await.unwrap();
        open.text.content
    }

    /// How many edits are stored, and how many of them are in a snapshot.
    pub(super) async fn stored(&self) -> (i64, i64) {
        let plans = self.documents.document(&Origin::user(MEMBER), &plans()).await.unwrap();
        let stored = note_queries::stored_note(&mut &self.test.db, plans.document.id).await;
        let stored = stored.unwrap().unwrap();
        (stored.head, stored.head - i64::try_from(stored.updates.len()).unwrap())
    }
}

pub(super) fn plans() -> DocumentRef {
    document("plans")
}

pub(super) fn nothing() -> UpdateDocument {
    UpdateDocument {
        document: plans(),
        title: None,
        is_public: None,
        is_pinned: None,
        project: None,
        content: None,
        seen: None,
    }
}

fn node(test: &TestDb, people: &People, village: &Village, pace: Pace) -> Documents {
    let people = Arc::new(people.clone());
    let projects = MockProjectDirectory::with_roadmap();
    Documents::new(test.db.clone(), people, projects).with_rooms(Arc::new(village.clone()), pace)
}

pub(super) async fn join(on: &Documents, user: UserId) -> Result<Client, EditNoteError> {
    let edit = EditNote { document: plans(), only_reads: false };
    Ok(Client::new(on.edit(Origin::user(user), edit).await?))
}

#[async_trait]
impl Members for People {
    async fn membership(
        &self,
        user: UserId,
        _: &WorkspaceRef,
    ) -> Result<Option<Membership>, StorageError> {
        let role = self.roles.lock().unwrap().get(&user).copied();
        Ok(role.map(|role| Membership {
            workspace_id: COMPANY,
            workspace_slug: "the-company".to_owned(),
            is_archived: self.is_archived.load(Ordering::SeqCst),
            role,
        }))
    }

    async fn workspaces_of(&self, _: UserId) -> Result<Vec<WorkspaceId>, StorageError> {
        Ok(vec![COMPANY])
    }

    async fn owners_of(
        &self,
        _: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError> {
        let people = self.roles.lock().unwrap();
        let owners = people.iter().filter(|(_, role)| **role == Role::Owner);
        Ok(owners.map(|(user, _)| (COMPANY, *user)).collect())
    }

    async fn people(&self, _: &[UserId]) -> Result<Vec<PersonView>, StorageError> {
        Ok(Vec::new())
    }

    async fn staff(&self, users: &[UserId], _: WorkspaceId) -> Result<Option<Staff>, StorageError> {
        let people = self.roles.lock().unwrap();
        let roles = users.iter().filter_map(|user| Some((*user, *people.get(user)?)));
        Ok(Some(Staff {
            is_archived: self.is_archived.load(Ordering::SeqCst),
            roles: roles.collect(),
        }))
    }

    async fn name_of(&self, user: UserId) -> Result<Option<String>, StorageError> {
        Ok(Some(format!("Person {}", user.uuid().as_u128())))
    }
}
