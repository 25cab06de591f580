//! An aggregate on its way into storage.

use crate::domain::{
    audience::Audience,
    event::{Aggregate, DomainEvent},
    id::WorkspaceId,
    personal::{self, PersonalField},
};

/// An event on its way into the log, its Rust type forgotten.
#[derive(Debug)]
pub struct NewEvent(Box<dyn AnyEvent>);

impl NewEvent {
    /// Forgets the type of `event`.
    #[must_use]
    pub fn of<E: DomainEvent>(event: E) -> Self {
        Self(Box::new(event))
    }

    /// The fields that say whose they are, each with that person.
    #[must_use]
    pub fn personal(&self) -> Vec<PersonalField> {
        self.any().personal()
    }

    pub(crate) fn any(&self) -> &dyn AnyEvent {
        &*self.0
    }
}

/// The object-safe side of [`DomainEvent`].
pub(crate) trait AnyEvent: std::fmt::Debug + Send + Sync {
    fn event_type(&self) -> &'static str;
    fn version(&self) -> u16;
    fn aggregate_type(&self) -> &'static str;
    fn aggregate_id(&self) -> String;
    fn workspace_id(&self) -> Option<WorkspaceId>;
    fn audience(&self) -> Audience;
    fn data(&self) -> serde_json::Result<String>;
    fn personal(&self) -> Vec<PersonalField>;
    /// The data, in which each known personal value bears this mark.
    fn marked(&self, mark: &str) -> serde_json::Result<serde_json::Value>;
}

impl<E: DomainEvent> AnyEvent for E {
    fn event_type(&self) -> &'static str {
        E::TYPE
    }

    fn version(&self) -> u16 {
        E::VERSION
    }

    fn aggregate_type(&self) -> &'static str {
        E::AGGREGATE
    }

    fn aggregate_id(&self) -> String {
        DomainEvent::aggregate_id(self)
    }

    fn workspace_id(&self) -> Option<WorkspaceId> {
        DomainEvent::workspace_id(self)
    }

    fn audience(&self) -> Audience {
        DomainEvent::audience(self)
    }

    fn data(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    fn personal(&self) -> Vec<PersonalField> {
        DomainEvent::personal(self)
    }

    fn marked(&self, mark: &str) -> serde_json::Result<serde_json::Value> {
        personal::marked(mark, || serde_json::to_value(self))
    }
}

/// An aggregate after a decision, with the events which that decision recorded.
///
/// Saving it is the only way on: nobody takes the aggregate out unsaved, and nobody writes the state without its events.
#[must_use = "a decision has no effect until it is saved"]
#[derive(Debug)]
pub struct Unsaved<A: Aggregate> {
    aggregate: A,
    events: Vec<NewEvent>,
}

impl<A: Aggregate> Unsaved<A> {
    /// An aggregate about which no event was recorded yet.
    pub fn new(aggregate: A) -> Self {
        Self { aggregate, events: Vec::new() }
    }

    /// Records what happened to it.
    ///
    /// ```
    /// # use perme8_events::{Aggregate, DomainEvent, Unsaved};
    /// # use schemars::JsonSchema;
    /// # use serde::{Deserialize, Serialize};
    /// # struct Project { id: u8 }
    /// # impl Aggregate for Project {
    /// #     const TYPE: &'static str = "project";
    /// #     type Id = u8;
    /// #     fn id(&self) -> u8 { self.id }
    /// # }
    /// /// Emitted when a project is created.
    /// #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
    /// #[event(name = "projects.project_created", aggregate = "project", audience(operators))]
    /// struct ProjectCreated {
    ///     #[event(aggregate_id)]
    ///     project_id: u8,
    /// }
    ///
    /// let created = Unsaved::new(Project { id: 1 }).record(ProjectCreated { project_id: 1 });
    /// # drop(created);
    /// ```
    ///
    /// An event of another aggregate type does not compile:
    ///
    /// ```compile_fail,E0080
    /// # use perme8_events::{Aggregate, DomainEvent, Unsaved};
    /// # use schemars::JsonSchema;
    /// # use serde::{Deserialize, Serialize};
    /// # struct Project { id: u8 }
    /// # impl Aggregate for Project {
    /// #     const TYPE: &'static str = "project";
    /// #     type Id = u8;
    /// #     fn id(&self) -> u8 { self.id }
    /// # }
    /// /// Emitted when a document is created.
    /// #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
    /// #[event(name = "documents.document_created", aggregate = "document", audience(operators))]
    /// struct DocumentCreated {
    ///     #[event(aggregate_id)]
    ///     document_id: u8,
    /// }
    ///
    /// let created = Unsaved::new(Project { id: 1 }).record(DocumentCreated { document_id: 1 });
    /// # drop(created);
    /// ```
    pub fn record<E: DomainEvent>(mut self, event: E) -> Self {
        const { assert!(same(E::AGGREGATE, A::TYPE), "this event belongs to another aggregate") };
        debug_assert_eq!(DomainEvent::aggregate_id(&event), self.aggregate.id().to_string());
        self.events.push(NewEvent::of(event));
        self
    }

