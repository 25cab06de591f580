//! Finding documents.

use identity::WorkspaceRef;
use perme8_events::{Origin, StorageError};

use super::{Documents, questions::looking};
use crate::{
    application::{
        present::present,
        searching::{FoundPage, SearchDocuments, SearchError, shown},
    },
    domain::{policy::Action, search::query::SearchQuery},
    infrastructure::{search_index::SearchIndex, search_queries},
};

impl Documents {
    /// Whether the person who acts may look for documents in a workspace, for who does not know yet what for.
    ///
    /// # Errors
    ///
    /// [`SearchError`], as of the search.
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn may_search(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<(), SearchError> {
        self.acting(origin, workspace).await?;
        Ok(())
    }

    /// The documents that have these words and that the person who asks may see: first those that have every word in the title,
    /// then those that were changed last.
    ///
    /// The index follows what happens; who has just written something and wants to find it waits for it by the token of that
    /// command, and the name of [`SearchIndex`].
    ///
    /// # Errors
    ///
    /// [`SearchError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn search(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: SearchDocuments,
    ) -> Result<FoundPage, SearchError> {
        let acting = self.acting(origin, workspace).await?;
        let query = SearchQuery::parse(&asked.words)?;
        let index = self.db.read_model(SearchIndex::NAME).await?;
        let looking = looking(&acting, Action::ViewDocuments);
        let (hits, next) = search_queries::find(&index, looking, &query, &asked).await?;
        let (documents, matched): (Vec<_>, Vec<_>) =
            hits.into_iter().map(|hit| (hit.document, hit.matched)).unzip();
        let documents =
            present(&*self.members, &*self.projects, &acting.membership, documents).await?;
        let page = documents.into_iter().zip(matched).collect();
        // Where it keeps nobody waiting: long texts take a while.
        let found = tokio::task::spawn_blocking(move || shown(page, &query)).await;
        Ok(FoundPage { found: found.map_err(StorageError::new)?, next })
    }
}
