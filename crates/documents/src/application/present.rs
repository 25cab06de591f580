//! Documents as they are shown, with the names of today of what they belong to.

use std::collections::{BTreeSet, HashMap};

use perme8_events::{StorageError, UserId};
use projects::ProjectId;

use crate::{
    application::{
        ports::{Members, Membership, ProjectDirectory},
        read_models::DocumentDetails,
    },
    domain::document::Document,
};

/// These documents for somebody who may see them.
pub(crate) async fn present(
    members: &dyn Members,
    projects: &dyn ProjectDirectory,
    membership: &Membership,
    documents: Vec<Document>,
) -> Result<Vec<DocumentDetails>, StorageError> {
    let owners: BTreeSet<UserId> = documents.iter().map(|document| document.owner_id).collect();
    let inside: BTreeSet<ProjectId> =
        documents.iter().filter_map(|document| document.project_id).collect();
    let emails = emails(members, owners.into_iter().collect()).await?;
    let slugs = slugs(projects, inside.into_iter().collect()).await?;
    let show = |document: Document| {
        let Document {
            id,
            workspace_id,
            project_id,
            owner_id,
            created_by: _,
            title,
            slug,
            is_public,
            is_pinned,
            note_id: _,
            created_at,
            updated_at,
            trashed_at,
            is_gone: _,
            version,
        } = document;
        DocumentDetails {
            id,
            workspace_id,
            workspace_slug: membership.workspace_slug.clone(),
            project_slug: project_id.and_then(|project| slugs.get(&project).cloned()),
            title,
            slug: slug.to_string(),
            is_public,
            is_pinned,
            owner_id,
            owner_email: emails.get(&owner_id).cloned(),
            created_at,
            updated_at,
            trashed_at,
            version,
        }
    };
    Ok(documents.into_iter().map(show).collect())
}

async fn emails(
    members: &dyn Members,
    users: Vec<UserId>,
) -> Result<HashMap<UserId, String>, StorageError> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let people = members.people(&users).await?.into_iter();
    Ok(people.map(|person| (person.id, person.email)).collect())
}

async fn slugs(
    directory: &dyn ProjectDirectory,
    ids: Vec<ProjectId>,
) -> Result<HashMap<ProjectId, String>, StorageError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let projects = directory.projects(&ids).await?.into_iter();
    Ok(projects.map(|project| (project.id, project.slug)).collect())
}
