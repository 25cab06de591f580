-- Who answers people, and how. The temperature is in thousandths.
CREATE TABLE agents_agents (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    system_prompt text,
    model text,
    temperature bigint NOT NULL,
    is_shared boolean NOT NULL,
    is_enabled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL
);

CREATE INDEX agents_agents_owner ON agents_agents (owner_id, created_at, id);

-- In which workspaces they are. Whose they are stands here, too, for whoever asks who is still where.
CREATE TABLE agents_placements (
    agent_id uuid NOT NULL REFERENCES agents_agents (id) ON DELETE CASCADE,
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (agent_id, workspace_id)
);

CREATE INDEX agents_placements_workspace ON agents_placements (workspace_id, agent_id);
CREATE INDEX agents_placements_person ON agents_placements (user_id, workspace_id);
