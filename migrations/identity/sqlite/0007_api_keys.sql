-- What lets programs act as a person; only the SHA-256 of the tokens is kept. Without scopes a key may everything that its owner may.
CREATE TABLE identity_api_keys (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT,
    token_hash BLOB NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    scopes TEXT,
    expires_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    revoked_at TEXT,
    last_used_at TEXT,
    version INTEGER NOT NULL
) STRICT;

CREATE INDEX identity_api_keys_user_id ON identity_api_keys (user_id);

-- Where a key reaches, in the order in which its owner said it; no longer than the owner is a member there.
CREATE TABLE identity_api_key_workspaces (
    api_key_id BLOB NOT NULL REFERENCES identity_api_keys (id) ON DELETE CASCADE,
    workspace_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (api_key_id, workspace_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES identity_members (workspace_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_api_key_workspaces_member ON identity_api_key_workspaces (workspace_id, user_id);
