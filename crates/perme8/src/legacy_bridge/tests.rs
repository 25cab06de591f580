//! The table of the plans: which event becomes which message on which topic.

use std::sync::Arc;

use ::agents::{
    AgentAddedToWorkspace, AgentChanges, AgentDeleted, AgentRemovedFromWorkspace, AgentUpdated,
};
use ::chat::{ChatMessageDeleted, ChatSessionDeleted, ChatSessionStarted, ChatSessionTitleChanged};
use ::documents::{
    DocumentCreated, DocumentDeleted, DocumentPinnedChanged, DocumentRestored,
    DocumentTitleChanged, DocumentTrashed, DocumentVisibilityChanged,
};
use ::identity::{
    InvitationDeclined, MemberInvited, MemberJoined, MemberLeft, MemberRemoved, Role,
    WorkspaceCreated,
};
use ::notifications::{DocumentsGateway, IdentityGateway, ProjectsGateway};
use ::projects::{
    Directory, ProjectArchived, ProjectChanges, ProjectCreated, ProjectDeleted, ProjectUpdated,
};
use api::LegacyBridge as _;
use expect_test::{Expect, expect};
use perme8_events::{
    EventFilter, EventStore as _, Id, NewEvent, Origin, Position, Transaction as _,
    sql::{Db, UnitOfWork},
    testing::TestDb,
};
use uuid::Uuid;

use super::*;
use crate::MIGRATIONS;

fn id<A>(number: u128) -> Id<A> {
    Id::new(Uuid::from_u128(number))
}

/// Emits an event and shows what the bridge says of it; ids by their last digit.
async fn check<E: DomainEvent>(event: E, expected: Expect) {
    let test = TestDb::sqlite(MIGRATIONS).await;
    let directory = IdentityGateway::new(::identity::Directory::new(test.db.clone()));
    let names = Arc::new(ProjectsGateway::new(Directory::new(test.db.clone())));
    let documents = ::documents::Directory::new(test.db.clone());
    let titles = Arc::new(DocumentsGateway::new(documents.clone()));
    let told = Notifications::new(test.db.clone(), Arc::new(directory), names, titles);
    let bridge = LegacyBridge::new(&told, &documents);
    emit(&test.db, NewEvent::of(event)).await;
    expected.assert_eq(&said(&test.db, &bridge).await);
}

async fn emit(db: &Db, event: NewEvent) {
    UnitOfWork::new(db.clone())
        .run(Origin::system("tests"), async |tx| {
            tx.push(event);
            Ok::<_, StorageError>(())
        })
        .await
        .unwrap();
}

/// What the bridge says of everything in the log, a line each.
async fn said(db: &Db, bridge: &LegacyBridge) -> String {
    let mut lines = String::new();
    for event in db.read(&EventFilter::All, Position::START, 1000).await.unwrap() {
        for message in bridge.translate(&event).await.unwrap() {
            lines += &serde_json::to_string(&message).unwrap();
            lines.push('\n');
        }
    }
    lines.replace("00000000-0000-0000-0000-00000000000", "#")
}

