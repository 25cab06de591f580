//! On whose behalf, and because of what.

use std::{collections::BTreeMap, fmt};

use uuid::Uuid;

use crate::domain::{
    actor::Actor,
    envelope::Envelope,
    id::{CorrelationId, EventId, UserId, WorkspaceId},
    trace::TraceContext,
};

/// Facts of the edge that travel with an event, such as `request_id`.
pub type Metadata = BTreeMap<String, String>;

/// Where a request came from; kept once per correlation for the audit trail, never in an envelope.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    address: String,
    user_agent: Option<String>,
    session_id: Option<Uuid>,
}

/// A user agent is cut to so many characters, a network address and a request id to half of that.
const CLIENT_CHARS: usize = 256;

fn cut(text: &str, chars: usize) -> String {
    // PostgreSQL keeps no NUL in a text.
    text.chars().filter(|c| *c != '\0').take(chars).collect()
}

impl Client {
    /// A request from this network address, by this user agent; what is too long is cut.
    #[must_use]
    pub fn new(address: &str, user_agent: Option<&str>) -> Self {
        Self {
            address: cut(address, CLIENT_CHARS / 2),
            user_agent: user_agent.map(|text| cut(text, CLIENT_CHARS)),
            session_id: None,
        }
    }

    /// The same, in a session that the edge knows under this id; never the secret that proves the session.
    #[must_use]
    pub fn in_session(self, session_id: Uuid) -> Self {
        Self { session_id: Some(session_id), ..self }
    }

    /// The network address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The user agent, if it told.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    /// The session, if it has shown one.
    #[must_use]
    pub fn session_id(&self) -> Option<Uuid> {
        self.session_id
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}

/// Who wants something, in which workspace, and because of what.
///
/// Every facade call takes one, authorises from it, and the transaction fills envelopes from it. The correlation id is
/// always minted here, never taken from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    actor: Actor,
    on_behalf_of: Option<UserId>,
    workspace_id: Option<WorkspaceId>,
    correlation_id: CorrelationId,
    causation_id: Option<EventId>,
    metadata: Metadata,
    client: Option<Client>,
    idempotency_key: Option<String>,
}

/// What led to something that is done later, by a job or a timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) on_behalf_of: Option<UserId>,
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) correlation_id: CorrelationId,
    pub(crate) causation_id: Option<EventId>,
    pub(crate) metadata: Metadata,
}

