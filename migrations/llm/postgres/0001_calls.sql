-- What was asked of language models, for whom, and what it took. No text of anybody is in it.
CREATE TABLE llm_calls (
    id                uuid PRIMARY KEY,
    purpose           text NOT NULL,
    user_id           uuid NOT NULL,
    workspace_id      uuid,
    model             text NOT NULL,
    status            text NOT NULL,
    failure           text,
    prompt_tokens     bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    is_estimated      boolean NOT NULL,
    -- In billionths of the currency of the price list; nothing where the model has no price.
    cost              bigint,
    started_at        timestamptz NOT NULL,
    ended_at          timestamptz,
    deadline_at       timestamptz NOT NULL
);

CREATE INDEX llm_calls_started_at ON llm_calls (started_at);
CREATE INDEX llm_calls_user_id ON llm_calls (user_id, started_at);
CREATE INDEX llm_calls_workspace_id ON llm_calls (workspace_id, started_at);
CREATE INDEX llm_calls_running ON llm_calls (deadline_at) WHERE status = 'running';