#[tokio::test]
async fn an_invitation_is_told_to_everybody_who_watches_invitations_and_to_the_invitee() {
    check(
        MemberInvited {
            user_id: id(5),
            workspace_id: id(7),
            workspace_name: "Test Workspace".to_owned(),
            invited_by: Some(id(6)),
            invited_by_name: "John Doe".to_owned().into(),
            role: Role::Member,
            invitation_id: id(9),
        },
        expect![[r##"
            ["workspace_invitations",["workspace_invitation_created",{"invited_by_name":"John Doe","role":"member","user_id":"#5","workspace_id":"#7","workspace_name":"Test Workspace"}]]
            ["user:#5",["workspace_invitation","#7","Test Workspace","John Doe"]]
        "##]],
    )
    .await;
}

#[tokio::test]
async fn a_new_member_is_told_to_that_person_and_to_the_workspace() {
    check(
        MemberJoined {
            workspace_id: id(7),
            user_id: id(5),
            role: Role::Member,
            invitation_id: None,
        },
        expect![[r##"
            ["user:#5",["workspace_joined","#7"]]
            ["workspace:#7",["member_joined","#5"]]
        "##]],
    )
    .await;
}

#[tokio::test]
async fn a_removed_member_is_told() {
    check(
        MemberRemoved { workspace_id: id(7), user_id: id(5) },
        expect![[r##"
            ["user:#5",["workspace_removed","#7"]]
        "##]],
    )
    .await;
}

#[tokio::test]
async fn a_declined_invitation_is_told_to_the_workspace_if_somebody_was_invited() {
    check(
        InvitationDeclined { invitation_id: id(9), workspace_id: id(7), user_id: Some(id(5)) },
        expect![[r##"
            ["workspace:#7",["invitation_declined","#5"]]
        "##]],
    )
    .await;
    check(
        InvitationDeclined { invitation_id: id(9), workspace_id: id(7), user_id: None },
        expect![""],
    )
    .await;
}

#[tokio::test]
async fn agents_are_told_to_every_workspace_where_they_are_seen_and_to_their_owner() {
    let (agent_id, user_id, name) = (id(6), id(5), || "Helper".to_owned());
    let (workspace_ids, changes) = (vec![id(7), id(8)], AgentChanges::default());
    check(
        AgentUpdated { agent_id, user_id, name: name(), workspace_ids, changes },
        expect![[r##"
            ["workspace:#7",["workspace_agent_updated",{"id":"#6","name":"Helper","user_id":"#5"}]]
            ["workspace:#8",["workspace_agent_updated",{"id":"#6","name":"Helper","user_id":"#5"}]]
            ["user:#5",["workspace_agent_updated",{"id":"#6","name":"Helper","user_id":"#5"}]]
        "##]],
    )
    .await;
    check(
        AgentDeleted { agent_id, user_id, name: name(), workspace_ids: Vec::new() },
        expect![[r##"
            ["user:#5",["workspace_agent_updated",{"id":"#6","name":"Helper","user_id":"#5"}]]
        "##]],
    )
    .await;
    let (workspace_id, is_shared) = (id(7), true);
    check(
        AgentAddedToWorkspace { agent_id, workspace_id, user_id, name: name(), is_shared },
        expect![[r##"
            ["workspace:#7",["workspace_agent_updated",{"id":"#6","name":"Helper","user_id":"#5"}]]
        "##]],
    )
    .await;
    let is_shared = false;
    check(
        AgentRemovedFromWorkspace { agent_id, workspace_id, user_id, name: name(), is_shared },
        expect![[r##"
            ["user:#5",["workspace_agent_updated",{"id":"#6","name":"Helper","user_id":"#5"}]]
        "##]],
    )
    .await;
}

#[tokio::test]
async fn projects_are_told_to_their_workspace() {
    let (project_id, workspace_id, user_id) = (id(6), id(7), id(5));
    let (name, slug) = ("Roadmap".to_owned(), "roadmap".to_owned());
    check(
        ProjectCreated { project_id, workspace_id, user_id, name: name.clone(), slug },
        expect![[r##"
            ["workspace:#7",["project_added","#6"]]
        "##]],
    )
    .await;
    let changes = ProjectChanges::default();
    check(
        ProjectUpdated { project_id, workspace_id, user_id, name: name.clone(), changes },
        expect![[r##"
            ["workspace:#7",["project_updated","#6","Roadmap"]]
        "##]],
    )
    .await;
    check(
        ProjectDeleted { project_id, workspace_id, user_id, name: name.clone() },
        expect![[r##"
            ["workspace:#7",["project_removed","#6"]]
        "##]],
    )
    .await;
    check(
        ProjectArchived { project_id, workspace_id, user_id, name },
        expect![[r##"
        ["workspace:#7",["project_updated","#6","Roadmap"]]
    "##]],
    )
    .await;
}

#[tokio::test]
async fn documents_are_told_to_their_workspace_and_to_those_who_have_them_open() {
    let (document_id, workspace_id, user_id) = (id(8), id(7), id(5));
    let (title, is_public) = ("Plans".to_owned(), true);
    let created = DocumentCreated {
        document_id,
        workspace_id,
        project_id: Some(id(6)),
        user_id,
        title: title.clone(),
        slug: "plans".to_owned(),
        is_public,
    };
    check(created, expect![[r##"
        ["workspace:#7",["document_created",{"created_by":"#5","id":"#8","is_pinned":false,"is_public":true,"project_id":"#6","slug":"plans","title":"Plans","user_id":"#5","workspace_id":"#7"}]]
    "##]]).await;
    let previous_title = Some("Roadmap".to_owned());
    let renamed = DocumentTitleChanged {
        document_id,
        workspace_id,
        user_id,
        title: title.clone(),
        previous_title,
        is_public,
    };
    check(
        renamed,
        expect![[r##"
        ["workspace:#7",["document_title_changed","#8","Plans"]]
        ["document:#8",["document_title_changed","#8","Plans"]]
    "##]],
    )
    .await;
    let shared = DocumentVisibilityChanged { document_id, workspace_id, user_id, is_public };
    check(
        shared,
        expect![[r##"
        ["workspace:#7",["document_visibility_changed","#8",true]]
        ["document:#8",["document_visibility_changed","#8",true]]
    "##]],
    )
    .await;
    let pinned =
        DocumentPinnedChanged { document_id, workspace_id, user_id, is_pinned: true, is_public };
    check(
        pinned,
        expect![[r##"
        ["workspace:#7",["document_pinned_changed","#8",true]]
        ["document:#8",["document_pinned_changed","#8",true]]
    "##]],
    )
    .await;
    // There was no trash: the old system deleted what is put there.
    let trashed =
        DocumentTrashed { document_id, workspace_id, user_id, title: title.clone(), is_public };
    check(
        trashed,
        expect![[r##"
        ["workspace:#7",["document_deleted","#8"]]
    "##]],
    )
    .await;
    // What is not there any more when that is told has not come back.
    let restored =
        DocumentRestored { document_id, workspace_id, user_id, title: title.clone(), is_public };
    check(restored, expect![""]).await;
    let deleted = DocumentDeleted { document_id, workspace_id, user_id, title, is_public };
    check(
        deleted,
        expect![[r##"
        ["workspace:#7",["document_deleted","#8"]]
    "##]],
    )
    .await;
}

#[tokio::test]
async fn what_the_old_system_did_not_know_is_not_told() {
    check(MemberLeft { workspace_id: id(7), user_id: id(5) }, expect![""]).await;
    let created = WorkspaceCreated {
        workspace_id: id(7),
        name: "Acme".to_owned(),
        slug: "acme".to_owned(),
        owner_id: id(5),
    };
    check(created, expect![""]).await;
}

/// What people talk about was told in structured events alone, and these are followed without a translation.
#[tokio::test]
async fn nothing_is_told_of_conversations() {
    let (session_id, user_id, workspace_id) = (id(4), id(5), Some(id(7)));
    let (project_id, agent_id) = (None, None);
    let started = ChatSessionStarted { session_id, user_id, workspace_id, project_id, agent_id };
    check(started, expect![""]).await;
    let renamed = ChatSessionTitleChanged { session_id, user_id, workspace_id, automatic: false };
    check(renamed, expect![""]).await;
    let without = ChatMessageDeleted { message_id: id(3), session_id, user_id, workspace_id };
    check(without, expect![""]).await;
    check(ChatSessionDeleted { session_id, user_id, workspace_id }, expect![""]).await;
}
