//! What a notification knows of its occasion, beside the words: enough to find the words again.

use documents::DocumentId;
use identity::{InvitationId, Role};
use perme8_events::{UserId, WorkspaceId};
use projects::ProjectId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The facts of a notification; each occasion has some of them. Rows hold them, so a field is never taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) workspace_name: Option<String>,
    pub(crate) workspace_slug: Option<String>,
    pub(crate) invitation_id: Option<InvitationId>,
    pub(crate) invited_by_name: Option<String>,
    /// Who was invited, as whoever sent the invitation knows them.
    pub(crate) email: Option<String>,
    pub(crate) member_id: Option<UserId>,
    pub(crate) member_name: Option<String>,
    pub(crate) role: Option<Role>,
    pub(crate) previous_role: Option<Role>,
    pub(crate) deleted_by_name: Option<String>,
    pub(crate) project_id: Option<ProjectId>,
    pub(crate) project_name: Option<String>,
    pub(crate) document_id: Option<DocumentId>,
    pub(crate) document_title: Option<String>,
}

impl Facts {
    /// As a row keeps them and a reader sees them: what is not known is left out.
    pub(crate) fn into_map(self) -> Map<String, Value> {
        let Ok(Value::Object(mut map)) = serde_json::to_value(self) else {
            unreachable!("a struct of texts and ids is an object")
        };
        map.retain(|_, value| !value.is_null());
        map
    }

    /// None when they are not of this form.
    pub(crate) fn from_map(map: &Map<String, Value>) -> Option<Self> {
        serde_json::from_value(Value::Object(map.clone())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::id;

    #[test]
    fn facts_are_found_as_they_were_written() {
        let facts = Facts {
            workspace_id: Some(id(1)),
            role: Some(Role::Admin),
            email: Some("dave@example.com".to_owned()),
            ..Facts::default()
        };
        let map = facts.clone().into_map();
        assert_eq!(map.keys().collect::<Vec<_>>(), ["email", "role", "workspace_id"]);
        assert_eq!(Facts::from_map(&map), Some(facts));
    }

    #[test]
    fn what_has_another_form_is_not_understood() {
        let strange = Map::from_iter([("role".to_owned(), Value::from("emperor"))]);
        assert_eq!(Facts::from_map(&strange), None);
    }
}
