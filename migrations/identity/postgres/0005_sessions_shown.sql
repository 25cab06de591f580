-- What people see of their sessions, to tell them apart. Of older ones only the last log-in is known.
ALTER TABLE identity_sessions ADD COLUMN began_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE identity_sessions ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE identity_sessions ADD COLUMN address text;
ALTER TABLE identity_sessions ADD COLUMN user_agent text;

UPDATE identity_sessions SET began_at = authenticated_at, last_used_at = authenticated_at;
