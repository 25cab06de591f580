//! Notifications as their reader may see them today.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use documents::DocumentId;
use identity::Role;
use perme8_events::{StorageError, UserId, WorkspaceId};
use projects::ProjectId;

use crate::{
    application::{
        ports::{
            Colleague, Directory, DocumentDirectory, DocumentView, ProjectDirectory, ProjectView,
            WorkspaceNames, WorkspaceView,
        },
        read_models::NotificationSummary,
    },
    domain::{notification::Notification, occasion::Occasion, recalled::Recalled},
};

/// Who knows what things are called today.
#[derive(Debug, Clone)]
pub(crate) struct Directories {
    pub(crate) people: Arc<dyn Directory>,
    pub(crate) projects: Arc<dyn ProjectDirectory>,
    pub(crate) documents: Arc<dyn DocumentDirectory>,
}

/// What the reader of a page sees today of the workspaces and people that it speaks of.
struct View {
    workspaces: HashMap<WorkspaceId, (WorkspaceNames, Option<Role>)>,
    names: HashMap<(WorkspaceId, UserId), String>,
    projects: HashMap<(WorkspaceId, ProjectId), ProjectView>,
    /// Those alone that the reader may see.
    documents: HashMap<(WorkspaceId, DocumentId), DocumentView>,
}

/// Gives them the names of today as far as `reader` may still see what is called so, and a link where one leads somewhere.
///
/// A workspace is seen by its members, and by whoever has an invitation to answer; a person by those in the same workspace, and
/// a project, too; a document by its owner there, and by all of them if it is shared. It takes four questions, however many
/// notifications there are.
pub(crate) async fn present(
    directories: &Directories,
    reader: UserId,
    notifications: Vec<Notification>,
) -> Result<Vec<NotificationSummary>, StorageError> {
    let told: Vec<_> = notifications
        .into_iter()
        .map(|told| (Recalled::from_data(told.notification_type, &told.data), told))
        .collect();
    let recalled = told.iter().filter_map(|(recalled, _)| recalled.as_ref());
    let view = View::of(directories, reader, recalled).await?;
    Ok(told.into_iter().map(|(recalled, told)| view.show(recalled, told)).collect())
}

impl View {
    async fn of<'r>(
        directories: &Directories,
        reader: UserId,
        told: impl Iterator<Item = &'r Recalled>,
    ) -> Result<Self, StorageError> {
        let (mut workspaces, mut people) = (BTreeSet::new(), BTreeSet::new());
        let (mut projects, mut documents) = (BTreeSet::new(), BTreeSet::new());
        for Recalled { occasion: _, place, person } in told {
            workspaces.insert(place.id);
            people.extend(person.id);
            projects.extend(place.project.as_ref().map(|project| project.id));
            documents.extend(place.document.as_ref().map(|document| document.id));
        }
        let Directories { people: directory, projects: of_projects, documents: of_documents } =
            directories;
        let (workspaces, people) = (Vec::from_iter(workspaces), Vec::from_iter(people));
        let views = if workspaces.is_empty() {
            Vec::new()
        } else {
            directory.workspaces_seen_by(reader, &workspaces).await?
        };
        let own: Vec<_> =
            views.iter().filter(|view| view.role.is_some()).map(|view| view.id).collect();
        let colleagues = if own.is_empty() || people.is_empty() {
            Vec::new()
        } else {
            directory.colleagues(&own, &people).await?
        };
        let projects = if own.is_empty() || projects.is_empty() {
            Vec::new()
        } else {
            of_projects.projects(&Vec::from_iter(projects)).await?
        };
        let documents = if own.is_empty() || documents.is_empty() {
            Vec::new()
        } else {
            of_documents.documents(&Vec::from_iter(documents)).await?
        };
        let workspaces =
            views.into_iter().map(|WorkspaceView { id, names, role }| (id, (names, role)));
        let names = colleagues
            .into_iter()
            .map(|Colleague { workspace_id, user_id, name }| ((workspace_id, user_id), name));
        let projects = projects
            .into_iter()
            .filter(|project| own.contains(&project.workspace_id))
            .map(|project| ((project.workspace_id, project.id), project));
        let documents = documents
            .into_iter()
            .filter(|document| own.contains(&document.workspace_id))
            .filter(|document| document.is_public || document.owner_id == reader)
            .map(|document| ((document.workspace_id, document.id), document));
        Ok(Self {
            workspaces: workspaces.collect(),
            names: names.collect(),
            projects: projects.collect(),
            documents: documents.collect(),
        })
    }

    fn show(&self, recalled: Option<Recalled>, told: Notification) -> NotificationSummary {
        let is_open = told.is_open();
        let written = NotificationSummary::as_written(told);
        // What this program does not understand is shown as it was written.
        let Some(mut recalled) = recalled else { return written };
        let seen = self.workspaces.get(&recalled.place.id);
        let role = seen.and_then(|(_, role)| *role);
        let is_asked = is_open && matches!(recalled.occasion, Occasion::Invited { .. });
        if let Some((names, _)) = seen
            && (role.is_some() || is_asked)
        {
            recalled.place.name.clone_from(&names.name);
            recalled.place.slug.clone_from(&names.slug);
        }
        if let Some(name) =
            recalled.person.id.and_then(|person| self.names.get(&(recalled.place.id, person)))
        {
            recalled.person.name = Some(name.clone());
        }
        if let Some(project) = &mut recalled.place.project
            && let Some(today) = self.projects.get(&(recalled.place.id, project.id))
        {
            project.name.clone_from(&today.name);
            project.slug = Some(today.slug.clone());
        }
        if let Some(document) = &mut recalled.place.document
            && let Some(today) = self.documents.get(&(recalled.place.id, document.id))
        {
            document.title = Some(today.title.clone());
            document.slug = Some(today.slug.clone());
        }
        let link = recalled.link(role, seen.is_some() && is_open);
        match recalled.occasion.content(&recalled.place, &recalled.person) {
            Ok(content) => {
                let (title, body, data) = content.into_words();
                NotificationSummary { title, body, data, link, ..written }
            }
            // Names that have become too long to be told.
            Err(_) => NotificationSummary { link, ..written },
        }
    }
}

#[cfg(test)]
mod tests;
