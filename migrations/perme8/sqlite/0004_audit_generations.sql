-- The trail is the read model of a projection: its rows belong to generations, and one of them is read.
CREATE TABLE perme8_audit_entries_new (
    generation     INTEGER NOT NULL,
    position       INTEGER NOT NULL,
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
    occurred_at    TEXT NOT NULL,
    PRIMARY KEY (generation, position)
) WITHOUT ROWID;
INSERT INTO perme8_audit_entries_new SELECT 1, position, event_id, event_type, aggregate_type, aggregate_id, summary, actor_kind,
  actor_id, actor_ref, on_behalf_of, workspace_id, audience, correlation_id, causation_id, request_id, occurred_at
  FROM perme8_audit_entries ORDER BY position;
DROP TABLE perme8_audit_entries;
ALTER TABLE perme8_audit_entries_new RENAME TO perme8_audit_entries;
CREATE INDEX perme8_audit_entries_aggregate ON perme8_audit_entries (generation, aggregate_type, aggregate_id, position);
CREATE INDEX perme8_audit_entries_correlation ON perme8_audit_entries (generation, correlation_id, position);
CREATE INDEX perme8_audit_entries_time ON perme8_audit_entries (occurred_at);

CREATE TABLE perme8_audit_shelves_new (
    generation     INTEGER NOT NULL,
    shelf          TEXT NOT NULL,
    position       INTEGER NOT NULL,
    event_type     TEXT NOT NULL,
    aggregate_type TEXT NOT NULL,
    actor          TEXT NOT NULL,
    occurred_at    TEXT NOT NULL,
    PRIMARY KEY (generation, shelf, position)
) WITHOUT ROWID;
INSERT INTO perme8_audit_shelves_new SELECT 1, shelf, position, event_type, aggregate_type, actor, occurred_at
  FROM perme8_audit_shelves ORDER BY shelf, position;
DROP TABLE perme8_audit_shelves;
ALTER TABLE perme8_audit_shelves_new RENAME TO perme8_audit_shelves;
CREATE INDEX perme8_audit_shelves_type ON perme8_audit_shelves (generation, shelf, event_type, (-position));
CREATE INDEX perme8_audit_shelves_actor ON perme8_audit_shelves (generation, shelf, actor, (-position));

-- Up to when the trail was cut off: a rebuild does not bring back what happened before.
CREATE TABLE perme8_audit_purges (
    before TEXT PRIMARY KEY NOT NULL
) STRICT;
