//! Notes that many people edit at once.

use std::sync::Arc;
#[cfg(any(test, feature = "testing"))]
use std::time::Duration;

use perme8_events::Origin;

use super::{
    Documents,
    rooms::{Pace, Rooms, Visitor, connection::Editing},
};
use crate::{
    application::{
        edit_note::{EditNote, EditNoteError},
        surroundings::Surroundings,
    },
    domain::document::Document,
};

impl Documents {
    /// The same, where notes are opened for editors.
    #[must_use]
    pub fn with_surroundings(self, surroundings: Arc<dyn Surroundings>) -> Self {
        self.with_rooms(surroundings, Pace::default())
    }

    /// The same, where others are told of edits so long before these are committed: the control of the proof that this matters.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn with_surroundings_told_early(
        self,
        surroundings: Arc<dyn Surroundings>,
        by: Duration,
    ) -> Self {
        self.with_rooms(surroundings, Pace { early: Some(by), ..Pace::default() })
    }

    pub(super) fn with_rooms(self, surroundings: Arc<dyn Surroundings>, pace: Pace) -> Self {
        let (members, projects) = (Arc::clone(&self.members), Arc::clone(&self.projects));
        let rooms = Rooms::new(self.db.clone(), members, projects, surroundings, pace);
        Self { rooms: Some(rooms), ..self }
    }

    /// Joins those who have the note of a document open, as somebody who may edit it or only sees it.
    ///
    /// # Errors
    ///
    /// [`EditNoteError`].
    #[tracing::instrument(skip_all, fields(document = ?command.document))]
    pub async fn edit(&self, origin: Origin, command: EditNote) -> Result<Editing, EditNoteError> {
        let EditNote { document, only_reads } = command;
        let (acting, document) = self.seen_by(&origin, &document).await?;
        let user = acting.user_id;
        let name = self.members.name_of(user).await?.unwrap_or_default();
        let rooms = self.rooms.as_ref().ok_or(EditNoteError::NotServed)?;
        rooms.join(&document, Visitor { user, name, only_reads, origin }).await
    }

    /// Tells those who have the note open that something was written beside them.
    pub(super) fn written(&self, document: &Document) {
        if let Some(rooms) = &self.rooms {
            rooms.written(document.id);
        }
    }
}
