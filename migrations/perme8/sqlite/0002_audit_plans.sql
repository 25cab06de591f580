-- A page by event type or by actor is ordered by the place from the end, which no other index knows. Otherwise a planner
-- that takes the columns for independent walks over a whole shelf to find what is not there.
DROP INDEX perme8_audit_shelves_type;
DROP INDEX perme8_audit_shelves_actor;
DROP INDEX perme8_audit_shelves_position;
CREATE INDEX perme8_audit_shelves_type ON perme8_audit_shelves (shelf, event_type, (-position));
CREATE INDEX perme8_audit_shelves_actor ON perme8_audit_shelves (shelf, actor, (-position));

-- Where in the log a time lies.
CREATE INDEX perme8_audit_entries_time ON perme8_audit_entries (occurred_at);
