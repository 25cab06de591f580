-- The trail is the read model of a projection: its rows belong to generations, and one of them is read.
ALTER TABLE perme8_audit_entries ADD COLUMN generation bigint NOT NULL DEFAULT 1;
ALTER TABLE perme8_audit_entries ALTER COLUMN generation DROP DEFAULT;
ALTER TABLE perme8_audit_entries DROP CONSTRAINT perme8_audit_entries_pkey, ADD PRIMARY KEY (generation, position);
DROP INDEX perme8_audit_entries_aggregate;
DROP INDEX perme8_audit_entries_correlation;
CREATE INDEX perme8_audit_entries_aggregate ON perme8_audit_entries (generation, aggregate_type, aggregate_id, position);
CREATE INDEX perme8_audit_entries_correlation ON perme8_audit_entries (generation, correlation_id, position);

ALTER TABLE perme8_audit_shelves ADD COLUMN generation bigint NOT NULL DEFAULT 1;
ALTER TABLE perme8_audit_shelves ALTER COLUMN generation DROP DEFAULT;
ALTER TABLE perme8_audit_shelves DROP CONSTRAINT perme8_audit_shelves_pkey, ADD PRIMARY KEY (generation, shelf, position);
DROP INDEX perme8_audit_shelves_type;
DROP INDEX perme8_audit_shelves_actor;
CREATE INDEX perme8_audit_shelves_type ON perme8_audit_shelves (generation, shelf, event_type, (-position));
CREATE INDEX perme8_audit_shelves_actor ON perme8_audit_shelves (generation, shelf, actor, (-position));

-- Up to when the trail was cut off: a rebuild does not bring back what happened before.
CREATE TABLE perme8_audit_purges (
    before timestamptz PRIMARY KEY
);
