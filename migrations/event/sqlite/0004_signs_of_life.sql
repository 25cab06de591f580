-- The last sign of life of a node, by the clock of the machine. One from the future is of a clock that was set back.
ALTER TABLE event_nodes ADD COLUMN beat_at TEXT NOT NULL DEFAULT '1970-01-01T00:00:00+00:00';
