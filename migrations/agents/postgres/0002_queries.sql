-- What people asked agents, and what was answered: kept for 30 days. One that is running past its deadline was left by a host that
-- broke down. The agent may be gone; who asked it is told all the same.
-- `is_unwanted` is for whoever is still answering it.
CREATE TABLE agents_queries (
    id uuid PRIMARY KEY,
    agent_id uuid NOT NULL,
    user_id uuid NOT NULL,
    workspace_id uuid,
    document_id uuid,
    node_id text,
    question text NOT NULL,
    answer text NOT NULL,
    status text NOT NULL,
    is_unwanted boolean NOT NULL DEFAULT false,
    is_partial boolean NOT NULL,
    error text,
    model text,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    is_estimated boolean NOT NULL,
    latency_ms bigint NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    deadline_at timestamptz NOT NULL,
    version bigint NOT NULL
);

CREATE INDEX agents_queries_person ON agents_queries (user_id, id);
CREATE INDEX agents_queries_running ON agents_queries (deadline_at, id) WHERE ended_at IS NULL;
CREATE INDEX agents_queries_ended ON agents_queries (ended_at, id) WHERE ended_at IS NOT NULL;
