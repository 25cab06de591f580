//! A trail that tells what it was told to tell.

use std::sync::{Mutex, MutexGuard};

use api::{
    AuditActor, AuditEntry, AuditFilter, AuditPage, AuditPerson, AuditReader, AuditTrail,
    AuditTrailError,
};
use async_trait::async_trait;
use chrono::DateTime;
use perme8_events::{Audience, Id, Position, StorageError};
use uuid::Uuid;

/// Holds so many entries, and breaks where it is told to.
#[derive(Debug, Default)]
pub(crate) struct Trail(Mutex<State>);

#[derive(Debug, Default)]
pub(crate) struct State {
    /// The newest position; the oldest is 1.
    pub(crate) newest: i64,
    /// Pages from here on cannot be read.
    pub(crate) breaks_behind: Option<i64>,
    /// From here on the reader is nobody.
    pub(crate) lost_behind: Option<i64>,
    /// What was asked.
    pub(crate) asked: Vec<Asked>,
}

#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) reader: AuditReader,
    pub(crate) filter: AuditFilter,
    pub(crate) limit: u32,
}

impl Trail {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics while holding it")
    }
}

#[async_trait]
impl AuditTrail for Trail {
    async fn page(
        &self,
        reader: AuditReader,
        filter: &AuditFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AuditPage, AuditTrailError> {
        let mut state = self.state();
        state.asked.push(Asked { reader, filter: filter.clone(), limit });
        let from = after.map_or(state.newest, |after| after.number() - 1);
        if state.breaks_behind.is_some_and(|at| from < at) {
            return Err(StorageError::new("the disk is gone").into());
        }
        if state.lost_behind.is_some_and(|at| from < at) {
            return Err(AuditTrailError::NotFound);
        }
        let entries: Vec<AuditEntry> = (1..=from).rev().take(limit as usize).map(entry).collect();
        let next = entries.last().map(|entry| entry.position).filter(|at| at.number() > 1);
        Ok(AuditPage { entries, next })
    }
}

/// The entry at this position; its texts are not friendly to spreadsheets.
pub(crate) fn entry(position: i64) -> AuditEntry {
    let id = |n: u128| Uuid::from_u128(n);
    AuditEntry {
        position: Position::new(position),
        event_id: Id::new(id(1)),
        occurred_at: DateTime::UNIX_EPOCH,
        event_type: "identity.member_joined".to_owned(),
        summary: "member joined: \"role\" guest,\r\nor so".to_owned(),
        aggregate_type: "workspace_member".to_owned(),
        aggregate_id: "a:b".to_owned(),
        actor: AuditActor {
            kind: "user".to_owned(),
            user_id: Some(Id::new(id(2))),
            name: Some("=HYPERLINK(\"http://evil.example\")".to_owned()),
            reference: None,
        },
        on_behalf_of: Some(AuditPerson {
            user_id: Id::new(id(3)),
            name: Some("-Ada Example".to_owned()),
        }),
        workspace_id: Some(Id::new(id(4))),
        audience: Audience::nobody().and_workspace(Id::new(id(4))),
        correlation_id: Id::new(id(5)),
        causation_id: None,
        request_id: Some("@r-1".to_owned()),
        address: Some("192.0.2.7".to_owned()),
        user_agent: Some("+curl/8".to_owned()),
        session_id: Some(Id::new(id(6))),
    }
}
