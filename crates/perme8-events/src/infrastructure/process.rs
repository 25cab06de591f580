//! Process managers are event handlers: state, commands and timers are rows that commit with the checkpoint.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::{
    application::{
        deferred::{Deferred, Timer, What},
        handler::{EventHandler, HandlerError, HandlerOptions, Subscriber, Subscription},
        job::{Job, NewJob},
        process::{End, Input, ProcessManager, Steps},
        transaction::Transaction as _,
    },
    domain::{
        core_events::{JobDiscarded, JobDone, JobGivenUp, TimerFired},
        decode::DecodeError,
        envelope::Envelope,
        error::StorageError,
    },
    infrastructure::tx::Tx,
    sql,
};

mod case;

use case::{Case, Compensation, Happened, Status};

/// Marks the steps of the way back.
const UNDO: &str = "undo ";

/// A process manager as the handler that it is.
pub(crate) struct ProcessHandler<P> {
    process: P,
    subscriptions: Vec<Subscription>,
}

/// The row of a case is not what the running program takes it for.
#[derive(Debug, thiserror::Error)]
#[error("the stored case `{instance}` of `{process}` does not have the shape of its state")]
struct Misshapen {
    process: &'static str,
    instance: String,
}

impl<P: ProcessManager> ProcessHandler<P> {
    pub(crate) fn new(process: P) -> Self {
        let own = [
            Subscription::to::<TimerFired>(),
            Subscription::to::<JobDone>(),
            Subscription::to::<JobGivenUp>(),
            Subscription::to::<JobDiscarded>(),
        ];
        let subscriptions = process.subscriptions().iter().copied().chain(own).collect();
        Self { process, subscriptions }
    }

    /// Which case an event is about, and what happened in it.
    fn happened(&self, event: &Envelope) -> Result<Option<(String, Happened)>, DecodeError> {
        let (name, queue) = (self.process.name(), P::Command::QUEUE);
        if let Some(TimerFired { owner, instance, timer, due_at }) = event.decode()? {
            return Ok((owner == name).then_some((instance, Happened::TimedOut { timer, due_at })));
        }
        if let Some(JobDone { queue: of, idempotency_key, ordering_key, job_id: _ }) =
            event.decode()?
        {
            return Ok(own_step(of == queue, idempotency_key, ordering_key, Happened::Done));
        }
        if let Some(JobGivenUp { queue: of, idempotency_key, ordering_key, error, .. }) =
            event.decode()?
        {
            let happened = |step| Happened::Failed { step, error };
            return Ok(own_step(of == queue, idempotency_key, ordering_key, happened));
        }
        if let Some(JobDiscarded { queue: of, idempotency_key, ordering_key, job_id: _ }) =
            event.decode()?
        {
            return Ok(own_step(of == queue, idempotency_key, ordering_key, Happened::Discarded));
        }
        Ok(self.process.instance(event).map(|instance| (instance, Happened::Event)))
    }

    async fn load(
        &self,
        tx: &mut Tx,
        instance: &str,
    ) -> Result<Option<Case<P::State>>, HandlerError> {
        type Row = (
            String,
            Json<Box<RawValue>>,
            Json<Vec<Compensation>>,
            Json<BTreeMap<String, DateTime<Utc>>>,
            Option<String>,
        );
        let row: Option<Row> = tx
            .query(sql!(
                "SELECT status, state, compensations, timers, error FROM event_processes WHERE process = $1 AND instance = $2"
            ))
            .bind(self.process.name())
            .bind(instance)
            .opt()
            .await?;
        let Some((status, state, Json(compensations), Json(timers), error)) = row else {
            return Ok(None);
        };
        let misshapen = || {
            HandlerError::permanent(Misshapen {
                process: self.process.name(),
                instance: instance.to_owned(),
            })
        };
        let status = Status::of(&status).ok_or_else(misshapen)?;
        let state = serde_json::from_str(state.0.get()).map_err(|_| misshapen())?;
        Ok(Some(Case { status, state: Some(state), compensations, timers, error }))
    }

