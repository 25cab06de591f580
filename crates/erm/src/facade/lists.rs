//! Lists of entities and edges.

use identity::WorkspaceRef;
use perme8_events::Origin;

use super::Erm;
use crate::{
    application::{
        list_edges::ListEdges,
        list_entities::ListEntities,
        listing::{ItemsPage, ListError, Plan},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::names::TypeName,
    infrastructure::{edge_queries::Edges, entity_queries::Entities, listing, schema_queries},
};

impl Erm {
    /// A page of the entities of a workspace, for members.
    ///
    /// # Errors
    ///
    /// [`ListError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn entities(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: ListEntities,
    ) -> Result<ItemsPage<EntityDetails>, ListError> {
        let workspace = self.viewing(origin, workspace).await?.workspace_id();
        let ListEntities { entity_type, filters, sort, include_deleted, limit, place } = asked;
        let entity_type = entity_type.as_deref().map(TypeName::parse).transpose()?;
        let schema = schema_queries::definition(&self.db, workspace).await?.unwrap_or_default();
        let definitions = entity_type.as_ref().map(|name| {
            schema.entity_type(name.as_str()).map_or(&[][..], |of| of.properties.as_slice())
        });
        let question = (filters.as_slice(), sort.as_deref());
        let plan = Plan::of(question, definitions, include_deleted, &place)?;
        let entity_type = entity_type.as_ref().map(TypeName::as_str);
        let entities = Entities { db: &self.db, workspace, entity_type, include_deleted };
        Ok(listing::page(&entities, &plan, limit, &place).await?)
    }

    /// A page of the edges of a workspace, for members.
    ///
    /// # Errors
    ///
    /// [`ListError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn edges(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: ListEdges,
    ) -> Result<ItemsPage<EdgeDetails>, ListError> {
        let workspace = self.viewing(origin, workspace).await?.workspace_id();
        let ListEdges {
            edge_type,
            source_id,
            target_id,
            filters,
            sort,
            include_deleted,
            limit,
            place,
        } = asked;
        let edge_type = edge_type.as_deref().map(TypeName::parse).transpose()?;
        let schema = schema_queries::definition(&self.db, workspace).await?.unwrap_or_default();
        let definitions = edge_type.as_ref().map(|name| {
            schema.edge_type(name.as_str()).map_or(&[][..], |of| of.properties.as_slice())
        });
        let question = (filters.as_slice(), sort.as_deref());
        let plan = Plan::of(question, definitions, include_deleted, &place)?;
        let edge_type = edge_type.as_ref().map(TypeName::as_str);
        let db = &self.db;
        let edges = Edges { db, workspace, edge_type, source_id, target_id, include_deleted };
        Ok(listing::page(&edges, &plan, limit, &place).await?)
    }
}
