//! What somebody prefers in a workspace.

use perme8_events::{Aggregate, Unsaved};

use crate::domain::{
    account_events::{Change, PreferenceChanges, PreferencesChanged},
    member::MemberId,
    references::AgentId,
};

/// What a member prefers in a workspace. It ends with the membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(crate) id: MemberId,
    pub(crate) selected_agent: Option<AgentId>,
    pub(crate) version: i64,
}

impl Aggregate for Preferences {
    const TYPE: &'static str = "preferences";
    type Id = MemberId;

    fn id(&self) -> MemberId {
        self.id
    }
}

impl Preferences {
    /// Those of a member who has never chosen anything.
    pub(crate) fn none(id: MemberId) -> Self {
        Self { id, selected_agent: None, version: 0 }
    }

    /// Another agent or none, unless it is that already.
    pub(crate) fn select_agent(&self, agent: Option<AgentId>) -> Option<Unsaved<Self>> {
        let selected_agent_id = Some(Change::between(self.selected_agent, agent)?);
        let MemberId { workspace_id, user_id } = self.id;
        let changes = PreferenceChanges { selected_agent_id };
        let event = PreferencesChanged { user_id, workspace_id, changes };
        Some(Unsaved::new(Self { selected_agent: agent, ..self.clone() }).record(event))
    }
}
