//! Documents: what they are called, who sees them and where they are. What they say is their note.

use chrono::{DateTime, Utc};
use identity::{FieldErrors, Slug};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};
use projects::ProjectId;

use crate::domain::{
    events::{
        DocumentCreated, DocumentDeleted, DocumentHandedOver, DocumentMoved, DocumentPinnedChanged,
        DocumentRestored, DocumentTitleChanged, DocumentTrashed, DocumentVisibilityChanged,
    },
    policy::Whose,
    references::{DocumentId, NoteId},
};

const MAX_TITLE: usize = 200;

/// A document of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) id: DocumentId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) project_id: Option<ProjectId>,
    /// Whose it is, in the workspace or no longer.
    pub(crate) owner_id: UserId,
    pub(crate) created_by: UserId,
    pub(crate) title: String,
    pub(crate) slug: Slug,
    /// Shared with every member of the workspace; a private one is there for its owner alone.
    pub(crate) is_public: bool,
    /// At the top of every list.
    pub(crate) is_pinned: bool,
    /// What it consists of: so far every document is one note.
    pub(crate) note_id: NoteId,
    pub(crate) created_at: DateTime<Utc>,
    /// When it was changed last, or what it says.
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) trashed_at: Option<DateTime<Utc>>,
    /// Ended: storing it deletes it.
    pub(crate) is_gone: bool,
    pub(crate) version: i64,
}

/// Where a document begins, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    pub(crate) id: DocumentId,
    pub(crate) note_id: NoteId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) project_id: Option<ProjectId>,
    pub(crate) owner_id: UserId,
    pub(crate) now: DateTime<Utc>,
}

/// What people decide about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Particulars {
    pub(crate) title: Title,
    pub(crate) project_id: Option<ProjectId>,
    pub(crate) is_public: bool,
    pub(crate) is_pinned: bool,
}

/// What a document is called: a line of 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Title(String);

impl Title {
    /// As somebody typed it.
    pub(crate) fn check(text: &str) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.line("title", text, MAX_TITLE).map(Self).ok_or(errors)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Aggregate for Document {
    const TYPE: &'static str = "document";
    type Id = DocumentId;

    fn id(&self) -> DocumentId {
        self.id
    }
}

impl Document {
    pub(crate) fn create(
        at: Beginning,
        Title(title): Title,
        slug: Slug,
        is_public: bool,
    ) -> Unsaved<Self> {
        let Beginning { id, note_id, workspace_id, project_id, owner_id, now } = at;
        let event = DocumentCreated {
            document_id: id,
            workspace_id,
            project_id,
            user_id: owner_id,
            title: title.clone(),
            slug: slug.to_string(),
            is_public,
        };
        let document = Self {
            id,
            workspace_id,
            project_id,
            owner_id,
            created_by: owner_id,
            title,
            slug,
            is_public,
            is_pinned: false,
            note_id,
            created_at: now,
            updated_at: now,
            trashed_at: None,
            is_gone: false,
            version: 0,
        };
        Unsaved::new(document).record(event)
    }

    /// Whose it is to a member of the workspace; nobody's whom it concerns if it is hidden.
    pub(crate) fn whose(&self, member: UserId) -> Option<Whose> {
        if self.owner_id == member {
            Some(Whose::Own)
        } else {
            self.is_public.then_some(Whose::Shared)
        }
    }

    /// Who alone may see what it says at this moment, unless it is shared.
    pub(crate) fn private_to(&self) -> Option<UserId> {
        (!self.is_public).then_some(self.owner_id)
    }

    pub(crate) fn is_trashed(&self) -> bool {
        self.trashed_at.is_some()
    }

    /// What was decided about it so far.
    pub(crate) fn particulars(&self) -> Particulars {
        Particulars {
            title: Title(self.title.clone()),
            project_id: self.project_id,
            is_public: self.is_public,
            is_pinned: self.is_pinned,
        }
    }

