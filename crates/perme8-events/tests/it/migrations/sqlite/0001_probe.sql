-- What the handlers of the tests do: one row for each event that they handle.
CREATE TABLE probe_effects (
    effect_id INTEGER PRIMARY KEY AUTOINCREMENT,
    handler   TEXT NOT NULL,
    key       TEXT NOT NULL,
    n         INTEGER NOT NULL,
    position  INTEGER NOT NULL
) STRICT;

CREATE TABLE probe_parents (
    parent_id INTEGER PRIMARY KEY NOT NULL
) STRICT;

-- Checked only by the commit, so that a test can make one fail.
CREATE TABLE probe_children (
    child_id  INTEGER PRIMARY KEY NOT NULL,
    parent_id INTEGER NOT NULL REFERENCES probe_parents (parent_id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- What the projection of the tests makes of notes: a row for each key, of each generation.
CREATE TABLE probe_tallies (
    generation INTEGER NOT NULL,
    key        TEXT NOT NULL,
    notes      INTEGER NOT NULL,
    -- Depends on the order.
    trace      INTEGER NOT NULL,
    PRIMARY KEY (generation, key)
) STRICT;
