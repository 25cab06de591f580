-- The session of the client, where the edge knows one: its id, which proves nothing.
ALTER TABLE event_origins ADD COLUMN session_id uuid;
