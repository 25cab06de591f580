-- Jobs that were given up are few among those that have ended.
CREATE INDEX event_jobs_dead ON event_jobs (queue) WHERE state = 'dead';
-- Cases that have ended are forgotten some day.
CREATE INDEX event_processes_ended ON event_processes (updated_at) WHERE status IN ('completed', 'compensated');