impl Origin {
    /// A new request of `actor`, with a fresh correlation id.
    #[must_use]
    pub fn new(actor: Actor) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where correlation ids are minted"
        )]
        Self::correlated(actor, CorrelationId::new(Uuid::now_v7()))
    }

    /// A new request of a person.
    #[must_use]
    pub fn user(user: UserId) -> Self {
        Self::new(Actor::User(user))
    }

    /// A new request of somebody of whom nothing is known.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::new(Actor::Anonymous)
    }

    /// A new act of the system itself, under the name of the part that acts.
    #[must_use]
    pub fn system(name: &'static str) -> Self {
        Self::new(Actor::System(name.into()))
    }

    /// The reaction of a handler to an event: same correlation, caused by the event, for the person who caused that.
    #[must_use]
    pub fn reaction(handler: &'static str, to: &Envelope) -> Self {
        Self {
            on_behalf_of: to.person(),
            workspace_id: to.workspace_id,
            causation_id: Some(to.event_id),
            metadata: to.metadata.clone(),
            ..Self::correlated(Actor::System(handler.into()), to.correlation_id)
        }
    }

    /// What this leads to later.
    pub(crate) fn cause(&self) -> Cause {
        Cause {
            on_behalf_of: self.on_behalf_of.or(self.actor.user()),
            workspace_id: self.workspace_id,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            metadata: self.metadata.clone(),
        }
    }

    /// Something that is done later, by the part of the system of this name.
    pub(crate) fn later(name: String, cause: Cause) -> Self {
        let Cause { on_behalf_of, workspace_id, correlation_id, causation_id, metadata } = cause;
        Self {
            on_behalf_of,
            workspace_id,
            causation_id,
            metadata,
            ..Self::correlated(Actor::System(name.into()), correlation_id)
        }
    }

    fn correlated(actor: Actor, correlation_id: CorrelationId) -> Self {
        Self {
            actor,
            on_behalf_of: None,
            workspace_id: None,
            correlation_id,
            causation_id: None,
            metadata: Metadata::new(),
            client: None,
            idempotency_key: None,
        }
    }

    /// A fixed correlation id, so that tests are repeatable.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn fixed(actor: Actor, correlation_id: CorrelationId) -> Self {
        Self::correlated(actor, correlation_id)
    }

    /// The same request, now that it is known who asks.
    #[must_use]
    pub fn of(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// What the part of the system of this name does within the same request, for the person who makes it: what has to be there
    /// before that person's own command, and what that person need not be allowed to do.
    ///
    /// It commits by itself, so the idempotency key stays with the command.
    #[must_use]
    pub fn through(self, part: &'static str) -> Self {
        let on_behalf_of = self.person();
        Self { actor: Actor::System(part.into()), on_behalf_of, idempotency_key: None, ..self }
    }

    /// The same, within a workspace.
    #[must_use]
    pub fn in_workspace(self, workspace_id: WorkspaceId) -> Self {
        Self { workspace_id: Some(workspace_id), ..self }
    }

    /// The same, done for a person by something that is not that person.
    ///
    /// For tests alone: in a running system it is what is handled that says for whom it is handled, the event of
    /// [`reaction`](Self::reaction) or the job of [`JobRun::origin`](crate::JobRun::origin). So no request of a person, a key or
    /// an operator is ever done for somebody else.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn on_behalf_of_user(self, user: UserId) -> Self {
        Self { on_behalf_of: Some(user), ..self }
    }

    /// The same, with the id under which the edge knows the request; what is too long is cut.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl AsRef<str>) -> Self {
        let request_id = cut(request_id.as_ref(), CLIENT_CHARS / 2);
        self.metadata.insert("request_id".to_owned(), request_id);
        self
    }

    /// The same, as a step of a trace: what it leads to follows from that step.
    #[must_use]
    pub fn in_trace(mut self, step: TraceContext) -> Self {
        step.note(&mut self.metadata);
        self
    }

    /// The same, coming from this client.
    #[must_use]
    pub fn with_client(self, client: Client) -> Self {
        Self { client: Some(client), ..self }
    }

    /// The same, under an idempotency key: the transaction commits once, and when it is repeated under the same key, it
    /// changes nothing and gives [`StorageError::is_repeated`](crate::StorageError::is_repeated).
    ///
    /// For commands that are one transaction. A key is remembered for 30 days.
    #[must_use]
    pub fn once(self, key: impl Into<String>) -> Self {
        Self { idempotency_key: Some(key.into()), ..self }
    }

    /// The key under which its transaction commits once.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// Who does it.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The person who caused it, for what is done by a handler or an agent.
    #[must_use]
    pub fn on_behalf_of(&self) -> Option<UserId> {
        self.on_behalf_of
    }

    /// The person by whose rights it is done, if any: who acts, or for whom the system acts.
    ///
    /// Whoever authorises asks this, and not for whom it is done: an agent and a visitor have no rights of others.
    #[must_use]
    pub fn person(&self) -> Option<UserId> {
        match &self.actor {
            Actor::User(user) | Actor::ApiKey { user, .. } => Some(*user),
            Actor::System(_) => self.on_behalf_of,
            Actor::Agent(_) | Actor::Anonymous => None,
        }
    }

    /// The tenant, if any.
    #[must_use]
    pub fn workspace_id(&self) -> Option<WorkspaceId> {
        self.workspace_id
    }

    /// Shared by everything that one outside request leads to.
    #[must_use]
    pub fn correlation_id(&self) -> CorrelationId {
        self.correlation_id
    }

    /// The event that is being handled, if any.
    #[must_use]
    pub fn causation_id(&self) -> Option<EventId> {
        self.causation_id
    }

    /// Facts of the edge.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The step of a trace that it is, if it is traced.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        TraceContext::of(&self.metadata)
    }

    /// Where the request came from.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }
}

#[cfg(test)]
mod tests;
