//! What callers of the facade get to read of entries.

use chrono::{DateTime, Utc};

use crate::{
    application::read_models::items::EntityDetails,
    domain::{
        knowledge::{
            ENTRY,
            entry::EntryList,
            layout::{self, BODY, CATEGORY, LAST_VERIFIED_AT, TITLE},
            relation::RelationType,
        },
        references::{EdgeId, EntityId},
    },
};

/// So many relations of an entry are shown, the newest first.
pub(crate) const MOST_RELATIONS: usize = 200;

/// An entry of knowledge.
///
/// Entries are entities, so anything may be in them that the schema of the workspace allows; what is none of their texts is
/// empty here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryDetails {
    /// Which.
    pub id: EntityId,
    /// What it is called.
    pub title: String,
    /// What it says, in Markdown.
    pub body: String,
    /// The word for its [`Category`](crate::domain::knowledge::category::Category).
    pub category: String,
    /// What it is found under.
    pub tags: Vec<String>,
    /// Code that shows it.
    pub code_snippets: Vec<String>,
    /// The files that it is about.
    pub file_paths: Vec<String>,
    /// Where else it is written about.
    pub external_links: Vec<String>,
    /// When it was last found to be true, as it was written.
    pub last_verified_at: Option<String>,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
    /// Since when it says that.
    pub updated_at: DateTime<Utc>,
    /// How often it was written.
    pub version: i64,
}

impl EntryDetails {
    /// An entity as an entry, if it is one.
    pub(crate) fn of(entity: EntityDetails) -> Option<Self> {
        let EntityDetails {
            id,
            workspace_id: _,
            entity_type,
            external_key: _,
            properties,
            created_at,
            updated_at,
            deleted_at,
            version,
        } = entity;
        if entity_type != ENTRY || deleted_at.is_some() {
            return None;
        }
        let text = |name| layout::text(&properties, name).to_owned();
        let list = |list| layout::list(&properties, list);
        Some(Self {
            id,
            title: text(TITLE),
            body: text(BODY),
            category: text(CATEGORY),
            tags: list(EntryList::Tags),
            code_snippets: list(EntryList::CodeSnippets),
            file_paths: list(EntryList::FilePaths),
            external_links: list(EntryList::ExternalLinks),
            last_verified_at: Some(text(LAST_VERIFIED_AT)).filter(|text| !text.is_empty()),
            created_at,
            updated_at,
            version,
        })
    }
}

/// An entry, and how it relates to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenEntry {
    /// The entry.
    pub entry: EntryDetails,
    /// Its relations, the newest first: 200 at most.
    pub relations: Vec<RelationDetails>,
    /// Whether there are more of them.
    pub has_more_relations: bool,
}

/// Which way a relation leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationDirection {
    /// From the entry that is looked at.
    Outgoing,
    /// To the entry that is looked at.
    Incoming,
}

impl RelationDirection {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outgoing => "outgoing",
            Self::Incoming => "incoming",
        }
    }
}

/// A relation, as it is seen from one of its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationDetails {
    /// Which.
    pub id: EdgeId,
    /// Of what type.
    pub relation_type: RelationType,
    /// Which way it leads.
    pub direction: RelationDirection,
    /// The entry at its other end.
    pub entry: EntityId,
    /// What that is called.
    pub title: String,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
}

/// An entry that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntry {
    /// Which.
    pub id: EntityId,
    /// What it is called.
    pub title: String,
    /// The word for its category.
    pub category: String,
    /// What it is found under.
    pub tags: Vec<String>,
    /// The first 200 characters of what it says, and dots where more follow.
    pub preview: String,
    /// Since when it says that.
    pub updated_at: DateTime<Utc>,
}

/// The place of an entry among those that were found: first those that fit best, then those that were changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundEntryPlace {
    /// How well it fits.
    pub score: i64,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Which.
    pub id: EntityId,
}

/// Some of the entries that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntries {
    /// The entries.
    pub found: Vec<FoundEntry>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<FoundEntryPlace>,
}
