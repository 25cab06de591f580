//! What callers of the facade get to read.

use chrono::{DateTime, Utc};
use identity::Slug;
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use projects::ProjectId;
use uuid::Uuid;

use crate::{
    application::{
        paging::PageSize,
        read_models::{DocumentPlace, DocumentTitle, ExportDocuments, ListDocuments},
    },
    domain::{document::Document, policy::Reach, references::DocumentId},
    infrastructure::rows::{DocumentRow, seen_by, select_documents},
};

/// No document is younger: the last second of the year 9999.
pub(crate) const END_OF_TIME: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("there is such a second");

/// At most so many titles are told in one go.
const TITLES: i64 = 1000;

/// Whose documents are looked for: those of somebody, and those that others share with that person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looking {
    pub(crate) workspace: WorkspaceId,
    pub(crate) user: UserId,
    pub(crate) reach: Reach,
}

/// A document of a workspace, in the trash or not.
pub(crate) async fn document(
    db: &Db,
    workspace: WorkspaceId,
    slug: &str,
) -> Result<Option<Document>, StorageError> {
    let Some(slug) = Slug::parse(slug) else { return Ok(None) };
    let query = db.query(sql!(select_documents!("WHERE d.workspace_id = $1 AND d.slug = $2")));
    let row: Option<DocumentRow> = query.bind(workspace).bind(slug.as_str()).opt().await?;
    Ok(row.map(Document::from))
}

/// A document by its id, in the trash or not.
pub(crate) async fn by_id(db: &Db, id: DocumentId) -> Result<Option<Document>, StorageError> {
    let query = db.query(sql!(select_documents!("WHERE d.id = $1")));
    Ok(query.bind(id).opt::<DocumentRow>().await?.map(Document::from))
}

/// In which project a document is, if there is such a document.
pub(crate) async fn project_of(
    db: &Db,
    workspace: WorkspaceId,
    slug: &str,
) -> Result<Option<ProjectId>, StorageError> {
    let query = db.query(sql!(
        "SELECT project_id FROM documents_documents WHERE workspace_id = $1 AND slug = $2"
    ));
    let row: Option<(Option<ProjectId>,)> = query.bind(workspace).bind(slug).opt().await?;
    Ok(row.and_then(|(project,)| project))
}

/// A page of documents, of which `$of` says where they are: what is asked about a project is found by an index of its own.
macro_rules! select_page {
    ($of:literal) => {
        concat!(
            select_documents!($of),
            " AND d.workspace_id = $1 AND (d.trashed_at IS NOT NULL) = $2 AND ",
            seen_by!("d", "$3", "$4", "$5"),
            " AND (d.is_pinned = $6 OR $6 IS NULL) AND (d.is_pinned, d.updated_at, d.id) < ($7, $8, $9)
             ORDER BY d.is_pinned DESC, d.updated_at DESC, d.id DESC LIMIT $10"
        )
    };
}

/// The first titles that are in use, of documents of which `$of` says where they are.
macro_rules! select_titles {
    ($of:literal) => {
        concat!(
            "SELECT d.title, d.slug FROM documents_documents d WHERE ",
            $of,
            " AND d.workspace_id = $1 AND d.trashed_at IS NULL AND ",
            seen_by!("d", "$2", "$3", "$4"),
            " ORDER BY d.is_pinned DESC, d.updated_at DESC, d.id DESC LIMIT $5"
        )
    };
}

/// A page of the documents of a workspace, or of one of its projects, and where the next begins.
pub(crate) async fn list(
    db: &Db,
    Looking { workspace, user, reach }: Looking,
    asked: &ListDocuments,
    project: Option<ProjectId>,
) -> Result<(Vec<Document>, Option<DocumentPlace>), StorageError> {
    let ListDocuments { project: _, pinned, trashed, limit, after } = asked;
    let size = PageSize::of(*limit);
    let id = DocumentId::new(Uuid::max());
    let first = DocumentPlace { is_pinned: true, updated_at: END_OF_TIME, id };
    let DocumentPlace { is_pinned, updated_at, id } = after.unwrap_or(first);
    let statement = if project.is_some() {
        sql!(select_page!("WHERE d.project_id = $11"))
    } else {
        sql!(select_page!("WHERE TRUE"))
    };
    let query = db.query(statement);
    let query = query.bind(workspace).bind(*trashed).bind(user).bind(reach.own).bind(reach.shared);
    let query = query.bind(*pinned).bind(is_pinned).bind(updated_at).bind(id).bind(size.enough());
    let query = match project {
        Some(project) => query.bind(project),
        None => query,
    };
    let rows: Vec<DocumentRow> = query.all().await?;
    Ok(size.cut(rows.into_iter().map(Document::from).collect(), DocumentPlace::of))
}

/// What the first documents are called that are in use and in this project, or in none, in the order of lists.
pub(crate) async fn titles(
    db: &Db,
    Looking { workspace, user, reach }: Looking,
    project: Option<ProjectId>,
) -> Result<Vec<DocumentTitle>, StorageError> {
    let statement = if project.is_some() {
        sql!(select_titles!("d.project_id = $6"))
    } else {
        sql!(select_titles!("d.project_id IS NULL"))
    };
    let query = db.query(statement).bind(workspace).bind(user);
    let query = query.bind(reach.own).bind(reach.shared).bind(TITLES);
    let query = match project {
        Some(project) => query.bind(project),
        None => query,
    };
    let rows: Vec<(String, String)> = query.all().await?;
    Ok(rows.into_iter().map(|(title, slug)| DocumentTitle { title, slug }).collect())
}

/// The first documents of a person behind `after`, in the order of their ids, with where each is, and behind which others may
/// come.
pub(crate) async fn estate(
    db: &Db,
    user: UserId,
    after: Option<DocumentId>,
    limit: u32,
) -> Result<(Vec<(DocumentId, WorkspaceId)>, Option<DocumentId>), StorageError> {
    let after = after.unwrap_or(DocumentId::new(Uuid::nil()));
    let query = db.query(sql!(
        "SELECT id, workspace_id FROM documents_documents WHERE owner_id = $1 AND id > $2
         ORDER BY id LIMIT $3"
    ));
    let page: Vec<(DocumentId, WorkspaceId)> =
        query.bind(user).bind(after).bind(i64::from(limit)).all().await?;
    let is_full = u32::try_from(page.len()).is_ok_and(|found| found >= limit);
    let end = page.last().map(|(id, _)| *id).filter(|_| is_full);
    Ok((page, end))
}

/// The first documents of a person behind a certain one, in the order of their ids, and behind which the next ones come.
pub(crate) async fn owned_by(
    db: &Db,
    user: UserId,
    ExportDocuments { after, limit }: ExportDocuments,
) -> Result<(Vec<Document>, Option<DocumentId>), StorageError> {
    let after = after.unwrap_or(DocumentId::new(Uuid::nil()));
    let size = PageSize::of(limit);
    let query = db.query(sql!(select_documents!(
        "WHERE d.owner_id = $1 AND d.id > $2 ORDER BY d.id LIMIT $3"
    )));
    let rows: Vec<DocumentRow> = query.bind(user).bind(after).bind(size.enough()).all().await?;
    Ok(size.cut(rows.into_iter().map(Document::from).collect(), |last| last.id))
}
