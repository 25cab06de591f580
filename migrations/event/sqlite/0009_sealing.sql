-- What identifies people in an event: where in its data it belongs, whose it is, and what the cipher made of it.
ALTER TABLE event_log ADD COLUMN sealed TEXT;
ALTER TABLE event_deliveries ADD COLUMN edited_sealed TEXT;

-- The keys of people. A row stays when its key is destroyed, and the next key of that person has another number.
CREATE TABLE event_subject_keys (
    user_id      BLOB PRIMARY KEY NOT NULL,
    generation   INTEGER NOT NULL,
    -- As it is, or wrapped by the master key of this name.
    key_bytes    BLOB,
    wrapped_by   TEXT,
    -- Whether there will never be another one.
    is_gone      INTEGER NOT NULL,
    made_at      TEXT NOT NULL,
    forgotten_at TEXT
) STRICT;
