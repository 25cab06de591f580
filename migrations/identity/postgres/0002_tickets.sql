-- Single-use tokens that show, once and soon, that somebody has a session; only their SHA-256 is kept. They end with it.
CREATE TABLE identity_tickets (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES identity_sessions (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES identity_users (id),
    expires_at timestamptz NOT NULL
);

CREATE INDEX identity_tickets_session_id ON identity_tickets (session_id);
CREATE INDEX identity_tickets_expires_at ON identity_tickets (expires_at);