    /// Other particulars, if any of them is another; the slug stays, because addresses are written down.
    pub(crate) fn update(&self, new: Particulars, now: DateTime<Utc>) -> Option<Unsaved<Self>> {
        if new == self.particulars() {
            return None;
        }
        let Particulars { title: Title(title), project_id, is_public, is_pinned } = new;
        let (document_id, workspace_id, user_id) = (self.id, self.workspace_id, self.owner_id);
        let updated =
            Self { title, project_id, is_public, is_pinned, updated_at: now, ..self.clone() };
        // Nobody learns what was decided about it while it was nobody else's business.
        let is_told = self.is_public || !is_public;
        let mut unsaved = Unsaved::new(updated.clone());
        if is_public != self.is_public {
            unsaved = unsaved.record(DocumentVisibilityChanged {
                document_id,
                workspace_id,
                user_id,
                is_public,
            });
        }
        if is_pinned != self.is_pinned {
            unsaved = unsaved.record(DocumentPinnedChanged {
                document_id,
                workspace_id,
                user_id,
                is_pinned,
                is_public,
            });
        }
        if updated.title != self.title {
            unsaved = unsaved.record(DocumentTitleChanged {
                document_id,
                workspace_id,
                user_id,
                title: updated.title,
                previous_title: is_told.then(|| self.title.clone()),
                is_public,
            });
        }
        if project_id != self.project_id {
            unsaved = unsaved.record(DocumentMoved {
                document_id,
                workspace_id,
                user_id,
                from_project_id: self.project_id.filter(|_| is_told),
                project_id,
                is_public,
            });
        }
        Some(unsaved)
    }

    /// In no project, unless it is in none already; nobody has changed it, so its place in lists stays.
    pub(crate) fn leave_project(&self) -> Option<Unsaved<Self>> {
        let detached = Self { project_id: None, ..self.clone() };
        let event = DocumentMoved {
            document_id: self.id,
            workspace_id: self.workspace_id,
            user_id: self.owner_id,
            from_project_id: self.project_id,
            project_id: None,
            is_public: self.is_public,
        };
        self.project_id.is_some().then(|| Unsaved::new(detached).record(event))
    }

    /// Somebody else's, unless it is already; as above.
    pub(crate) fn hand_over(&self, heir: UserId) -> Option<Unsaved<Self>> {
        let inherited = Self { owner_id: heir, ..self.clone() };
        let event = DocumentHandedOver {
            document_id: self.id,
            workspace_id: self.workspace_id,
            user_id: heir,
            from_user_id: self.owner_id,
            is_public: self.is_public,
        };
        (self.owner_id != heir).then(|| Unsaved::new(inherited).record(event))
    }

    /// In the trash, unless it is already.
    pub(crate) fn trash(&self, now: DateTime<Utc>) -> Option<Unsaved<Self>> {
        let trashed = Self { trashed_at: Some(now), updated_at: now, ..self.clone() };
        let event = DocumentTrashed {
            document_id: self.id,
            workspace_id: self.workspace_id,
            user_id: self.owner_id,
            title: self.title.clone(),
            is_public: self.is_public,
        };
        (!self.is_trashed()).then(|| Unsaved::new(trashed).record(event))
    }

    /// Out of the trash, unless it is already.
    pub(crate) fn restore(&self, now: DateTime<Utc>) -> Option<Unsaved<Self>> {
        let restored = Self { trashed_at: None, updated_at: now, ..self.clone() };
        let event = DocumentRestored {
            document_id: self.id,
            workspace_id: self.workspace_id,
            user_id: self.owner_id,
            title: self.title.clone(),
            is_public: self.is_public,
        };
        self.is_trashed().then(|| Unsaved::new(restored).record(event))
    }

    /// Gone for good. Of what was in the trash the members do not hear again: they have not seen it since.
    pub(crate) fn purge(self) -> Unsaved<Self> {
        let event = DocumentDeleted {
            document_id: self.id,
            workspace_id: self.workspace_id,
            user_id: self.owner_id,
            title: self.title.clone(),
            is_public: self.is_public && !self.is_trashed(),
        };
        Unsaved::new(Self { is_gone: true, ..self }).record(event)
    }
}
