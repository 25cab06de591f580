-- People. The address is folded to lower case before it gets here.
CREATE TABLE identity_users (
    id BLOB PRIMARY KEY NOT NULL,
    email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    password_hash TEXT,
    registered_at TEXT NOT NULL,
    confirmed_at TEXT,
    version INTEGER NOT NULL
) STRICT;

-- Single-use tokens sent by e-mail; only their SHA-256 is kept.
CREATE TABLE identity_email_tokens (
    token_hash BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES identity_users (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('confirm')),
    sent_to TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX identity_email_tokens_user_id ON identity_email_tokens (user_id);
CREATE INDEX identity_email_tokens_expires_at ON identity_email_tokens (expires_at);

-- Sessions; only the SHA-256 of their tokens is kept.
CREATE TABLE identity_sessions (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES identity_users (id),
    token_hash BLOB NOT NULL UNIQUE,
    authenticated_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX identity_sessions_user_id ON identity_sessions (user_id);
CREATE INDEX identity_sessions_expires_at ON identity_sessions (expires_at);

CREATE TABLE identity_workspaces (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    description TEXT,
    color TEXT,
    created_at TEXT NOT NULL,
    archived_at TEXT,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE identity_members (
    workspace_id BLOB NOT NULL REFERENCES identity_workspaces (id),
    user_id BLOB NOT NULL REFERENCES identity_users (id),
    role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'admin', 'owner')),
    joined_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_members_user_id ON identity_members (user_id);
CREATE UNIQUE INDEX identity_members_owner ON identity_members (workspace_id) WHERE role = 'owner';

CREATE TABLE identity_invitations (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES identity_workspaces (id),
    email TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'admin')),
    invited_by BLOB NOT NULL REFERENCES identity_users (id),
    status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
    announced_to BLOB REFERENCES identity_users (id),
    created_at TEXT NOT NULL,
    sent_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX identity_invitations_pending ON identity_invitations (workspace_id, email) WHERE status = 'pending';
CREATE INDEX identity_invitations_latest ON identity_invitations (workspace_id, email, sent_at);
CREATE INDEX identity_invitations_invited_by ON identity_invitations (workspace_id, invited_by) WHERE status = 'pending';
CREATE INDEX identity_invitations_email ON identity_invitations (email) WHERE status = 'pending';
CREATE INDEX identity_invitations_expires_at ON identity_invitations (expires_at) WHERE status = 'pending';
