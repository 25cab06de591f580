//! Agents, whom people ask.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use identity::{AgentId, Change, FieldErrors, Problem};
use llm::{ModelName, Models};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{
    events::{
        AgentAddedToWorkspace, AgentChanges, AgentCloned, AgentCreated, AgentDeleted,
        AgentRemovedFromWorkspace, AgentUpdated,
    },
    temperature::Temperature,
    visibility::Visibility,
};

const MAX_NAME: usize = 255;
const MAX_DESCRIPTION: usize = 2_000;
const MAX_PROMPT: usize = 32_000;
const MAX_MODEL: usize = 200;

/// What the name of an agent ends with that is like another one.
const COPY: &str = " (Copy)";

/// An agent, whom its owner asks, and others where it is shared with them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) id: AgentId,
    pub(crate) owner_id: UserId,
    pub(crate) is: Particulars,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// In which workspaces it is, and since when.
    pub(crate) placements: BTreeMap<WorkspaceId, DateTime<Utc>>,
    /// Deleted: storing it deletes it.
    pub(crate) is_gone: bool,
    pub(crate) version: i64,
}

/// What people say of an agent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Particulars {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) system_prompt: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) temperature: Temperature,
    pub(crate) visibility: Visibility,
    pub(crate) is_enabled: bool,
}

/// The texts of an agent, as somebody typed them.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: Option<&'a str>,
    pub(crate) system_prompt: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
}

/// The model of this name, if it may be asked on this host.
pub(crate) fn askable(name: &str, models: &Models) -> Result<ModelName, Problem> {
    let name: Option<ModelName> = name.trim().parse().ok();
    let allowed = name.filter(|name| models.allow(name));
    allowed.ok_or(Problem::Malformed("may not be asked here: choose another one"))
}

/// What an agent is told, and what for, is shown nowhere.
impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, owner_id, version, .. } = self;
        f.debug_struct("Agent")
            .field("id", id)
            .field("owner_id", owner_id)
            .field("version", version)
            .finish_non_exhaustive()
    }
}

impl Particulars {
    /// With texts that are checked, and one of these models, unless it is for an agent that has it already; what is blank is
    /// missing.
    pub(crate) fn check(
        texts: Texts<'_>,
        temperature: Temperature,
        visibility: Visibility,
        is_enabled: bool,
        models: Option<&Models>,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let Texts { name, description, system_prompt, model } = texts;
        let name = errors.line("name", name, MAX_NAME);
        let description = errors.paragraph("description", description, MAX_DESCRIPTION);
        let system_prompt = errors.paragraph("system_prompt", system_prompt, MAX_PROMPT);
        let model = match model.filter(|model| !model.trim().is_empty()) {
            Some(model) => errors.line("model", model, MAX_MODEL).and_then(|model| {
                let is_askable = models.map_or(Ok(()), |models| askable(&model, models).map(drop));
                errors.check("model", is_askable).map(|()| Some(model))
            }),
            None => Some(None),
        };
        match (name, description, system_prompt, model) {
            (Some(name), Some(description), Some(system_prompt), Some(model)) => Ok(Self {
                name,
                description,
                system_prompt,
                model,
                temperature,
                visibility,
                is_enabled,
            }),
            _ => Err(errors),
        }
    }

    /// What is different in `to`.
    fn changes(&self, to: &Self) -> AgentChanges {
        AgentChanges {
            name: Change::between(self.name.clone(), to.name.clone()),
            description: Change::between(self.description.clone(), to.description.clone()),
            system_prompt: self.system_prompt != to.system_prompt,
            model: Change::between(self.model.clone(), to.model.clone()),
            temperature: Change::between(self.temperature, to.temperature),
            visibility: Change::between(self.visibility, to.visibility),
            enabled: Change::between(self.is_enabled, to.is_enabled),
        }
    }

    /// What is the same of one that is like this: not who sees it, nor that it does not answer, nor a model that may be asked no
    /// longer.
    fn copied(&self, models: &Models) -> Self {
        let longest = MAX_NAME - COPY.chars().count();
        let name: String = self.name.chars().take(longest).collect();
        Self {
            name: format!("{}{COPY}", name.trim_end()),
            model: self.model.clone().filter(|name| askable(name, models).is_ok()),
            visibility: Visibility::Private,
            is_enabled: true,
            ..self.clone()
        }
    }
}

impl Aggregate for Agent {
    const TYPE: &'static str = "agent";
    type Id = AgentId;

    fn id(&self) -> AgentId {
        self.id
    }
}

