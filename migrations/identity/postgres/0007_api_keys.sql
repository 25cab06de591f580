-- What lets programs act as a person; only the SHA-256 of the tokens is kept. Without scopes a key may everything that its owner may.
CREATE TABLE identity_api_keys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text,
    token_hash bytea NOT NULL UNIQUE,
    prefix text NOT NULL,
    scopes jsonb,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revoked_at timestamptz,
    last_used_at timestamptz,
    version bigint NOT NULL
);

CREATE INDEX identity_api_keys_user_id ON identity_api_keys (user_id);

-- Where a key reaches, in the order in which its owner said it; no longer than the owner is a member there.
CREATE TABLE identity_api_key_workspaces (
    api_key_id uuid NOT NULL REFERENCES identity_api_keys (id) ON DELETE CASCADE,
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    place bigint NOT NULL,
    PRIMARY KEY (api_key_id, workspace_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES identity_members (workspace_id, user_id) ON DELETE CASCADE
);

CREATE INDEX identity_api_key_workspaces_member ON identity_api_key_workspaces (workspace_id, user_id);
