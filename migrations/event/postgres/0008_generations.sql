-- Whose rows a partition maintains: a generation of a read model, by the version of the projection that may do so. Handlers
-- that are no projections have the version 0.
ALTER TABLE event_partitions ADD COLUMN generation bigint NOT NULL DEFAULT 1;
ALTER TABLE event_partitions ADD COLUMN version bigint NOT NULL DEFAULT 0;

-- The generations of read models: at most one of each is live, and at most one is being built beside it. Rows stay, so that
-- no number is given twice.
CREATE TABLE event_generations (
    projection text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,
    version    bigint NOT NULL,
    -- building, live, retired while its rows go, removed when they are gone.
    state      text COLLATE "C" NOT NULL,
    begun_at   timestamptz NOT NULL,
    ended_at   timestamptz,
    PRIMARY KEY (projection, generation)
);
CREATE UNIQUE INDEX event_generations_current ON event_generations (projection, state) WHERE state IN ('building', 'live');
CREATE INDEX event_generations_retired ON event_generations (ended_at) WHERE state = 'retired';
