-- A job that ran when it was called off: it is not tried again, and what is ordered behind it waits for its end.
ALTER TABLE event_jobs ADD COLUMN is_unwanted boolean NOT NULL DEFAULT false;

-- The timers of a case that run, with the instants for which they are set.
ALTER TABLE event_processes ADD COLUMN timers jsonb NOT NULL DEFAULT '{}';
