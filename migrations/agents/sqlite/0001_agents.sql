-- Who answers people, and how. The temperature is in thousandths.
CREATE TABLE agents_agents (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    system_prompt TEXT,
    model TEXT,
    temperature INTEGER NOT NULL,
    is_shared INTEGER NOT NULL,
    is_enabled INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE INDEX agents_agents_owner ON agents_agents (owner_id, created_at, id);

-- In which workspaces they are. Whose they are stands here, too, for whoever asks who is still where.
CREATE TABLE agents_placements (
    agent_id BLOB NOT NULL REFERENCES agents_agents (id) ON DELETE CASCADE,
    workspace_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    added_at TEXT NOT NULL,
    PRIMARY KEY (agent_id, workspace_id)
) STRICT;

CREATE INDEX agents_placements_workspace ON agents_placements (workspace_id, agent_id);
CREATE INDEX agents_placements_person ON agents_placements (user_id, workspace_id);
