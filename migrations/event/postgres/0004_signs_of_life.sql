-- The last sign of life of a node, by the clock of the server. One from the future is of a clock that was set back.
ALTER TABLE event_nodes ADD COLUMN beat_at timestamptz NOT NULL DEFAULT 'epoch';
