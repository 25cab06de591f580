-- People. The address is folded to lower case before it gets here.
CREATE TABLE identity_users (
    id uuid PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE,
    first_name text NOT NULL,
    last_name text NOT NULL,
    password_hash text,
    registered_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    version bigint NOT NULL
);

-- Single-use tokens sent by e-mail; only their SHA-256 is kept.
CREATE TABLE identity_email_tokens (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES identity_users (id),
    purpose text COLLATE "C" NOT NULL CHECK (purpose IN ('confirm')),
    sent_to text COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX identity_email_tokens_user_id ON identity_email_tokens (user_id);
CREATE INDEX identity_email_tokens_expires_at ON identity_email_tokens (expires_at);

-- Sessions; only the SHA-256 of their tokens is kept.
CREATE TABLE identity_sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES identity_users (id),
    token_hash bytea NOT NULL UNIQUE,
    authenticated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX identity_sessions_user_id ON identity_sessions (user_id);
CREATE INDEX identity_sessions_expires_at ON identity_sessions (expires_at);

CREATE TABLE identity_workspaces (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    slug text COLLATE "C" NOT NULL UNIQUE,
    description text,
    color text,
    created_at timestamptz NOT NULL,
    archived_at timestamptz,
    version bigint NOT NULL
);

CREATE TABLE identity_members (
    workspace_id uuid NOT NULL REFERENCES identity_workspaces (id),
    user_id uuid NOT NULL REFERENCES identity_users (id),
    role text COLLATE "C" NOT NULL CHECK (role IN ('guest', 'member', 'admin', 'owner')),
    joined_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);

CREATE INDEX identity_members_user_id ON identity_members (user_id);
CREATE UNIQUE INDEX identity_members_owner ON identity_members (workspace_id) WHERE role = 'owner';

CREATE TABLE identity_invitations (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES identity_workspaces (id),
    email text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL CHECK (role IN ('guest', 'member', 'admin')),
    invited_by uuid NOT NULL REFERENCES identity_users (id),
    status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
    announced_to uuid REFERENCES identity_users (id),
    created_at timestamptz NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    version bigint NOT NULL
);

CREATE UNIQUE INDEX identity_invitations_pending ON identity_invitations (workspace_id, email) WHERE status = 'pending';
CREATE INDEX identity_invitations_latest ON identity_invitations (workspace_id, email, sent_at);
CREATE INDEX identity_invitations_invited_by ON identity_invitations (workspace_id, invited_by) WHERE status = 'pending';
CREATE INDEX identity_invitations_email ON identity_invitations (email) WHERE status = 'pending';
CREATE INDEX identity_invitations_expires_at ON identity_invitations (expires_at) WHERE status = 'pending';
