-- Positions are drawn one by one inside the appending statement; CACHE 1 is part of the proof that none is missed.
CREATE SEQUENCE event_log_seq AS bigint CACHE 1;

-- The event log: append-only, partitioned by position from the start, so that old ranges can be detached without bloat.
CREATE TABLE event_log (
    seq            bigint PRIMARY KEY,
    id             uuid NOT NULL,
    event_type     text COLLATE "C" NOT NULL,
    version        int NOT NULL,
    aggregate_type text COLLATE "C" NOT NULL,
    aggregate_id   text COLLATE "C" NOT NULL,
    actor_kind     text NOT NULL,
    actor_id       uuid,
    actor_ref      text,
    on_behalf_of   uuid,
    workspace_id   uuid,
    audience       jsonb NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id   uuid,
    data           jsonb NOT NULL,
    metadata       jsonb NOT NULL,
    occurred_at    timestamptz NOT NULL,
    inserted_at    timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (seq);
-- A unique index of a partitioned table would have to contain the position; the id is minted by the appender.
CREATE INDEX event_log_id ON event_log (id);
CREATE INDEX event_log_aggregate ON event_log (aggregate_type, aggregate_id, seq);
CREATE INDEX event_log_type ON event_log (event_type, seq);
CREATE INDEX event_log_workspace ON event_log (workspace_id, seq) WHERE workspace_id IS NOT NULL;
CREATE INDEX event_log_correlation ON event_log (correlation_id);

-- Catches what no partition was made for; stays empty while somebody calls event_log_make_room.
CREATE TABLE event_log_default PARTITION OF event_log DEFAULT;

-- Makes partitions of ten million positions, up to the one after next of the last position drawn, and moves into them what
-- the default partition has taken. Attaching a table, unlike creating it as a partition, does not lock out appenders for
-- longer than it takes to look at an empty default partition; what cannot be had within a second is tried again later.
CREATE FUNCTION event_log_make_room() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    width CONSTANT bigint := 10000000;
    drawn bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(8, hashtext('event_log_make_room')) THEN
        RETURN;
    END IF;
    PERFORM set_config('lock_timeout', '1s', true);
    SELECT last_value INTO drawn FROM event_log_seq;
    FOR n IN drawn / width .. drawn / width + 2 LOOP
        IF to_regclass(format('event_log_p%s', n)) IS NULL THEN
            EXECUTE format('CREATE TABLE event_log_p%s (LIKE event_log INCLUDING ALL)', n);
            EXECUTE format('WITH strayed AS (DELETE FROM event_log_default WHERE seq >= %s AND seq < %s RETURNING *)
                            INSERT INTO event_log_p%s SELECT * FROM strayed', n * width, (n + 1) * width, n);
            EXECUTE format('ALTER TABLE event_log ATTACH PARTITION event_log_p%s FOR VALUES FROM (%s) TO (%s)',
                           n, n * width, (n + 1) * width);
        END IF;
    END LOOP;
END $$;
SELECT event_log_make_room();

-- Where requests came from, once per correlation.
CREATE TABLE event_origins (
    correlation_id uuid PRIMARY KEY,
    address        text NOT NULL,
    user_agent     text,
    occurred_at    timestamptz NOT NULL
);

-- The processes that run handlers, each with a lease that it keeps prolonging.
CREATE TABLE event_nodes (
    node_id    uuid PRIMARY KEY,
    name       text NOT NULL,
    handlers   jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- The checkpoints: each handler's keys are hashed into 256 buckets, and a partition is a range of them. The epoch rises
-- with each change of owner and fences out whoever owned the partition before.
CREATE TABLE event_partitions (
    handler      text COLLATE "C" NOT NULL,
    first_bucket bigint NOT NULL,
    last_bucket  bigint NOT NULL,
    position     bigint NOT NULL,
    epoch        bigint NOT NULL DEFAULT 0,
    node_id      uuid,
    PRIMARY KEY (handler, first_bucket)
) WITH (fillfactor = 50);

-- Deliveries that failed, and those of the same key that wait behind them.
CREATE TABLE event_deliveries (
    handler       text COLLATE "C" NOT NULL,
    position      bigint NOT NULL,
    partition_key text COLLATE "C" NOT NULL,
    bucket        bigint NOT NULL,
    event_id      uuid NOT NULL,
    event_type    text NOT NULL,
    attempts      bigint NOT NULL,
    is_dead       boolean NOT NULL,
    due_at        timestamptz,
    error         text,
    parked_at     timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (handler, position)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX event_deliveries_key ON event_deliveries (handler, partition_key, position);
CREATE INDEX event_deliveries_due ON event_deliveries (handler, due_at) WHERE NOT is_dead;

-- What operators did to deliveries.
CREATE TABLE event_operations (
    operation_id uuid PRIMARY KEY,
    operator     text NOT NULL,
    action       text NOT NULL,
    handler      text NOT NULL,
    position     bigint,
    detail       text,
    occurred_at  timestamptz NOT NULL
);
