//! Work queues, their jobs, schedules, timers and cases, as operators see them.

use axum::extract::State;
use perme8_events::host::{
    CaseStatus, JobDetail, JobState, JobStatus, QueueStatus, ScheduleStatus, TimerStatus,
};

use crate::{
    admin::{Changed, LIST, Retried, operations},
    error::ApiError,
    fields::{Fields, FromFields},
    operator::Operator,
    paging::Limit,
    path::{JobAt, QueueAt, ScheduleAt},
    query::Query,
    response::{Data, NoContent},
    state::Api,
};

/// Which jobs somebody wants to see.
#[derive(Debug)]
pub(crate) struct WhichJobs {
    queue: Option<String>,
    state: Option<JobState>,
    limit: u8,
}

impl FromFields for WhichJobs {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let queue = fields.optional_text("queue");
        let states = "must be waiting, running, done, dead or cancelled";
        let state = fields.optional_parsed("state", states);
        let limit = Limit::of(fields).map_or(LIST, Limit::get);
        Some(Self { queue, state, limit })
    }
}

/// How many somebody wants to see.
#[derive(Debug)]
pub(crate) struct AtMost(u8);

impl FromFields for AtMost {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self(Limit::of(fields).map_or(LIST, Limit::get)))
    }
}

/// Which cases somebody wants to see.
#[derive(Debug)]
pub(crate) struct WhichCases {
    status: Option<String>,
    limit: u8,
}

impl FromFields for WhichCases {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let status = fields.optional_text("status");
        let limit = Limit::of(fields).map_or(LIST, Limit::get);
        Some(Self { status, limit })
    }
}

/// `GET /admin/queues`
pub(crate) async fn list(
    State(api): State<Api>,
    _: Operator,
) -> Result<Data<Vec<QueueStatus>>, ApiError> {
    Ok(Data::new(operations(&api)?.queues().await?))
}

/// `GET /admin/queues/{queue}`
pub(crate) async fn show(
    State(api): State<Api>,
    _: Operator,
    QueueAt(queue): QueueAt,
) -> Result<Data<QueueStatus>, ApiError> {
    Ok(Data::new(operations(&api)?.queue(&queue).await?))
}

/// `POST /admin/queues/{queue}/pause`
pub(crate) async fn pause(
    State(api): State<Api>,
    Operator(operator): Operator,
    QueueAt(queue): QueueAt,
) -> Result<Data<Changed>, ApiError> {
    let changed = operations(&api)?.pause_queue(&operator, &queue).await?;
    Ok(Data::new(Changed { changed }))
}

/// `POST /admin/queues/{queue}/resume`
pub(crate) async fn resume(
    State(api): State<Api>,
    Operator(operator): Operator,
    QueueAt(queue): QueueAt,
) -> Result<Data<Changed>, ApiError> {
    let changed = operations(&api)?.resume_queue(&operator, &queue).await?;
    Ok(Data::new(Changed { changed }))
}

/// `POST /admin/queues/{queue}/dead-jobs/retry`
pub(crate) async fn retry_all(
    State(api): State<Api>,
    Operator(operator): Operator,
    QueueAt(queue): QueueAt,
) -> Result<Data<Retried>, ApiError> {
    let retried = operations(&api)?.retry_jobs(&operator, &queue).await?;
    Ok(Data::new(Retried { retried }))
}

/// `GET /admin/jobs`
pub(crate) async fn jobs(
    State(api): State<Api>,
    _: Operator,
    Query(WhichJobs { queue, state, limit }): Query<WhichJobs>,
) -> Result<Data<Vec<JobStatus>>, ApiError> {
    Ok(Data::new(operations(&api)?.jobs(queue.as_deref(), state, limit.into()).await?))
}

/// `GET /admin/jobs/{id}`
pub(crate) async fn job(
    State(api): State<Api>,
    _: Operator,
    JobAt(id): JobAt,
) -> Result<Data<JobDetail>, ApiError> {
    Ok(Data::new(operations(&api)?.job(id).await?))
}

/// `POST /admin/jobs/{id}/retry`
pub(crate) async fn retry(
    State(api): State<Api>,
    Operator(operator): Operator,
    JobAt(id): JobAt,
) -> Result<NoContent, ApiError> {
    operations(&api)?.retry_job(&operator, id).await?;
    Ok(NoContent)
}

/// `POST /admin/jobs/{id}/cancel`
pub(crate) async fn cancel(
    State(api): State<Api>,
    Operator(operator): Operator,
    JobAt(id): JobAt,
) -> Result<NoContent, ApiError> {
    operations(&api)?.cancel_job(&operator, id).await?;
    Ok(NoContent)
}

/// `POST /admin/jobs/{id}/discard`
pub(crate) async fn discard(
    State(api): State<Api>,
    Operator(operator): Operator,
    JobAt(id): JobAt,
) -> Result<NoContent, ApiError> {
    operations(&api)?.discard_job(&operator, id).await?;
    Ok(NoContent)
}

/// `GET /admin/schedules`
pub(crate) async fn schedules(
    State(api): State<Api>,
    _: Operator,
) -> Result<Data<Vec<ScheduleStatus>>, ApiError> {
    Ok(Data::new(operations(&api)?.schedules().await?))
}

/// `POST /admin/schedules/{schedule}/pause`
pub(crate) async fn pause_schedule(
    State(api): State<Api>,
    Operator(operator): Operator,
    ScheduleAt(schedule): ScheduleAt,
) -> Result<Data<Changed>, ApiError> {
    let changed = operations(&api)?.pause_schedule(&operator, &schedule).await?;
    Ok(Data::new(Changed { changed }))
}

/// `POST /admin/schedules/{schedule}/resume`
pub(crate) async fn resume_schedule(
    State(api): State<Api>,
    Operator(operator): Operator,
    ScheduleAt(schedule): ScheduleAt,
) -> Result<Data<Changed>, ApiError> {
    let changed = operations(&api)?.resume_schedule(&operator, &schedule).await?;
    Ok(Data::new(Changed { changed }))
}

/// `GET /admin/timers`
pub(crate) async fn timers(
    State(api): State<Api>,
    _: Operator,
    Query(AtMost(limit)): Query<AtMost>,
) -> Result<Data<Vec<TimerStatus>>, ApiError> {
    Ok(Data::new(operations(&api)?.timers(limit.into()).await?))
}

/// `GET /admin/processes`
pub(crate) async fn cases(
    State(api): State<Api>,
    _: Operator,
    Query(WhichCases { status, limit }): Query<WhichCases>,
) -> Result<Data<Vec<CaseStatus>>, ApiError> {
    Ok(Data::new(operations(&api)?.cases(status.as_deref(), limit.into()).await?))
}
