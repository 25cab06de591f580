-- What was asked of language models, for whom, and what it took. No text of anybody is in it.
CREATE TABLE llm_calls (
    id                BLOB PRIMARY KEY NOT NULL,
    purpose           TEXT NOT NULL,
    user_id           BLOB NOT NULL,
    workspace_id      BLOB,
    model             TEXT NOT NULL,
    status            TEXT NOT NULL,
    failure           TEXT,
    prompt_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    is_estimated      INTEGER NOT NULL,
    -- In billionths of the currency of the price list; nothing where the model has no price.
    cost              INTEGER,
    started_at        TEXT NOT NULL,
    ended_at          TEXT,
    deadline_at       TEXT NOT NULL
) STRICT;

CREATE INDEX llm_calls_started_at ON llm_calls (started_at);
CREATE INDEX llm_calls_user_id ON llm_calls (user_id, started_at);
CREATE INDEX llm_calls_workspace_id ON llm_calls (workspace_id, started_at);
CREATE INDEX llm_calls_running ON llm_calls (deadline_at) WHERE status = 'running';
