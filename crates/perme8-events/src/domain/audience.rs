//! Who may see an event.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::id::{UserId, WorkspaceId};

/// A group of people who may see an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every member of the workspace.
    Workspace(WorkspaceId),
    /// The owner and the admins of the workspace.
    Managers(WorkspaceId),
    /// One person.
    User(UserId),
    /// Those who run the installation.
    Operators,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace(id) => write!(f, "workspace:{id}"),
            Self::Managers(id) => write!(f, "managers:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Operators => f.write_str("operators"),
        }
    }
}

/// A text is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scope: expected workspace:<id>, managers:<id>, user:<id> or operators")]
pub struct ScopeError(String);

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scope = match text.split_once(':') {
            None if text == "operators" => Some(Self::Operators),
            Some(("workspace", id)) => id.parse().ok().map(Self::Workspace),
            Some(("managers", id)) => id.parse().ok().map(Self::Managers),
            Some(("user", id)) => id.parse().ok().map(Self::User),
            _ => None,
        };
        scope.ok_or_else(|| ScopeError(text.to_owned()))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Who may see an event, frozen when it is committed.
///
/// The right itself (is that person a member *now*?) is checked again at every delivery; an audience only says whom to ask
/// about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Audience(#[schemars(with = "Vec<String>")] Vec<Scope>);

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A scope that a newer program knows is one that nobody here belongs to.
        let words = Vec::<String>::deserialize(deserializer)?;
        Ok(Self(words.iter().filter_map(|word| word.parse().ok()).collect()))
    }
}

impl Audience {
    /// Nobody yet.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }

    /// The same, and every member of the workspace.
    #[must_use]
    pub fn and_workspace(self, workspace: impl Into<Option<WorkspaceId>>) -> Self {
        self.and(workspace.into().map(Scope::Workspace))
    }

    /// The same, and the managers of the workspace.
    #[must_use]
    pub fn and_managers(self, workspace: impl Into<Option<WorkspaceId>>) -> Self {
        self.and(workspace.into().map(Scope::Managers))
    }

    /// The same, and this person.
    #[must_use]
    pub fn and_user(self, user: impl Into<Option<UserId>>) -> Self {
        self.and(user.into().map(Scope::User))
    }

    /// The same, and each of these people.
    #[must_use]
    pub fn and_each(self, users: &[UserId]) -> Self {
        users.iter().fold(self, |audience, user| audience.and_user(*user))
    }

    /// The same, and every member of each of these workspaces.
    #[must_use]
    pub fn and_each_workspace(self, workspaces: &[WorkspaceId]) -> Self {
        workspaces.iter().fold(self, |audience, workspace| audience.and_workspace(*workspace))
    }

    /// The same, and the operators.
    #[must_use]
    pub fn and_operators(self) -> Self {
        self.and(Some(Scope::Operators))
    }

    fn and(mut self, scope: Option<Scope>) -> Self {
        if let Some(scope) = scope
            && !self.0.contains(&scope)
        {
            self.0.push(scope);
        }
        self
    }

    /// The groups.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn scopes_are_words_in_json() {
        let workspace = WorkspaceId::new(Uuid::from_u128(1));
        let user = UserId::new(Uuid::from_u128(2));
        let audience = Audience::nobody()
            .and_workspace(workspace)
            .and_managers(workspace)
            .and_user(user)
            .and_user(user)
            .and_user(None)
            .and_each(&[user])
            .and_each_workspace(&[workspace, WorkspaceId::new(Uuid::from_u128(3))])
            .and_operators();
        let json = serde_json::to_string(&audience).unwrap();
        expect_test::expect![[r#"["workspace:00000000-0000-0000-0000-000000000001","managers:00000000-0000-0000-0000-000000000001","user:00000000-0000-0000-0000-000000000002","workspace:00000000-0000-0000-0000-000000000003","operators"]"#]]
            .assert_eq(&json);
        assert_eq!(serde_json::from_str::<Audience>(&json).unwrap(), audience);
        assert_eq!(audience.scopes().first(), Some(&Scope::Workspace(workspace)));
    }

    #[test]
    fn a_scope_of_a_newer_program_is_for_nobody_here() {
        let audience: Audience = serde_json::from_str(r#"["auditors:7","operators"]"#).unwrap();
        assert_eq!(audience, Audience::nobody().and_operators());
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        for text in ["", "everybody", "user:42", "workspace", "operators:1"] {
            assert_eq!(text.parse::<Scope>(), Err(ScopeError(text.to_owned())));
        }
    }
}