    async fn store(
        &self,
        tx: &mut Tx,
        instance: &str,
        case: &Case<P::State>,
    ) -> Result<(), StorageError> {
        let Case { status, state, compensations, timers, error } = case;
        let now = tx.now();
        tx.query(sql!(
            "INSERT INTO event_processes (process, instance, status, state, compensations, timers, error, started_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
             ON CONFLICT (process, instance) DO UPDATE SET status = excluded.status, state = excluded.state,
               compensations = excluded.compensations, timers = excluded.timers, error = excluded.error,
               updated_at = excluded.updated_at"
        ))
        .bind(self.process.name())
        .bind(instance)
        .bind(status.word())
        .bind(Json(serde_json::value::to_raw_value(state)?))
        .bind(Json(compensations))
        .bind(Json(timers))
        .bind(error.as_deref())
        .bind(now)
        .exec()
        .await
        .map(drop)
    }

    /// Goes on with a case that runs.
    fn go_on(
        &self,
        tx: &mut Tx,
        instance: &str,
        mut case: Case<P::State>,
        input: Input<'_>,
    ) -> Result<Option<Case<P::State>>, HandlerError> {
        let mut steps = Steps::default();
        let state = self.process.decide(case.state.take(), input, &mut steps)?;
        let Some(state) = state else { return Ok(None) };
        case.state = Some(state);
        if let (Input::Failed { step, .. }, None) = (input, &steps.end) {
            // The case goes on without that step, so it holds back nothing.
            let (queue, idempotency_key) = (P::Command::QUEUE, format!("{instance}/{step}"));
            tx.defer(Deferred(What::Cancel { queue, idempotency_key }));
        }
        let Steps { commands, compensations, timers, end } = steps;
        for (step, command) in commands {
            Self::command(tx, instance, &step, &command);
        }
        for (step, command) in compensations {
            let command =
                serde_json::value::to_raw_value(&command).map_err(HandlerError::permanent)?;
            case.compensations.push(Compensation { step, command });
        }
        for (timer, after) in timers {
            self.set_or_cancel(tx, instance, &mut case, timer, after);
        }
        match end {
            None => {}
            Some(End::Completed) => {
                case.status = Status::Completed;
                self.cancel_timers(tx, instance, &mut case);
            }
            Some(End::Failed(reason)) => {
                case.error = Some(reason);
                self.turn_back(tx, instance, &mut case)?;
            }
        }
        Ok(Some(case))
    }

    /// Commands what undoes the steps, the last one first.
    fn turn_back(
        &self,
        tx: &mut Tx,
        instance: &str,
        case: &mut Case<P::State>,
    ) -> Result<(), HandlerError> {
        self.cancel_timers(tx, instance, case);
        let (queue, ordering_key) = (P::Command::QUEUE, instance.to_owned());
        tx.defer(Deferred(What::CancelOrdered { queue, ordering_key }));
        for Compensation { step, command } in case.compensations.iter().rev() {
            let command: P::Command =
                serde_json::from_str(command.get()).map_err(HandlerError::permanent)?;
            Self::command(tx, instance, &format!("{UNDO}{step}"), &command);
        }
        case.status =
            if case.compensations.is_empty() { Status::Compensated } else { Status::Compensating };
        Ok(())
    }

    /// Goes on with the way back: a step is behind it when it is undone, or when an operator says that it need not be.
    fn way_back(mut case: Case<P::State>, happened: Happened) -> Option<Case<P::State>> {
        match happened {
            Happened::Done(step) | Happened::Discarded(step) => {
                let behind = step.strip_prefix(UNDO)?;
                case.compensations.retain(|compensation| compensation.step != behind);
                case.status = if case.compensations.is_empty() {
                    Status::Compensated
                } else {
                    Status::Compensating
                };
            }
            Happened::Failed { step, error } => {
                step.strip_prefix(UNDO)?;
                case.status = Status::Stuck;
                case.error = Some(format!("{step}: {error}"));
            }
            Happened::Event | Happened::TimedOut { .. } => return None,
        }
        Some(case)
    }

