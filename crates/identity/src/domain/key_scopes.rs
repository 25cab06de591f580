//! What an API key may do: the words for it, and how much of it one key has.

use crate::domain::fields::Problem;

/// So many entries name what a key may do.
const MAX_ENTRIES: usize = 100;

/// Ends an entry that stands for every scope that begins like it.
const ANY: char = '*';

/// Writes the scopes, and their words on the wire, from a table that reads like one.
macro_rules! scopes {
    ($($(#[$doc:meta])+ $scope:ident $word:literal;)+) => {
        /// What a request does, as far as an API key must be allowed to do it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum KeyScope {
            $($(#[$doc])+ $scope,)+
        }

        impl KeyScope {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$scope),+];

            /// Its stable word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$scope => $word,)+
                }
            }
        }
    };
}

scopes! {
    /// See workspaces, their members, and who is invited.
    WorkspacesRead "workspaces:read";
    /// Create and change workspaces, members and invitations.
    WorkspacesWrite "workspaces:write";
    /// See projects.
    ProjectsRead "projects:read";
    /// Create and change projects.
    ProjectsWrite "projects:write";
    /// See documents.
    DocumentsRead "documents:read";
    /// Create and change documents.
    DocumentsWrite "documents:write";
    /// See agents.
    AgentsRead "agents:read";
    /// Create and change agents.
    AgentsWrite "agents:write";
    /// Ask agents.
    AgentsQuery "agents:query";
    /// See chats.
    ChatRead "chat:read";
    /// Chat.
    ChatWrite "chat:write";
    /// See notifications.
    NotificationsRead "notifications:read";
    /// Mark and delete notifications, and choose which there are.
    NotificationsWrite "notifications:write";
    /// See entities and relations.
    ErmRead "erm:read";
    /// Create and change entities and relations.
    ErmWrite "erm:write";
    /// See webhooks and their deliveries.
    WebhooksRead "webhooks:read";
    /// Create and change webhooks.
    WebhooksWrite "webhooks:write";
    /// See what happens and what has happened.
    EventsRead "events:read";
    /// See, make and change API keys that may do no more.
    ApiKeysWrite "api_keys:write";
    /// The tool that searches knowledge.
    McpKnowledgeSearch "mcp:knowledge.search";
    /// The tool that gets knowledge.
    McpKnowledgeGet "mcp:knowledge.get";
    /// The tool that follows relations of knowledge.
    McpKnowledgeTraverse "mcp:knowledge.traverse";
    /// The tool that creates knowledge.
    McpKnowledgeCreate "mcp:knowledge.create";
    /// The tool that updates knowledge.
    McpKnowledgeUpdate "mcp:knowledge.update";
    /// The tool that relates knowledge.
    McpKnowledgeRelate "mcp:knowledge.relate";
    /// The tool that lists workspaces.
    McpListWorkspaces "mcp:jarga.list_workspaces";
    /// The tool that gets a workspace.
    McpGetWorkspace "mcp:jarga.get_workspace";
    /// The tool that lists projects.
    McpListProjects "mcp:jarga.list_projects";
    /// The tool that creates a project.
    McpCreateProject "mcp:jarga.create_project";
    /// The tool that gets a project.
    McpGetProject "mcp:jarga.get_project";
    /// The tool that lists documents.
    McpListDocuments "mcp:jarga.list_documents";
    /// The tool that creates a document.
    McpCreateDocument "mcp:jarga.create_document";
    /// The tool that gets a document.
    McpGetDocument "mcp:jarga.get_document";
    /// The tool that finds tools.
    McpToolsSearch "mcp:tools.search";
}

/// What a key may do of what its owner may: everything, or what these entries name; as it was given, order and all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scopes(Option<Vec<String>>);

impl Scopes {
    /// Each entry is a scope, `*`, or the beginning of scopes, past the colon, with `*` behind it.
    pub(crate) fn parse(entries: Option<&[String]>) -> Result<Self, Problem> {
        let Some(entries) = entries else { return Ok(Self(None)) };
        if entries.len() > MAX_ENTRIES {
            return Err(Problem::TooMany { max: MAX_ENTRIES });
        }
        if !entries.iter().all(|entry| is_entry(entry)) {
            return Err(Problem::Malformed(
                "must be scopes such as agents:read, beginnings of them such as agents:*, or *",
            ));
        }
        Ok(Self(Some(entries.to_vec())))
    }

    /// Trusts what was checked before it was stored.
    pub(crate) fn stored(entries: Option<Vec<String>>) -> Self {
        Self(entries)
    }

    /// As they were given; nothing for everything.
    pub(crate) fn entries(&self) -> Option<&[String]> {
        self.0.as_deref()
    }

    pub(crate) fn grants(&self, scope: KeyScope) -> bool {
        self.covers(scope.as_str())
    }

    /// Whether these grant nothing that `others` do not, whatever scopes there will be one day: so each entry has to be
    /// covered by an entry.
    pub(crate) fn are_within(&self, others: &Self) -> bool {
        match &self.0 {
            None => others.covers("*"),
            Some(entries) => entries.iter().all(|entry| others.covers(entry)),
        }
    }

