//! What this program answers, and to whom.

use std::{error::Error, sync::Arc};

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use erm::{EntityDetails, Erm, ListProjected, ProjectedPage};
use identity::UserDeleted;
use perme8_events::{Origin, StorageError, Transaction as _, sql::UnitOfWork};
use projects::{CreateProject, CreateProjectError, ListProjects, Projects};
use serde::{Deserialize, Serialize};

use crate::staff::{Colleague, Staff};

/// What the routes need.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    pub(crate) staff: Arc<Staff>,
    pub(crate) projects: Projects,
    pub(crate) erm: Erm,
    pub(crate) uow: UnitOfWork,
}

pub(crate) fn router(office: Office) -> Router {
    Router::new()
        .route("/projects", get(list).post(begin))
        .route("/graph", get(graph))
        .route("/staff/{name}", delete(dismiss))
        .with_state(office)
}

#[derive(Debug, Deserialize)]
struct NewProject {
    name: String,
}

#[derive(Debug, Serialize)]
struct Project {
    slug: String,
    name: String,
    /// Whose it is; nobody's for as long as it takes to hand it over.
    of: Option<String>,
}

/// Begins a project in the team of whoever asks.
async fn begin(
    State(office): State<Office>,
    asking: Colleague,
    Json(NewProject { name }): Json<NewProject>,
) -> Result<(StatusCode, Json<Project>), Refusal> {
    let workspace = asking.workspace();
    let command = CreateProject { workspace, name, description: None, color: None };
    let made = office.projects.create_project(asking.origin(), command).await?;
    let project = Project { slug: made.slug, name: made.name, of: Some(asking.name) };
    Ok((StatusCode::CREATED, Json(project)))
}

/// The projects of that team, newest first.
async fn list(
    State(office): State<Office>,
    asking: Colleague,
) -> Result<Json<Vec<Project>>, Refusal> {
    let all = ListProjects { archived: false, search: None, limit: 100, after: None };
    let found = office.projects.projects(&asking.origin(), &asking.workspace(), all).await;
    let found = found.map_err(|error| broken(&error))?;
    let names = office.staff.names().await?;
    let shown = found.projects.into_iter().map(|project| Project {
        of: names.get(&project.owner_id).cloned(),
        slug: project.slug,
        name: project.name,
    });
    Ok(Json(shown.collect()))
}

/// What there is in that team, as a graph that follows from events.
async fn graph(
    State(office): State<Office>,
    asking: Colleague,
) -> Result<Json<ProjectedPage<EntityDetails>>, Refusal> {
    let (origin, all) = (asking.origin(), ListProjected::default());
    let nodes = office.erm.graph_nodes(&origin, &asking.workspace(), &all).await;
    nodes.map(Json).map_err(|error| broken(&error))
}

/// Lets somebody go, whose projects become those of whoever leads the team.
async fn dismiss(
    State(office): State<Office>,
    asking: Colleague,
    Path(name): Path<String>,
) -> Result<StatusCode, Refusal> {
    let found = office.staff.find(&name).await?;
    let found = found.filter(|leaving| asking.leads(leaving));
    let Some(Colleague { id: user_id, .. }) = found else {
        return Err(Refusal(StatusCode::NOT_FOUND, "you lead nobody of that name".to_owned()));
    };
    // This program has the people that elsewhere are those of identity, so it tells the contexts in the words of identity. They
    // are told first: when it does not come to the rest, whoever asks once more tells them once more, which changes nothing.
    tell(&office.uow, asking.origin(), UserDeleted { user_id, email: None }).await?;
    office.staff.remove(user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn tell(uow: &UnitOfWork, origin: Origin, news: UserDeleted) -> Result<(), StorageError> {
    uow.run(origin, async |tx| {
        tx.emit(news);
        Ok(())
    })
    .await
}

/// Whoever says so: this program believes everybody.
impl FromRequestParts<Office> for Colleague {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, office: &Office) -> Result<Self, Refusal> {
        let name = parts.headers.get("x-staff").and_then(|name| name.to_str().ok());
        let found = office.staff.find(name.unwrap_or_default()).await?;
        let who = || Refusal(StatusCode::UNAUTHORIZED, "who are you? (x-staff: ada)".to_owned());
        found.ok_or_else(who)
    }
}

/// Why a request was not answered, and in which words.
#[derive(Debug)]
pub(crate) struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

/// What nobody who asks could have avoided.
fn broken(error: &(dyn Error + 'static)) -> Refusal {
    tracing::error!(error, "a request failed");
    Refusal(StatusCode::INTERNAL_SERVER_ERROR, "something is broken here".to_owned())
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        broken(&error)
    }
}

impl From<CreateProjectError> for Refusal {
    fn from(error: CreateProjectError) -> Self {
        let status = match &error {
            CreateProjectError::WorkspaceNotFound => StatusCode::NOT_FOUND,
            CreateProjectError::Forbidden => StatusCode::FORBIDDEN,
            CreateProjectError::WorkspaceArchived => StatusCode::CONFLICT,
            CreateProjectError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            CreateProjectError::Storage(error) => return broken(error),
        };
        Self(status, error.to_string())
    }
}
