-- The audit trail: an entry for each event of the log, and nothing in it that names a person otherwise than by id. Names,
-- network addresses and user agents are looked up when it is read, where they belong.
CREATE TABLE perme8_audit_entries (
    position       bigint PRIMARY KEY,
    event_id       uuid NOT NULL,
    event_type     text COLLATE "C" NOT NULL,
    aggregate_type text COLLATE "C" NOT NULL,
    aggregate_id   text COLLATE "C" NOT NULL,
    summary        text NOT NULL,
    actor_kind     text NOT NULL,
    actor_id       uuid,
    actor_ref      text,
    on_behalf_of   uuid,
    workspace_id   uuid,
    audience       jsonb NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id   uuid,
    request_id     text,
    occurred_at    timestamptz NOT NULL
);
CREATE INDEX perme8_audit_entries_aggregate ON perme8_audit_entries (aggregate_type, aggregate_id, position);
CREATE INDEX perme8_audit_entries_correlation ON perme8_audit_entries (correlation_id, position);

-- On which shelves an entry lies. A reader looks through two or three shelves, each of them in order of positions, whole or
-- by event type or by actor; so a page costs the same however much lies on the shelves of others.
CREATE TABLE perme8_audit_shelves (
    shelf          text COLLATE "C" NOT NULL,
    position       bigint NOT NULL,
    event_type     text COLLATE "C" NOT NULL,
    aggregate_type text COLLATE "C" NOT NULL,
    actor          text COLLATE "C" NOT NULL,
    occurred_at    timestamptz NOT NULL,
    PRIMARY KEY (shelf, position)
);
CREATE INDEX perme8_audit_shelves_type ON perme8_audit_shelves (shelf, event_type, position);
CREATE INDEX perme8_audit_shelves_actor ON perme8_audit_shelves (shelf, actor, position);
CREATE INDEX perme8_audit_shelves_position ON perme8_audit_shelves (position);