    fn command(tx: &mut Tx, instance: &str, step: &str, command: &P::Command) {
        let job = NewJob::new(command.clone())
            .ordered_by(instance)
            .once(format!("{instance}/{step}"))
            .told();
        tx.enqueue(job);
    }

    fn set_or_cancel(
        &self,
        tx: &mut Tx,
        instance: &str,
        case: &mut Case<P::State>,
        timer: String,
        after: Option<std::time::Duration>,
    ) {
        let owner = self.process.name();
        if let Some(after) = after {
            let after = TimeDelta::from_std(after).unwrap_or(TimeDelta::MAX);
            let due_at = tx.now().checked_add_signed(after).unwrap_or(DateTime::<Utc>::MAX_UTC);
            let timer = Timer::new(owner, instance, timer, due_at);
            case.timers.insert(timer.name.clone(), timer.due_at);
            tx.set_timer(timer);
        } else {
            case.timers.remove(&timer);
            tx.cancel_timer(owner, instance, timer);
        }
    }

    fn cancel_timers(&self, tx: &mut Tx, instance: &str, case: &mut Case<P::State>) {
        case.timers.clear();
        let (owner, instance) = (self.process.name().into(), instance.to_owned());
        tx.defer(Deferred(What::CancelTimer { owner, instance, timer: None }));
    }
}

/// The case of a command of a process, and what happened to its step: its idempotency key is `<instance>/<step>`.
fn own_step(
    is_own: bool,
    idempotency_key: Option<String>,
    ordering_key: Option<String>,
    happened: impl FnOnce(String) -> Happened,
) -> Option<(String, Happened)> {
    let instance = ordering_key.filter(|_| is_own)?;
    let step = idempotency_key?.strip_prefix(&instance)?.strip_prefix('/')?.to_owned();
    Some((instance, happened(step)))
}

impl<P: ProcessManager> Subscriber for ProcessHandler<P> {
    fn name(&self) -> &'static str {
        self.process.name()
    }

    fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    fn options(&self) -> HandlerOptions {
        self.process.options()
    }

    fn partition_key(&self, event: &Envelope) -> String {
        match self.happened(event) {
            Ok(Some((instance, _))) => instance,
            Ok(None) | Err(_) => event.event_id.to_string(),
        }
    }
}

#[async_trait]
impl<P: ProcessManager> EventHandler<Tx> for ProcessHandler<P> {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let Some((instance, happened)) = self.happened(event)? else { return Ok(()) };
        let begins = matches!(happened, Happened::Event);
        let mut case = match self.load(tx, &instance).await? {
            Some(case) => case,
            None if begins => Case {
                status: Status::Running,
                state: None,
                compensations: Vec::new(),
                timers: BTreeMap::new(),
                error: None,
            },
            None => return Ok(()),
        };
        let next = match (case.status, &happened) {
            (Status::Running, happened) => {
                let input = match happened {
                    Happened::Event => Input::Event(event),
                    Happened::TimedOut { timer, due_at } => {
                        if case.timers.get(timer) != Some(due_at) {
                            return Ok(());
                        }
                        case.timers.remove(timer);
                        Input::TimedOut(timer)
                    }
                    Happened::Done(step) => Input::Done(step),
                    Happened::Failed { step, error } => Input::Failed { step, error },
                    // The case knew that it was given up, and went on without it.
                    Happened::Discarded(_) => return Ok(()),
                };
                self.go_on(tx, &instance, case, input)?
            }
            (Status::Compensating | Status::Stuck, _) => Self::way_back(case, happened),
            (Status::Completed | Status::Compensated, _) => None,
        };
        if let Some(case) = next {
            self.store(tx, &instance, &case).await?;
        }
        Ok(())
    }
}
