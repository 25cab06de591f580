#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - To say what happened: [`#[derive(DomainEvent)]`](derive@DomainEvent), [`catalogue!`], [`Personal`] and [`Audience`]; around
//!   it the [`Envelope`], which the [`Origin`] fills.
//! - To change state: [`Aggregate`], whose decisions return [`Unsaved`]; [`Load`], [`Save`] and [`Store`] in a [`Transaction`],
//!   which [`sql::UnitOfWork`] opens and commits.
//! - To react: [`EventHandler`], a [`Subscriber`] with [`HandlerOptions`], for the log as it is; [`sql::Projection`] for a read
//!   model; [`ProcessManager`] for a case over time; [`Worker`], [`Timer`] and [`Schedule`] for what is done later.
//! - To run them: [`host::Runtime`], put together by a [`host::RuntimeBuilder`], behind a [`host::Feed`], until
//!   [`host::Tasks`] are stopped; [`host::Operations`] intervenes, and [`host::Archives`] moves the old end of the log into
//!   files.
//! - To follow: [`host::EventBus`] for those who watch, [`EventStore`] for those who read the log.
//! - On a database: [`sql::Db`], [`sql!`], [`migrations!`].

mod application;
mod domain;
mod infrastructure;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

// The language of events: every layer of a context may name it.
pub use domain::actor::Actor;
pub use domain::audience::{Audience, Scope, ScopeError};
pub use domain::catalogue::{Catalogue, EventDescriptor, EventSubject, assert_unique};
pub use domain::commit_token::{CommitToken, CommitTokenError};
pub use domain::core_events::{
    EVENTS, JobDiscarded, JobDone, JobGivenUp, JobId, Operation, OperationId, OperatorActed,
    OperatorAction, PersonForgotten, QueuedJob, SubjectKind, TimerFired,
};
pub use domain::decode::DecodeError;
pub use domain::envelope::Envelope;
pub use domain::ephemeral::{EphemeralMessage, EphemeralTopic, EphemeralTopicError, Signal};
pub use domain::error::StorageError;
pub use domain::event::{Aggregate, DomainEvent};
pub use domain::id::{
    Correlation, CorrelationId, EventId, Id, Occurrence, Person, Tenant, UserId, WorkspaceId,
};
pub use domain::origin::{Client, Metadata, Origin};
#[doc(hidden)]
pub use domain::personal::personal_field;
pub use domain::personal::{HoldsPersonal, Personal, PersonalField};
pub use domain::position::Position;
pub use domain::topic::{Topic, TopicError};
pub use domain::trace::{TraceContext, TraceContextError};
pub use domain::unsaved::{NewEvent, Unsaved};
pub use domain::upcast::{EventData, UpcastError, Upcaster};
pub use perme8_events_macros::DomainEvent;

// What use cases, handlers and readers ask for.
pub use application::clock::{Clock, SystemClock};
pub use application::deferred::{Deferred, Timer};
pub use application::event_store::{EventFilter, EventStore};
pub use application::handler::{
    Effects, ErrorClass, EventHandler, HandlerError, HandlerOptions, RetryPolicy, Start,
    Subscriber, Subscription,
};
pub use application::job::{Job, JobRun, NewJob, QueueOptions, Worker};
pub use application::process::{Input, ProcessManager, Steps};
pub use application::repository::{Load, Save, Store};
pub use application::rights::{Standing, Standings, StillFor, Viewer, Visibility};
pub use application::schedule::{Schedule, ScheduleError};
pub use application::transaction::Transaction;
pub use infrastructure::traces::{current_trace, within_trace};

// The derive macro names this crate by its full path, also inside this crate.
extern crate self as perme8_events;

/// What a composition root runs: the feed, live subscriptions, handlers, operations.
pub mod host {
    pub use crate::application::retention::{ArchiveBefore, ArchiveWish, Need, NeededBy};
    pub use crate::domain::archive::ArchivedRange;
    pub use crate::infrastructure::archive::{
        ArchivePlan, ArchiveProgress, ArchiveStep, Archived, Archives,
        error::ArchiveError,
        restoring::Restored,
        verifying::{Verification, VerifiedArchive},
    };
    pub use crate::infrastructure::bus::live::{Delivery, LiveEvents};
    pub use crate::infrastructure::bus::watching::Watching;
    pub use crate::infrastructure::bus::{EventBus, SubscribeError};
    pub use crate::infrastructure::ephemeral::{Ephemeral, Heard, Listening, PublishError};
    pub use crate::infrastructure::feed::Feed;
    pub use crate::infrastructure::measures::describe_metrics;
    pub use crate::infrastructure::runtime::operations::{
        Operations,
        cases::{CaseCount, CaseStatus},
        dead_letters::{DeadLetter, DeadLetterDetail, Discard},
        error::OperationError,
        figures::HandlerFigures,
        forget::Forgotten,
        jobs::{JobDetail, JobState, JobStatus, UnknownJobState},
        operator::{Operator, OperatorNameError},
        pauses::Pause,
        queues::{QueueState, QueueStatus},
        rebuilds::Rebuild,
        replay::{Replay, Replayed},
        rewind::{Rewind, Rewound},
        schedules::{ScheduleStatus, TimerStatus},
        status::{HandlerState, HandlerStatus},
    };
    pub use crate::infrastructure::runtime::reads::{ReadYourWrites, WaitError};
    pub use crate::infrastructure::runtime::{
        NodeOptions, Outcome, Reaction, Runtime, RuntimeBuilder, start::StartError,
    };
    pub use crate::infrastructure::tasks::{StillRunning, Tasks};
}

/// SQL on two engines, for infrastructure modules and facades.
pub mod sql {
    pub use crate::infrastructure::db::{
        DatabaseUrl, DatabaseUrlError, Db, DbOptions, OpenError, PoolStatus,
    };
    #[doc(hidden)]
    pub use crate::infrastructure::log::reader::{LogReader, Page};
    pub use crate::infrastructure::migrations::{Applied, MIGRATIONS, MigrationError, Migrations};
    pub use crate::infrastructure::projection::{Generation, Projection, ReadModel, Rows};
    pub use crate::infrastructure::sealing::forgetting::Forgetting;
    pub use crate::infrastructure::sealing::master::{MasterKeys, MasterKeysError};
    pub use crate::infrastructure::sql::asked::Asked;
    pub use crate::infrastructure::sql::{
        Bind, Query, Record, STATEMENTS, Stmt, Value, written_at,
    };
    pub use crate::infrastructure::tx::Tx;
    pub use crate::infrastructure::unit_of_work::UnitOfWork;
    pub use crate::sql;
}

// Used by `sql!` in other crates.
#[doc(hidden)]
pub use linkme;
