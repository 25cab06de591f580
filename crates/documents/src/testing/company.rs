//! A company and the people around it.

use std::sync::Arc;

use identity::{Role, Slug, WorkspaceRef};
use perme8_events::{
    Clock as _, Id, Transaction as _, UserId, WorkspaceId,
    testing::{FakeTx, ManualClock},
};
use projects::ProjectId;
use uuid::Uuid;

use super::Tables;
use crate::{
    application::{
        acting::{Acting, Home},
        contents::Opened,
        notes::Notes as _,
        ports::{
            Documents as _, Members, Membership, MockMembers, MockProjectDirectory,
            ProjectDirectory, ProjectView, Staff,
        },
    },
    domain::{
        document::{Beginning, Document, Title},
        references::DocumentRef,
        stored_note::NewNote,
    },
};

/// The workspace of most tests.
pub(crate) const COMPANY: WorkspaceId = id(1);
/// Another one.
pub(crate) const ELSEWHERE: WorkspaceId = id(7);
/// Owns the company.
pub(crate) const OWNER: UserId = id(2);
/// An admin of the company.
pub(crate) const ADMIN: UserId = id(3);
/// A member of the company, and the owner of its documents.
pub(crate) const MEMBER: UserId = id(4);
/// A guest of the company.
pub(crate) const GUEST: UserId = id(5);
/// Has nothing to do with it.
pub(crate) const STRANGER: UserId = id(10);

/// A project.
pub(crate) const ROADMAP: ProjectId = id(31);
/// A project that is put away.
pub(crate) const ATTIC: ProjectId = id(32);

/// The slug of a document that is shared, and says something.
pub(crate) const PLANS: &str = "plans";
/// The slug of a document that is private, and says nothing.
pub(crate) const DIARY: &str = "diary";

/// An id that is easy to read.
pub(crate) const fn id<A>(number: u128) -> Id<A> {
    Id::new(Uuid::from_u128(number))
}

/// A document of the company.
pub(crate) fn document(slug: &str) -> DocumentRef {
    DocumentRef { workspace: COMPANY.into(), slug: slug.to_owned() }
}

/// A transaction over a company in which a member has a shared document and a private one.
pub(crate) async fn company() -> FakeTx<Tables> {
    let mut tx = FakeTx::new(Tables::default());
    for (number, title, is_public) in [(21, "Plans", true), (23, "Diary", false)] {
        let document = written(number, title, is_public);
        let note = NewNote {
            id: document.note_id,
            document_id: document.id,
            workspace_id: COMPANY,
            author: Some(MEMBER),
        };
        tx.begin_note(&note).await.unwrap();
        tx.state.documents.push(document.clone());
        if is_public {
            let opened = Opened::of(&mut tx, &document).await.unwrap();
            opened.write(&mut tx, MEMBER, "We come.").await.unwrap();
        }
    }
    tx
}

fn written(number: u128, title: &str, is_public: bool) -> Document {
    let at = Beginning {
        id: id(number),
        note_id: id(number + 1),
        workspace_id: COMPANY,
        project_id: None,
        owner_id: MEMBER,
        now: ManualClock::monday_morning().now(),
    };
    let (title, slug) = (Title::check(title).unwrap(), Slug::from_name(title).unwrap());
    let begun = Document::create(at, title, slug, is_public);
    Document { version: 1, ..begun.peek().clone() }
}

/// The same, and this document is in the trash.
pub(crate) fn trashed(mut tx: FakeTx<Tables>, slug: &str) -> FakeTx<Tables> {
    let now = tx.now();
    of(&mut tx, slug).trashed_at = Some(now);
    tx
}

/// The same, and [`PLANS`] is in a project that is put away.
pub(crate) fn in_attic(mut tx: FakeTx<Tables>) -> FakeTx<Tables> {
    of(&mut tx, PLANS).project_id = Some(ATTIC);
    tx
}

fn of<'a>(tx: &'a mut FakeTx<Tables>, slug: &str) -> &'a mut Document {
    let documents = &mut tx.state.documents;
    documents.iter_mut().find(|row| row.slug.as_str() == slug).expect("the company has it")
}

/// What a document of the company says.
pub(crate) async fn says(tx: &mut FakeTx<Tables>, slug: &str) -> Option<String> {
    let slug = Slug::parse(slug).unwrap();
    let document = tx.document_by_slug(COMPANY, &slug).await.unwrap().unwrap();
    Opened::of(tx, &document).await.unwrap().text().content
}

/// A project in use.
pub(crate) fn roadmap() -> ProjectView {
    ProjectView { id: ROADMAP, slug: "roadmap".to_owned(), is_archived: false }
}

/// One that is put away.
pub(crate) fn attic() -> ProjectView {
    ProjectView { id: ATTIC, slug: "attic".to_owned(), is_archived: true }
}

/// Where documents are that are in no project.
pub(crate) fn at_home() -> Home {
    Home::default()
}

/// Where those are that are in a project.
pub(crate) fn in_roadmap() -> Home {
    Home { project_id: Some(ROADMAP), project: Some(roadmap()) }
}

/// Somebody of the company, who acts there.
pub(crate) fn acting(user_id: UserId) -> Acting {
    let role = role_of(user_id).expect("strangers do not act");
    Acting { user_id, membership: membership(COMPANY, role, false) }
}

/// The same, while the company is put away.
pub(crate) fn archived(acting: Acting) -> Acting {
    let membership = Membership { is_archived: true, ..acting.membership };
    Acting { membership, ..acting }
}

fn role_of(user: UserId) -> Option<Role> {
    let roles =
        [(OWNER, Role::Owner), (ADMIN, Role::Admin), (MEMBER, Role::Member), (GUEST, Role::Guest)];
    roles.into_iter().find(|(person, _)| *person == user).map(|(_, role)| role)
}

fn membership(workspace_id: WorkspaceId, role: Role, is_archived: bool) -> Membership {
    Membership { workspace_id, workspace_slug: "the-company".to_owned(), is_archived, role }
}

impl MockMembers {
    /// Takes every workspace for the company, put away or not.
    pub(crate) fn everywhere(is_archived: bool) -> Arc<dyn Members> {
        let mut members = Self::new();
        members.expect_membership().returning(move |user, workspace| {
            let WorkspaceRef::Id(workspace_id) = workspace else { return Ok(None) };
            Ok(role_of(user).map(|role| membership(*workspace_id, role, is_archived)))
        });
        members.expect_workspaces_of().returning(|_| Ok(Vec::new()));
        members.expect_people().returning(|_| Ok(Vec::new()));
        members.expect_staff().returning(move |users, _| {
            let roles = users.iter().filter_map(|user| Some((*user, role_of(*user)?)));
            Ok(Some(Staff { is_archived, roles: roles.collect() }))
        });
        members
            .expect_name_of()
            .returning(|user| Ok(Some(format!("Person {}", user.uuid().as_u128()))));
        members.expect_owners_of().returning(|workspaces| {
            Ok(workspaces.iter().map(|workspace| (*workspace, OWNER)).collect())
        });
        Arc::new(members)
    }
}

impl MockProjectDirectory {
    /// Knows [`ROADMAP`] everywhere.
    pub(crate) fn with_roadmap() -> Arc<dyn ProjectDirectory> {
        let mut projects = Self::new();
        projects.expect_project().returning(|_, slug| Ok((slug == "roadmap").then(roadmap)));
        projects.expect_projects().returning(|_| Ok(vec![roadmap()]));
        Arc::new(projects)
    }
}
