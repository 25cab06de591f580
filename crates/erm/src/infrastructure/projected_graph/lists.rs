//! Lists of the projected graph.

use perme8_events::{StorageError, sql};

use super::{
    reading::ProjectedGraph,
    rows::{EdgeRow, NodeRow},
};
use crate::{
    application::{
        projected::{ListProjected, ProjectedPage},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    infrastructure::most,
};

impl ProjectedGraph<'_> {
    /// A page of the nodes, the newest first, and how many there are.
    pub(crate) async fn list_nodes(
        &self,
        asked: &ListProjected,
    ) -> Result<ProjectedPage<EntityDetails>, StorageError> {
        let ListProjected { of_type, limit, offset } = asked;
        let count = sql!(concat!("SELECT count(*) FROM ", listed_nodes!()));
        let total: i64 =
            self.asked(self.rows.query(count)).bind(of_type.as_deref()).scalar().await?;
        let page = self.asked(self.rows.query(sql!(page_of_nodes!()))).bind(of_type.as_deref());
        let page = page.bind(i64::from(limit.get())).bind(most(*offset));
        let rows: Vec<NodeRow> = page.all().await?;
        Ok(ProjectedPage { items: self.known(rows).await?, total: total.unsigned_abs() })
    }

    /// A page of the edges, the newest first, and how many there are.
    pub(crate) async fn list_edges(
        &self,
        asked: &ListProjected,
    ) -> Result<ProjectedPage<EdgeDetails>, StorageError> {
        let ListProjected { of_type, limit, offset } = asked;
        let count = sql!(
            sqlite: concat!("SELECT count(*) FROM ", listed_edges_sqlite!()),
            postgres: concat!("SELECT count(*) FROM ", listed_edges_postgres!())
        );
        let total: i64 =
            self.asked(self.rows.query(count)).bind(of_type.as_deref()).scalar().await?;
        let page = sql!(
            sqlite: page_of_edges!(listed_edges_sqlite!()),
            postgres: page_of_edges!(listed_edges_postgres!())
        );
        let page = self.asked(self.rows.query(page)).bind(of_type.as_deref());
        let page = page.bind(i64::from(limit.get())).bind(most(*offset));
        let rows: Vec<EdgeRow> = page.all().await?;
        Ok(ProjectedPage { items: self.between_seen(rows).await?, total: total.unsigned_abs() })
    }
}
