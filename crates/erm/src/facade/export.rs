//! A graph as a file.

use identity::WorkspaceRef;
use perme8_events::{Origin, WorkspaceId};

use super::Erm;
use crate::{
    application::{
        listing::{Cursor, ListError, ListPlace, Plan},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        lines::{EdgeLine, EntityLine, FileFormat, Line, SchemaLine, graphml::write, json_lines},
        schema::SchemaDefinition,
        sort::{Sort, SortKey},
    },
    infrastructure::{
        edge_queries::Edges, entity_queries::Entities, listing::part, schema_queries,
    },
};

/// What is written next.
#[derive(Debug)]
enum Next {
    Head,
    Entities(ListPlace),
    Edges(ListPlace),
    Nothing,
}

/// A file that is written while it is read: a part is in memory at a time, and who reads is asked anew for each.
#[derive(Debug)]
pub struct Export {
    erm: Erm,
    origin: Origin,
    workspace: WorkspaceRef,
    format: FileFormat,
    schema: Option<SchemaDefinition>,
    next: Next,
}

impl Erm {
    /// The graph of a workspace as a file, for members: its schema, its entities, its edges, oldest first. What changes meanwhile
    /// may be missing.
    ///
    /// # Errors
    ///
    /// [`ListError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn export(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        format: FileFormat,
    ) -> Result<Export, ListError> {
        let workspace_id = self.viewing(origin, workspace).await?.workspace_id();
        let schema = schema_queries::definition(&self.db, workspace_id).await?;
        let (erm, origin, workspace) = (self.clone(), origin.clone(), workspace.clone());
        Ok(Export { erm, origin, workspace, format, schema, next: Next::Head })
    }
}

impl Export {
    /// The next piece of the file; none after the last one.
    ///
    /// # Errors
    ///
    /// [`ListError`]; the file is not complete then.
    pub async fn next(&mut self) -> Result<Option<String>, ListError> {
        let mut text = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Nothing => return Ok(None),
            Next::Head => {
                self.next = Next::Entities(ListPlace::default());
                self.head()
            }
            Next::Entities(place) => {
                let workspace = self.viewed().await?;
                let (db, entity_type, include_deleted) = (&self.erm.db, None, false);
                let entities = Entities { db, workspace, entity_type, include_deleted };
                let (items, next) = part(&entities, &OLDEST_FIRST, AT_ONCE, &place, MANY).await?;
                self.next = following(next, Next::Entities, Next::Edges(ListPlace::default()));
                items.into_iter().map(|entity| self.written(&entity.into())).collect()
            }
            Next::Edges(place) => {
                let workspace = self.viewed().await?;
                let (db, edge_type, include_deleted) = (&self.erm.db, None, false);
                let [source_id, target_id] = [None, None];
                let edges =
                    Edges { db, workspace, edge_type, source_id, target_id, include_deleted };
                let (items, next) = part(&edges, &OLDEST_FIRST, AT_ONCE, &place, MANY).await?;
                self.next = following(next, Next::Edges, Next::Nothing);
                items.into_iter().map(|edge| self.written(&edge.into())).collect()
            }
        };
        if matches!(self.next, Next::Nothing) && self.format == FileFormat::GraphMl {
            text.push_str(write::END);
        }
        Ok(Some(text))
    }

    /// The workspace, if whoever began to read may still see its graph.
    async fn viewed(&self) -> Result<WorkspaceId, ListError> {
        Ok(self.erm.viewing(&self.origin, &self.workspace).await?.workspace_id())
    }

    fn head(&self) -> String {
        match (self.format, &self.schema) {
            (FileFormat::GraphMl, schema) => write::begun(schema.as_ref()),
            (FileFormat::JsonLines, None) => String::new(),
            (FileFormat::JsonLines, Some(SchemaDefinition { entity_types, edge_types })) => {
                let json = |value| serde_json::to_value(value).expect("schemas are always JSON");
                let edge_types = serde_json::to_value(edge_types).expect("schemas are always JSON");
                json_lines::written(&Line::Schema(SchemaLine {
                    entity_types: Some(json(entity_types)),
                    edge_types: Some(edge_types),
                }))
            }
        }
    }

    fn written(&self, line: &Line) -> String {
        match self.format {
            FileFormat::GraphMl => write::written(line, self.schema.as_ref()),
            FileFormat::JsonLines => json_lines::written(line),
        }
    }
}

/// Everything, so that what comes meanwhile comes behind.
const OLDEST_FIRST: Plan =
    Plan { conditions: Vec::new(), sort: Sort { by: SortKey::CreatedAt, is_descending: false } };
/// So many entities or edges are in memory at a time.
const AT_ONCE: u16 = 100;
/// Nobody asks how many there are.
const MANY: i64 = i64::MAX;

fn following(next: Option<Cursor>, same: impl FnOnce(ListPlace) -> Next, other: Next) -> Next {
    next.map_or(other, |cursor| same(ListPlace::After(cursor)))
}

impl From<EntityDetails> for Line {
    fn from(entity: EntityDetails) -> Self {
        let EntityDetails { id, entity_type, external_key, properties, .. } = entity;
        Self::Entity(EntityLine { id: Some(id.to_string()), entity_type, external_key, properties })
    }
}

impl From<EdgeDetails> for Line {
    fn from(edge: EdgeDetails) -> Self {
        let EdgeDetails { edge_type, source_id, target_id, properties, .. } = edge;
        let [source_id, target_id] = [source_id, target_id].map(|id| id.to_string());
        Self::Edge(EdgeLine { edge_type, source_id, target_id, properties })
    }
}
