-- The ranges of the log that were written into files, one behind the other from the first position on.
CREATE TABLE event_archives (
    first_position INTEGER PRIMARY KEY NOT NULL,
    last_position  INTEGER NOT NULL,
    events         INTEGER NOT NULL,
    -- When the last of them happened.
    last_at        TEXT NOT NULL,
    -- The name of the file, without its folder, and the SHA-256 of the lines in it.
    file           TEXT NOT NULL,
    lines_sha256   TEXT NOT NULL,
    -- written: the events stand in both. removing, removed and restoring: what still stands in the log is no longer, or not
    -- yet, all of them. restored: they stand in both again.
    state          TEXT NOT NULL,
    written_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
) STRICT;

-- What has events in one of the files: whoever wants all events of a thing has to know from where to where some may be missing.
CREATE TABLE event_archived_aggregates (
    aggregate_type TEXT NOT NULL,
    aggregate_id   TEXT NOT NULL,
    first_position INTEGER NOT NULL,
    last_position  INTEGER NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id)
) STRICT;
