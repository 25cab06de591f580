-- What the handlers of the tests do: one row for each event that they handle.
CREATE TABLE probe_effects (
    effect_id bigserial PRIMARY KEY,
    handler   text NOT NULL,
    key       text NOT NULL,
    n         bigint NOT NULL,
    position  bigint NOT NULL
);

CREATE TABLE probe_parents (
    parent_id bigint PRIMARY KEY
);

-- Checked only by the commit, so that a test can make one fail.
CREATE TABLE probe_children (
    child_id  bigint PRIMARY KEY,
    parent_id bigint NOT NULL REFERENCES probe_parents (parent_id) DEFERRABLE INITIALLY DEFERRED
);

-- What the projection of the tests makes of notes: a row for each key, of each generation.
CREATE TABLE probe_tallies (
    generation bigint NOT NULL,
    key        text NOT NULL,
    notes      bigint NOT NULL,
    -- Depends on the order.
    trace      bigint NOT NULL,
    PRIMARY KEY (generation, key)
);
