-- Work that is done outside of the transaction that asked for it, once that is committed.
CREATE TABLE event_jobs (
    seq             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id          uuid NOT NULL,
    queue           text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C",
    ordering_key    text COLLATE "C",
    -- Whether an event tells that it is done.
    is_told         boolean NOT NULL,
    payload         jsonb NOT NULL,
    state           text NOT NULL,
    attempts        bigint NOT NULL,
    due_at          timestamptz NOT NULL,
    -- Rises with each run, and fences out a run whose job was taken over or cancelled.
    epoch           bigint NOT NULL,
    node_id         uuid,
    error           text,
    result          jsonb,
    on_behalf_of    uuid,
    workspace_id    uuid,
    correlation_id  uuid NOT NULL,
    causation_id    uuid,
    metadata        jsonb NOT NULL,
    enqueued_at     timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE UNIQUE INDEX event_jobs_id ON event_jobs (job_id);
CREATE UNIQUE INDEX event_jobs_once ON event_jobs (queue, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX event_jobs_waiting ON event_jobs (queue, due_at, seq) WHERE state = 'waiting';
CREATE INDEX event_jobs_running ON event_jobs (queue) WHERE state = 'running';
CREATE INDEX event_jobs_order ON event_jobs (queue, ordering_key, seq)
    WHERE ordering_key IS NOT NULL AND state IN ('waiting', 'running', 'dead');
CREATE INDEX event_jobs_ended ON event_jobs (queue, state, updated_at) WHERE state IN ('done', 'dead', 'cancelled');

-- Instants to be told of.
CREATE TABLE event_timers (
    owner          text COLLATE "C" NOT NULL,
    instance       text COLLATE "C" NOT NULL,
    timer          text COLLATE "C" NOT NULL,
    due_at         timestamptz NOT NULL,
    on_behalf_of   uuid,
    workspace_id   uuid,
    correlation_id uuid NOT NULL,
    causation_id   uuid,
    metadata       jsonb NOT NULL,
    set_at         timestamptz NOT NULL,
    PRIMARY KEY (owner, instance, timer)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX event_timers_due ON event_timers (due_at);

-- Jobs that are enqueued again and again.
CREATE TABLE event_schedules (
    schedule    text COLLATE "C" PRIMARY KEY,
    pattern     text NOT NULL,
    queue       text NOT NULL,
    next_at     timestamptz NOT NULL,
    last_at     timestamptz
);

-- Commands that were committed under a key, so that repeating them has no effect.
CREATE TABLE event_commands (
    idempotency_key text COLLATE "C" PRIMARY KEY,
    committed_at    timestamptz NOT NULL
);
CREATE INDEX event_commands_age ON event_commands (committed_at);

-- What process managers know of each case that they follow.
CREATE TABLE event_processes (
    process       text COLLATE "C" NOT NULL,
    instance      text COLLATE "C" NOT NULL,
    status        text NOT NULL,
    state         jsonb NOT NULL,
    -- What would undo the steps that were taken, the last one last.
    compensations jsonb NOT NULL,
    error         text,
    started_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (process, instance)
) WITH (fillfactor = 70);
CREATE INDEX event_processes_status ON event_processes (process, status, updated_at);
