//! What becomes of documents that are created.

use expect_test::{Expect, expect};

use super::*;
use crate::testing::{
    COMPANY, GUEST, MEMBER, ROADMAP, acting, archived, attic, company, roadmap, says,
};

fn titled(title: &str) -> CreateDocument {
    CreateDocument {
        workspace: COMPANY.into(),
        project: None,
        title: title.to_owned(),
        content: None,
        is_public: false,
    }
}

async fn outcome(
    acting: Acting,
    command: CreateDocument,
    goal: Option<ProjectView>,
    expected: Expect,
) {
    let mut tx = company().await;
    let outcome = command.execute(&mut tx, &acting, goal.as_ref()).await;
    let seen = outcome.map(|(document, text)| (document.slug.to_string(), text.content));
    expected.assert_eq(&tx.report(&seen));
}

async fn check(acting: Acting, command: CreateDocument, expected: Expect) {
    outcome(acting, command, None, expected).await;
}

fn within(project: &str) -> CreateDocument {
    CreateDocument { project: Some(project.to_owned()), ..titled("New") }
}

#[test]
fn what_people_write_is_not_shown() {
    let command = CreateDocument { content: Some("Dear me".to_owned()), ..titled("Dear me") };
    let shown = format!("{command:?}");
    assert!(shown.contains("is_public") && !shown.contains("Dear me"), "{shown}");
}

#[tokio::test]
async fn whoever_creates_a_document_owns_it_and_is_alone_to_see_it() {
    check(acting(MEMBER), titled(" Café résumé "), expect![[r#"
        Ok(("cafe-resume", None))
        documents.document_created {"document_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","project_id":null,"user_id":"00000000-0000-0000-0000-000000000004","title":"Café résumé","slug":"cafe-resume","is_public":false}
    "#]]).await;
}

#[tokio::test]
async fn a_document_can_be_shared_from_the_beginning_and_be_in_a_project() {
    let command = CreateDocument { is_public: true, ..within("roadmap") };
    outcome(acting(MEMBER), command, Some(roadmap()), expect![[r#"
        Ok(("new", None))
        documents.document_created {"document_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","project_id":"00000000-0000-0000-0000-00000000001f","user_id":"00000000-0000-0000-0000-000000000004","title":"New","slug":"new","is_public":true}
    "#]]).await;
}

#[tokio::test]
async fn what_is_written_at_once_is_in_the_note() {
    let mut tx = company().await;
    let text = "# One  \n\ntwo";
    let command = CreateDocument { content: Some(text.to_owned()), ..titled("New") };
    let (_, told) = command.execute(&mut tx, &acting(MEMBER), None).await.unwrap();
    assert_eq!(told.content.as_deref(), Some(text));
    assert_eq!(told.content_hash, crate::domain::content::ContentHash::of(text).as_str());
    assert_eq!(says(&mut tx, "new").await.as_deref(), Some(text));
}

#[tokio::test]
async fn taken_and_empty_slugs_get_random_digits() {
    check(acting(MEMBER), titled("Plans!"), expect![[r#"
        Ok(("plans-000102", None))
        documents.document_created {"document_id":"00000000-0000-0000-0000-000000000103","workspace_id":"00000000-0000-0000-0000-000000000001","project_id":null,"user_id":"00000000-0000-0000-0000-000000000004","title":"Plans!","slug":"plans-000102","is_public":false}
    "#]]).await;
    check(acting(MEMBER), titled("🎉"), expect![[r#"
        Ok(("document-000102", None))
        documents.document_created {"document_id":"00000000-0000-0000-0000-000000000103","workspace_id":"00000000-0000-0000-0000-000000000001","project_id":null,"user_id":"00000000-0000-0000-0000-000000000004","title":"🎉","slug":"document-000102","is_public":false}
    "#]]).await;
}

#[tokio::test]
async fn guests_create_nothing_and_learn_first_whether_there_is_a_project() {
    check(
        acting(GUEST),
        titled(""),
        expect![[r#"
            Err(guests create no documents)
        "#]],
    )
    .await;
    check(
        acting(GUEST),
        within("nowhere"),
        expect![[r#"
            Err(there is no such project)
        "#]],
    )
    .await;
    outcome(
        acting(GUEST),
        within("attic"),
        Some(attic()),
        expect![[r#"
            Err(guests create no documents)
        "#]],
    )
    .await;
}

#[tokio::test]
async fn nothing_begins_where_everything_is_put_away() {
    check(
        archived(acting(MEMBER)),
        titled("New"),
        expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
    )
    .await;
    outcome(
        acting(MEMBER),
        within("attic"),
        Some(attic()),
        expect![[r#"
            Err(the project is archived: restore it first)
        "#]],
    )
    .await;
}

#[tokio::test]
async fn nothing_begins_in_what_has_just_gone() {
    let check = async |gone, expected: Expect| {
        let mut tx = company().await;
        tx.remember_gone(gone).await.unwrap();
        let refused = within("roadmap").execute(&mut tx, &acting(MEMBER), Some(&roadmap())).await;
        expected.assert_eq(&refused.unwrap_err().to_string());
    };
    check(Gone::Workspace(COMPANY), expect!["there is no such workspace"]).await;
    check(Gone::Project(ROADMAP), expect!["there is no such project"]).await;
    check(Gone::Person(MEMBER), expect!["there is no such workspace"]).await;
}

#[tokio::test]
async fn a_workspace_is_full_at_some_point() {
    let mut tx = company().await;
    let one = tx.state.documents[0].clone();
    tx.state.documents = vec![one; 50_000];
    let outcome = titled("New").execute(&mut tx, &acting(MEMBER), None).await;
    assert!(matches!(outcome, Err(CreateDocumentError::TooMany)));
}

#[tokio::test]
async fn a_title_is_a_line_and_a_text_has_a_limit() {
    check(
        acting(MEMBER),
        titled(" "),
        expect![[r#"
            Err(title can't be blank)
        "#]],
    )
    .await;
    check(
        acting(MEMBER),
        titled(&"x".repeat(201)),
        expect![[r#"
            Err(title should be at most 200 character(s))
        "#]],
    )
    .await;
    let content = Some("x".repeat(1024 * 1024 + 1));
    check(
        acting(MEMBER),
        CreateDocument { content, ..titled("New") },
        expect![[r#"
            Err(a text has at most 1048576 bytes)
        "#]],
    )
    .await;
}
