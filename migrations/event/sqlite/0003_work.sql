-- Work that is done outside of the transaction that asked for it, once that is committed.
CREATE TABLE event_jobs (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id          BLOB NOT NULL,
    queue           TEXT NOT NULL,
    idempotency_key TEXT,
    ordering_key    TEXT,
    -- Whether an event tells that it is done.
    is_told         INTEGER NOT NULL,
    payload         TEXT NOT NULL,
    state           TEXT NOT NULL,
    attempts        INTEGER NOT NULL,
    due_at          TEXT NOT NULL,
    -- Rises with each run, and fences out a run whose job was taken over or cancelled.
    epoch           INTEGER NOT NULL,
    node_id         BLOB,
    error           TEXT,
    result          TEXT,
    on_behalf_of    BLOB,
    workspace_id    BLOB,
    correlation_id  BLOB NOT NULL,
    causation_id    BLOB,
    metadata        TEXT NOT NULL,
    enqueued_at     TEXT NOT NULL,
    updated_at      TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_jobs_id ON event_jobs (job_id);
CREATE UNIQUE INDEX event_jobs_once ON event_jobs (queue, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX event_jobs_waiting ON event_jobs (queue, due_at, seq) WHERE state = 'waiting';
CREATE INDEX event_jobs_running ON event_jobs (queue) WHERE state = 'running';
CREATE INDEX event_jobs_order ON event_jobs (queue, ordering_key, seq)
    WHERE ordering_key IS NOT NULL AND state IN ('waiting', 'running', 'dead');
CREATE INDEX event_jobs_ended ON event_jobs (queue, state, updated_at) WHERE state IN ('done', 'dead', 'cancelled');

-- Instants to be told of.
CREATE TABLE event_timers (
    owner          TEXT NOT NULL,
    instance       TEXT NOT NULL,
    timer          TEXT NOT NULL,
    due_at         TEXT NOT NULL,
    on_behalf_of   BLOB,
    workspace_id   BLOB,
    correlation_id BLOB NOT NULL,
    causation_id   BLOB,
    metadata       TEXT NOT NULL,
    set_at         TEXT NOT NULL,
    PRIMARY KEY (owner, instance, timer)
) STRICT;
CREATE INDEX event_timers_due ON event_timers (due_at);

-- Jobs that are enqueued again and again.
CREATE TABLE event_schedules (
    schedule    TEXT PRIMARY KEY NOT NULL,
    pattern     TEXT NOT NULL,
    queue       TEXT NOT NULL,
    next_at     TEXT NOT NULL,
    last_at     TEXT
) STRICT;

-- Commands that were committed under a key, so that repeating them has no effect.
CREATE TABLE event_commands (
    idempotency_key TEXT PRIMARY KEY NOT NULL,
    committed_at    TEXT NOT NULL
) STRICT;
CREATE INDEX event_commands_age ON event_commands (committed_at);

-- What process managers know of each case that they follow.
CREATE TABLE event_processes (
    process       TEXT NOT NULL,
    instance      TEXT NOT NULL,
    status        TEXT NOT NULL,
    state         TEXT NOT NULL,
    -- What would undo the steps that were taken, the last one last.
    compensations TEXT NOT NULL,
    error         TEXT,
    started_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    PRIMARY KEY (process, instance)
) STRICT;
CREATE INDEX event_processes_status ON event_processes (process, status, updated_at);
