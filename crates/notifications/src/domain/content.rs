//! What a notification says, within its limits.

use identity::InvitationId;
use perme8_events::WorkspaceId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::notification_type::NotificationType;

/// Longer titles are cut.
const TITLE_CHARS: usize = 255;

/// Longer bodies are cut.
const BODY_CHARS: usize = 2_000;

/// Facts that take more bytes as JSON are refused.
const DATA_BYTES: usize = 8 * 1024;

/// What a notification says, whoever reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    notification_type: NotificationType,
    title: String,
    body: String,
    data: Map<String, Value>,
    workspace_id: Option<WorkspaceId>,
    invitation_id: Option<InvitationId>,
}

/// The facts of a notification take more room than they may.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the facts of a `{notification_type}` take {bytes} bytes, of at most {DATA_BYTES}")]
pub(crate) struct DataTooLarge {
    notification_type: NotificationType,
    bytes: usize,
}

/// The parts of a [`Content`], once and for all.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) notification_type: NotificationType,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) data: Map<String, Value>,
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) invitation_id: Option<InvitationId>,
}

impl Content {
    /// Cuts the texts to their limits.
    pub(crate) fn new(parts: Parts) -> Result<Self, DataTooLarge> {
        let Parts { notification_type, title, body, data, workspace_id, invitation_id } = parts;
        let bytes = serde_json::to_string(&data).expect("a map of JSON values serialises").len();
        if bytes > DATA_BYTES {
            return Err(DataTooLarge { notification_type, bytes });
        }
        let (title, body) = (cut(title, TITLE_CHARS), cut(body, BODY_CHARS));
        Ok(Self { notification_type, title, body, data, workspace_id, invitation_id })
    }

    /// Takes it apart.
    pub(crate) fn into_parts(self) -> Parts {
        let Self { notification_type, title, body, data, workspace_id, invitation_id } = self;
        Parts { notification_type, title, body, data, workspace_id, invitation_id }
    }

    /// What a reader sees of it: title, body and facts.
    pub(crate) fn into_words(self) -> (String, String, Map<String, Value>) {
        (self.title, self.body, self.data)
    }

    /// What kind of thing it tells.
    pub(crate) fn notification_type(&self) -> NotificationType {
        self.notification_type
    }

    /// The workspace it points into.
    pub(crate) fn workspace_id(&self) -> Option<WorkspaceId> {
        self.workspace_id
    }

    #[cfg(test)]
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    #[cfg(test)]
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    #[cfg(test)]
    pub(crate) fn data(&self) -> &Map<String, Value> {
        &self.data
    }
}

/// At most `max` characters, the last of which shows that there were more.
fn cut(text: String, max: usize) -> String {
    if text.chars().count() <= max {
        return text;
    }
    text.chars().take(max - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(title: &str, filler: usize) -> Parts {
        Parts {
            notification_type: NotificationType::WorkspaceMemberLeft,
            title: title.to_owned(),
            body: String::new(),
            data: Map::from_iter([("filler".to_owned(), "x".repeat(filler).into())]),
            workspace_id: None,
            invitation_id: None,
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let kept = "ö".repeat(TITLE_CHARS);
        assert_eq!(Content::new(parts(&kept, 0)).unwrap().title(), kept);
        let shown = Content::new(parts(&format!("{kept}ö"), 0)).unwrap();
        assert_eq!(shown.title(), format!("{}…", "ö".repeat(TITLE_CHARS - 1)));
    }

    #[test]
    fn facts_beyond_eight_kibibytes_are_refused() {
        let frame = r#"{"filler":""}"#.len();
        assert!(Content::new(parts("", DATA_BYTES - frame)).is_ok());
        let refused = Content::new(parts("", DATA_BYTES - frame + 1)).unwrap_err();
        expect_test::expect![
            "the facts of a `workspace_member_left` take 8193 bytes, of at most 8192"
        ]
        .assert_eq(&refused.to_string());
    }
}
