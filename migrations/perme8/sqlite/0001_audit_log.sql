-- The audit trail: an entry for each event of the log, and nothing in it that names a person otherwise than by id. Names,
-- network addresses and user agents are looked up when it is read, where they belong.
CREATE TABLE perme8_audit_entries (
    position       INTEGER PRIMARY KEY NOT NULL,
    event_id       BLOB NOT NULL,
    event_type     TEXT NOT NULL,
    aggregate_type TEXT NOT NULL,
    aggregate_id   TEXT NOT NULL,
    summary        TEXT NOT NULL,
    actor_kind     TEXT NOT NULL,
    actor_id       BLOB,
    actor_ref      TEXT,
    on_behalf_of   BLOB,
    workspace_id   BLOB,
    audience       TEXT NOT NULL,
    correlation_id BLOB NOT NULL,
    causation_id   BLOB,
    request_id     TEXT,
    occurred_at    TEXT NOT NULL
) STRICT;
CREATE INDEX perme8_audit_entries_aggregate ON perme8_audit_entries (aggregate_type, aggregate_id, position);
CREATE INDEX perme8_audit_entries_correlation ON perme8_audit_entries (correlation_id, position);

-- On which shelves an entry lies. A reader looks through two or three shelves, each of them in order of positions, whole or
-- by event type or by actor; so a page costs the same however much lies on the shelves of others.
CREATE TABLE perme8_audit_shelves (
    shelf          TEXT NOT NULL,
    position       INTEGER NOT NULL,
    event_type     TEXT NOT NULL,
    aggregate_type TEXT NOT NULL,
    actor          TEXT NOT NULL,
    occurred_at    TEXT NOT NULL,
    PRIMARY KEY (shelf, position)
) WITHOUT ROWID;
CREATE INDEX perme8_audit_shelves_type ON perme8_audit_shelves (shelf, event_type, position);
CREATE INDEX perme8_audit_shelves_actor ON perme8_audit_shelves (shelf, actor, position);
CREATE INDEX perme8_audit_shelves_position ON perme8_audit_shelves (position);
