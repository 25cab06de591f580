-- The event log: append-only, in commit order by AUTOINCREMENT, because there is one writer.
CREATE TABLE event_log (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             BLOB NOT NULL,
    event_type     TEXT NOT NULL,
    version        INTEGER NOT NULL,
    aggregate_type TEXT NOT NULL,
    aggregate_id   TEXT NOT NULL,
    actor_kind     TEXT NOT NULL,
    actor_id       BLOB,
    actor_ref      TEXT,
    on_behalf_of   BLOB,
    workspace_id   BLOB,
    audience       TEXT NOT NULL,
    correlation_id BLOB NOT NULL,
    causation_id   BLOB,
    data           TEXT NOT NULL,
    metadata       TEXT NOT NULL,
    occurred_at    TEXT NOT NULL,
    inserted_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
) STRICT;
CREATE UNIQUE INDEX event_log_id ON event_log (id);
CREATE INDEX event_log_aggregate ON event_log (aggregate_type, aggregate_id, seq);
CREATE INDEX event_log_type ON event_log (event_type, seq);
CREATE INDEX event_log_workspace ON event_log (workspace_id, seq) WHERE workspace_id IS NOT NULL;
CREATE INDEX event_log_correlation ON event_log (correlation_id);

-- Where requests came from, once per correlation.
CREATE TABLE event_origins (
    correlation_id BLOB PRIMARY KEY NOT NULL,
    address        TEXT NOT NULL,
    user_agent     TEXT,
    occurred_at    TEXT NOT NULL
) STRICT;

-- The processes that run handlers, each with a lease that it keeps prolonging.
CREATE TABLE event_nodes (
    node_id    BLOB PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    handlers   TEXT NOT NULL,
    started_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

-- The checkpoints: each handler's keys are hashed into 256 buckets, and a partition is a range of them. The epoch rises
-- with each change of owner and fences out whoever owned the partition before.
CREATE TABLE event_partitions (
    handler      TEXT NOT NULL,
    first_bucket INTEGER NOT NULL,
    last_bucket  INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    epoch        INTEGER NOT NULL DEFAULT 0,
    node_id      BLOB,
    PRIMARY KEY (handler, first_bucket)
) STRICT;

-- Deliveries that failed, and those of the same key that wait behind them.
CREATE TABLE event_deliveries (
    handler      TEXT NOT NULL,
    position     INTEGER NOT NULL,
    partition_key TEXT NOT NULL,
    bucket       INTEGER NOT NULL,
    event_id     BLOB NOT NULL,
    event_type   TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    is_dead      INTEGER NOT NULL,
    due_at       TEXT,
    error        TEXT,
    parked_at    TEXT NOT NULL,
    updated_at   TEXT NOT NULL,
    PRIMARY KEY (handler, position)
) STRICT;
CREATE INDEX event_deliveries_key ON event_deliveries (handler, partition_key, position);
CREATE INDEX event_deliveries_due ON event_deliveries (handler, due_at) WHERE NOT is_dead;

-- What operators did to deliveries.
CREATE TABLE event_operations (
    operation_id BLOB PRIMARY KEY NOT NULL,
    operator     TEXT NOT NULL,
    action       TEXT NOT NULL,
    handler      TEXT NOT NULL,
    position     INTEGER,
    detail       TEXT,
    occurred_at  TEXT NOT NULL
) STRICT;