    /// Whether one entry stands for everything that this one stands for.
    fn covers(&self, wanted: &str) -> bool {
        let Some(entries) = &self.0 else { return true };
        entries.iter().any(|entry| match entry.strip_suffix(ANY) {
            Some(beginning) => wanted.starts_with(beginning),
            None => wanted == entry,
        })
    }
}

fn is_entry(entry: &str) -> bool {
    let mut words = KeyScope::ALL.iter().map(|scope| scope.as_str());
    match entry.strip_suffix(ANY) {
        Some("") => true,
        Some(beginning) => beginning.contains(':') && words.any(|word| word.starts_with(beginning)),
        None => words.any(|word| word == entry),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scopes(entries: &[&str]) -> Scopes {
        let entries: Vec<String> = entries.iter().map(|&entry| entry.to_owned()).collect();
        Scopes::parse(Some(&entries)).unwrap()
    }

    fn everything() -> Scopes {
        Scopes::parse(None).unwrap()
    }

    #[test]
    fn words_are_unique_and_name_what_they_are_about() {
        let mut words: Vec<&str> = KeyScope::ALL.iter().map(|scope| scope.as_str()).collect();
        assert!(words.iter().all(|word| word.split(':').count() == 2), "{words:?}");
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), KeyScope::ALL.len());
    }

    #[test]
    fn what_names_no_scope_is_no_entry() {
        for entry in [
            "",
            "agents",
            "agents:",
            "agents:delete",
            "Agents:read",
            " agents:read",
            "agents:read ",
            "a*",
            "agents*",
            "agents:**",
            "agents:x*",
            "**",
            "mcp:*.search",
            "tea:*",
        ] {
            let refused = Scopes::parse(Some(&[entry.to_owned()]));
            assert!(matches!(refused, Err(Problem::Malformed(_))), "{entry}");
        }
        let too_many = vec!["*".to_owned(); MAX_ENTRIES + 1];
        assert_eq!(Scopes::parse(Some(&too_many)), Err(Problem::TooMany { max: MAX_ENTRIES }));
        assert!(Scopes::parse(Some(&too_many[1..])).is_ok());
    }

    #[test]
    fn an_entry_grants_what_it_names_or_begins_like() {
        for (granted, read, query, search) in [
            (everything(), true, true, true),
            (scopes(&["*"]), true, true, true),
            (scopes(&[]), false, false, false),
            (scopes(&["agents:read"]), true, false, false),
            (scopes(&["agents:*"]), true, true, false),
            (scopes(&["agents:q*", "mcp:knowledge.*"]), false, true, true),
            (scopes(&["mcp:jarga.*"]), false, false, false),
        ] {
            let grants =
                [KeyScope::AgentsRead, KeyScope::AgentsQuery, KeyScope::McpKnowledgeSearch];
            assert_eq!(
                grants.map(|scope| granted.grants(scope)),
                [read, query, search],
                "{granted:?}"
            );
        }
    }

    #[test]
    fn nothing_is_within_less() {
        for (inner, outer, within) in [
            (everything(), everything(), true),
            (everything(), scopes(&["*"]), true),
            (everything(), scopes(&["agents:*"]), false),
            (scopes(&["*"]), everything(), true),
            (scopes(&["*"]), scopes(&["agents:*"]), false),
            (scopes(&[]), scopes(&[]), true),
            (scopes(&["agents:read"]), scopes(&[]), false),
            (scopes(&["agents:read"]), scopes(&["agents:*"]), true),
            (scopes(&["agents:r*"]), scopes(&["agents:*"]), true),
            (scopes(&["agents:*"]), scopes(&["agents:r*"]), false),
            // What is added one day would be granted by the beginning alone.
            (scopes(&["chat:*"]), scopes(&["chat:read", "chat:write"]), false),
            (scopes(&["chat:read", "erm:read"]), scopes(&["erm:*", "chat:read"]), true),
            (scopes(&["chat:read", "erm:read"]), scopes(&["erm:*"]), false),
        ] {
            assert_eq!(inner.are_within(&outer), within, "{inner:?} in {outer:?}");
        }
    }

    /// Every scope and every beginning of one, past the colon.
    fn entries() -> Vec<String> {
        let mut entries = vec!["*".to_owned()];
        for word in KeyScope::ALL.iter().map(|scope| scope.as_str()) {
            let colon = word.find(':').expect("every scope has one");
            entries.push(word.to_owned());
            entries.extend((colon + 1..=word.len()).map(|end| format!("{}*", &word[..end])));
        }
        entries
    }

    fn some_scopes() -> impl Strategy<Value = Scopes> {
        let some = prop::collection::vec(prop::sample::select(entries()), 0..6);
        prop::option::weighted(0.9, some).prop_map(Scopes)
    }

    proptest! {
        #[test]
        fn what_is_within_others_grants_nothing_that_they_do_not(
            inner in some_scopes(),
            outer in some_scopes(),
        ) {
            let more = KeyScope::ALL.iter().find(|&&s| inner.grants(s) && !outer.grants(s));
            if inner.are_within(&outer) {
                prop_assert_eq!(more, None);
            }
            prop_assert!(inner.are_within(&inner));
        }
    }
}