impl Agent {
    pub(crate) fn create(
        id: AgentId,
        owner_id: UserId,
        is: Particulars,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let agent = Self {
            id,
            owner_id,
            is,
            created_at: now,
            updated_at: now,
            placements: BTreeMap::new(),
            is_gone: false,
            version: 0,
        };
        let event = AgentCreated {
            agent_id: id,
            user_id: owner_id,
            name: agent.is.name.clone(),
            workspace_ids: agent.seen_in(),
        };
        Unsaved::new(agent).record(event)
    }

    /// Another one that is like this, in no workspace, with its model if that is still one of these.
    pub(crate) fn copy(
        &self,
        id: AgentId,
        owner_id: UserId,
        models: &Models,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let event = AgentCloned { agent_id: id, source_agent_id: self.id, user_id: owner_id };
        Self::create(id, owner_id, self.is.copied(models), now).record(event)
    }

    /// Where others see it.
    fn seen_in(&self) -> Vec<WorkspaceId> {
        if self.is.visibility.is_shared() {
            self.placements.keys().copied().collect()
        } else {
            Vec::new()
        }
    }

    /// Other particulars, if any of them is another.
    pub(crate) fn update(&self, to: Particulars, now: DateTime<Utc>) -> Option<Unsaved<Self>> {
        let AgentChanges { visibility, .. } = self.is.changes(&to);
        let updated = Self { is: to, updated_at: now, ..self.clone() };
        let hidden = Self {
            is: Particulars { visibility: Visibility::Private, ..self.is.clone() },
            ..self.clone()
        };
        // Step by step, so that what changes while nobody else sees it is told to nobody else.
        let steps = match visibility {
            None => vec![updated.clone()],
            Some(change) if change.to.is_shared() => {
                let visibility = Visibility::Private;
                let is = Particulars { visibility, ..updated.is.clone() };
                vec![Self { is, ..updated.clone() }, updated.clone()]
            }
            Some(_) => vec![hidden, updated.clone()],
        };
        let mut before = self;
        let mut events = Vec::new();
        for step in &steps {
            let changes = before.is.changes(&step.is);
            if changes != AgentChanges::default() {
                let shown = if before.is.visibility.is_shared() { before } else { step };
                events.push(AgentUpdated {
                    agent_id: self.id,
                    user_id: self.owner_id,
                    name: step.is.name.clone(),
                    workspace_ids: shown.seen_in(),
                    changes,
                });
            }
            before = step;
        }
        let is_changed = !events.is_empty();
        is_changed.then(|| events.into_iter().fold(Unsaved::new(updated), Unsaved::record))
    }

    /// Gone for good.
    pub(crate) fn delete(self) -> Unsaved<Self> {
        let event = AgentDeleted {
            agent_id: self.id,
            user_id: self.owner_id,
            name: self.is.name.clone(),
            workspace_ids: self.seen_in(),
        };
        Unsaved::new(Self { is_gone: true, ..self }).record(event)
    }

    /// In these workspaces, too, and in those no longer; nothing if that changes nothing.
    pub(crate) fn place(
        &self,
        into: &[WorkspaceId],
        out_of: &[WorkspaceId],
        now: DateTime<Utc>,
    ) -> Option<Unsaved<Self>> {
        let is_new = |id: &&WorkspaceId| !self.placements.contains_key(*id);
        let into: Vec<WorkspaceId> = into.iter().filter(is_new).copied().collect();
        let out_of: Vec<WorkspaceId> =
            out_of.iter().filter(|id| self.placements.contains_key(*id)).copied().collect();
        let mut placements = self.placements.clone();
        placements.retain(|id, _| !out_of.contains(id));
        placements.extend(into.iter().map(|id| (*id, now)));
        if placements == self.placements {
            return None;
        }
        let placed = Unsaved::new(Self { placements, ..self.clone() });
        let (user_id, is_shared) = (self.owner_id, self.is.visibility.is_shared());
        let placed = into.into_iter().fold(placed, |placed, workspace_id| {
            let (agent_id, name) = (self.id, self.is.name.clone());
            placed.record(AgentAddedToWorkspace {
                agent_id,
                workspace_id,
                user_id,
                name,
                is_shared,
            })
        });
        Some(out_of.into_iter().fold(placed, |placed, workspace_id| {
            let (agent_id, name) = (self.id, self.is.name.clone());
            placed.record(AgentRemovedFromWorkspace {
                agent_id,
                workspace_id,
                user_id,
                name,
                is_shared,
            })
        }))
    }
}

#[cfg(test)]
mod tests;
