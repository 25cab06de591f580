-- What identifies people in an event: where in its data it belongs, whose it is, and what the cipher made of it.
ALTER TABLE event_log ADD COLUMN sealed jsonb;
ALTER TABLE event_deliveries ADD COLUMN edited_sealed jsonb;

-- The keys of people. A row stays when its key is destroyed, and the next key of that person has another number.
CREATE TABLE event_subject_keys (
    user_id      uuid PRIMARY KEY,
    generation   bigint NOT NULL,
    -- As it is, or wrapped by the master key of this name.
    key_bytes    bytea,
    wrapped_by   text,
    -- Whether there will never be another one.
    is_gone      boolean NOT NULL,
    made_at      timestamptz NOT NULL,
    forgotten_at timestamptz
);