    /// Takes both apart; for adapters of [`Store`](crate::Store) and fakes, through [`Save`](crate::Save).
    pub(crate) fn into_parts(self) -> (A, Vec<NewEvent>) {
        (self.aggregate, self.events)
    }

    /// Looks at the undecided state, in tests of decisions.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn peek(&self) -> &A {
        &self.aggregate
    }

    /// The recorded events, one `type data` line each, in tests of decisions.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn transcript(&self) -> String {
        crate::testing::transcript(&self.events)
    }
}

/// Whether two texts are equal, at compile time.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    a.len() == b.len() && i == a.len()
}

#[cfg(test)]
mod tests {
    use perme8_events_macros::DomainEvent;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        core_events::PersonForgotten,
        id::UserId,
        personal::Personal,
        upcast::{EventData, UpcastError},
    };

    /// Emitted when somebody moves within a workspace.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
    #[event(name = "people.moved", aggregate = "resident", audience(workspace))]
    #[event(version = 2, upcast(v1 = unchanged))]
    struct Moved {
        #[event(aggregate_id)]
        user_id: UserId,
        #[event(workspace_id)]
        workspace_id: WorkspaceId,
        #[event(personal = "user_id")]
        to: Personal<String>,
    }

    #[expect(clippy::unnecessary_wraps, reason = "an upcaster may refuse")]
    fn unchanged(data: EventData) -> Result<EventData, UpcastError> {
        Ok(data)
    }

    struct Resident(UserId);

    impl Aggregate for Resident {
        const TYPE: &'static str = "resident";
        type Id = UserId;

        fn id(&self) -> UserId {
            self.0
        }
    }

    fn user() -> UserId {
        UserId::new(Uuid::from_u128(1))
    }

    fn moved() -> Moved {
        let workspace_id = WorkspaceId::new(Uuid::from_u128(2));
        Moved { user_id: user(), workspace_id, to: Personal::from("the attic".to_owned()) }
    }

    #[test]
    fn an_event_says_the_same_when_its_type_is_forgotten() {
        let (event, new) = (moved(), NewEvent::of(moved()));
        let any = new.any();
        let names = (any.event_type(), any.version(), any.aggregate_type());
        assert_eq!(names, ("people.moved", 2, "resident"));
        assert_eq!(any.aggregate_id(), user().to_string());
        assert_eq!(any.workspace_id(), Some(event.workspace_id));
        assert_eq!(any.audience(), Audience::nobody().and_workspace(event.workspace_id));
        assert_eq!(any.data().unwrap(), serde_json::to_string(&event).unwrap());
        assert_eq!(new.personal(), [("to", Some(user()))]);
        let forgotten = PersonForgotten { user_id: user(), for_good: true, operator: None };
        assert!(NewEvent::of(forgotten).personal().is_empty());
    }

    #[test]
    fn what_was_decided_stays_with_its_events() {
        let unsaved = Unsaved::new(Resident(user())).record(moved());
        assert_eq!(unsaved.peek().0, user());
        let data = serde_json::to_string(&moved()).unwrap();
        assert_eq!(unsaved.transcript(), format!("people.moved {data}\n"));
        let (resident, events) = unsaved.into_parts();
        assert_eq!((resident.0, events.len()), (user(), 1));
    }

    #[test]
    fn texts_are_the_same_to_the_last_byte_or_not_at_all() {
        let texts = ["", "a", "b", "aa", "ab", "abc"];
        for one in texts {
            for other in texts {
                assert_eq!(same(one, other), one == other, "{one} {other}");
            }
        }
    }
}
