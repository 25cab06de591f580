-- Conversations of people with a model. `summary` says in fewer words what was said up to the message `summarised_to`,
-- `last_number` is the number of the last message that there ever was, `answer_id` the answer that is being written.
CREATE TABLE chat_sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    workspace_id uuid,
    project_id uuid,
    title text,
    is_title_automatic boolean NOT NULL,
    summary text,
    summarised_to bigint NOT NULL,
    last_number bigint NOT NULL,
    message_count bigint NOT NULL,
    answer_id uuid,
    created_at timestamptz NOT NULL,
    last_message_at timestamptz NOT NULL,
    version bigint NOT NULL
);

CREATE INDEX chat_sessions_recent ON chat_sessions (user_id, last_message_at, id);
CREATE INDEX chat_sessions_person ON chat_sessions (user_id, workspace_id, id);
CREATE INDEX chat_sessions_workspace ON chat_sessions (workspace_id, id) WHERE workspace_id IS NOT NULL;
CREATE INDEX chat_sessions_project ON chat_sessions (project_id) WHERE project_id IS NOT NULL;

-- What was said. `searched` is the content as searches compare it, `reason` why there is no more of an answer,
-- `answers` the message that it answers, `deadline_at` until when it is being written at most.
CREATE TABLE chat_messages (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    number bigint NOT NULL,
    role text NOT NULL,
    content text NOT NULL,
    searched text NOT NULL,
    status text NOT NULL,
    agent_id uuid,
    model text,
    prompt_tokens bigint,
    completion_tokens bigint,
    latency_ms bigint,
    reason text,
    answers uuid,
    idempotency_key text COLLATE "C",
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    deadline_at timestamptz
);

CREATE UNIQUE INDEX chat_messages_number ON chat_messages (session_id, number);
CREATE UNIQUE INDEX chat_messages_key ON chat_messages (session_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX chat_messages_newest ON chat_messages (user_id, created_at, id);
CREATE INDEX chat_messages_answers ON chat_messages (answers, number) WHERE answers IS NOT NULL;
CREATE INDEX chat_messages_open ON chat_messages (deadline_at) WHERE ended_at IS NULL;
