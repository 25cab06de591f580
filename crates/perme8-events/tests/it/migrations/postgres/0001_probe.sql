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
