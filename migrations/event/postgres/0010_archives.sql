-- The ranges of the log that were written into files, one behind the other from the first position on.
CREATE TABLE event_archives (
    first_position bigint PRIMARY KEY,
    last_position  bigint NOT NULL,
    events         bigint NOT NULL,
    -- When the last of them happened.
    last_at        timestamptz NOT NULL,
    -- The name of the file, without its folder, and the SHA-256 of the lines in it.
    file           text NOT NULL,
    lines_sha256   text NOT NULL,
    -- written: the events stand in both. removing, removed and restoring: what still stands in the log is no longer, or not
    -- yet, all of them. restored: they stand in both again.
    state          text COLLATE "C" NOT NULL,
    written_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL
);

-- What has events in one of the files: whoever wants all events of a thing has to know from where to where some may be missing.
CREATE TABLE event_archived_aggregates (
    aggregate_type text COLLATE "C" NOT NULL,
    aggregate_id   text COLLATE "C" NOT NULL,
    first_position bigint NOT NULL,
    last_position  bigint NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id)
);

-- Takes a partition out of the log, and gives back its room at once; nothing is left for a vacuum to do. The one from which
-- positions are drawn stays, and so do those behind it, and one of which something is not, or no longer, to go. Appenders wait
-- while it is taken out, which takes no longer than to get the lock; what cannot be had within a second is tried again later.
CREATE FUNCTION event_log_drop_partition(n bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    width CONSTANT bigint := 10000000;
    drawn bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(8, hashtext('event_log_make_room'));
    PERFORM set_config('lock_timeout', '1s', true);
    SELECT last_value INTO drawn FROM event_log_seq;
    IF n >= drawn / width OR to_regclass(format('event_log_p%s', n)) IS NULL
        OR EXISTS (SELECT 1 FROM event_archives WHERE first_position < (n + 1) * width AND last_position >= n * width
                     AND state NOT IN ('removing', 'removed')) THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE event_log DETACH PARTITION event_log_p%s', n);
    EXECUTE format('DROP TABLE event_log_p%s', n);
    RETURN true;
END $$;

-- Makes the partition of a position anew that was taken out, as event_log_make_room makes those that are to come.
CREATE FUNCTION event_log_make_room_for(wanted bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    width CONSTANT bigint := 10000000;
    n CONSTANT bigint := wanted / width;
BEGIN
    PERFORM pg_advisory_xact_lock(8, hashtext('event_log_make_room'));
    PERFORM set_config('lock_timeout', '1s', true);
    IF to_regclass(format('event_log_p%s', n)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE event_log_p%s (LIKE event_log INCLUDING ALL)', n);
    EXECUTE format('WITH strayed AS (DELETE FROM event_log_default WHERE seq >= %s AND seq < %s RETURNING *)
                    INSERT INTO event_log_p%s SELECT * FROM strayed', n * width, (n + 1) * width, n);
    EXECUTE format('ALTER TABLE event_log ATTACH PARTITION event_log_p%s FOR VALUES FROM (%s) TO (%s)',
                   n, n * width, (n + 1) * width);
    RETURN true;
END $$;
