-- Conversations of people with a model. `summary` says in fewer words what was said up to the message `summarised_to`,
-- `last_number` is the number of the last message that there ever was, `answer_id` the answer that is being written.
CREATE TABLE chat_sessions (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL,
    workspace_id BLOB,
    project_id BLOB,
    title TEXT,
    is_title_automatic INTEGER NOT NULL,
    summary TEXT,
    summarised_to INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    answer_id BLOB,
    created_at TEXT NOT NULL,
    last_message_at TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE INDEX chat_sessions_recent ON chat_sessions (user_id, last_message_at, id);
CREATE INDEX chat_sessions_person ON chat_sessions (user_id, workspace_id, id);
CREATE INDEX chat_sessions_workspace ON chat_sessions (workspace_id, id) WHERE workspace_id IS NOT NULL;
CREATE INDEX chat_sessions_project ON chat_sessions (project_id) WHERE project_id IS NOT NULL;

-- What was said. `searched` is the content as searches compare it, `reason` why there is no more of an answer,
-- `answers` the message that it answers, `deadline_at` until when it is being written at most.
CREATE TABLE chat_messages (
    id BLOB PRIMARY KEY NOT NULL,
    session_id BLOB NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    searched TEXT NOT NULL,
    status TEXT NOT NULL,
    agent_id BLOB,
    model TEXT,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    latency_ms INTEGER,
    reason TEXT,
    answers BLOB,
    idempotency_key TEXT,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    deadline_at TEXT
) STRICT;

CREATE UNIQUE INDEX chat_messages_number ON chat_messages (session_id, number);
CREATE UNIQUE INDEX chat_messages_key ON chat_messages (session_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX chat_messages_newest ON chat_messages (user_id, created_at, id);
CREATE INDEX chat_messages_answers ON chat_messages (answers, number) WHERE answers IS NOT NULL;
CREATE INDEX chat_messages_open ON chat_messages (deadline_at) WHERE ended_at IS NULL;
