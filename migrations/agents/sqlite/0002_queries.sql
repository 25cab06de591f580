-- What people asked agents, and what was answered: kept for 30 days. One that is running past its deadline was left by a host that
-- broke down. The agent may be gone; who asked it is told all the same.
-- `is_unwanted` is for whoever is still answering it.
CREATE TABLE agents_queries (
    id BLOB PRIMARY KEY NOT NULL,
    agent_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    workspace_id BLOB,
    document_id BLOB,
    node_id TEXT,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    status TEXT NOT NULL,
    is_unwanted INTEGER NOT NULL DEFAULT 0,
    is_partial INTEGER NOT NULL,
    error TEXT,
    model TEXT,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    is_estimated INTEGER NOT NULL,
    latency_ms INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    deadline_at TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE INDEX agents_queries_person ON agents_queries (user_id, id);
CREATE INDEX agents_queries_running ON agents_queries (deadline_at, id) WHERE ended_at IS NULL;
CREATE INDEX agents_queries_ended ON agents_queries (ended_at, id) WHERE ended_at IS NOT NULL;
