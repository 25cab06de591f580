-- Projects that are gone, so that no document comes into them any more.
CREATE TABLE documents_gone_projects (
    project_id BLOB PRIMARY KEY NOT NULL,
    gone_at TEXT NOT NULL
) STRICT;

-- People whose accounts are gone, so that no document becomes theirs any more.
CREATE TABLE documents_gone_people (
    user_id BLOB PRIMARY KEY NOT NULL,
    gone_at TEXT NOT NULL
) STRICT;

-- Whoever clears a workspace looks for its notes, too.
CREATE INDEX documents_notes_workspace ON documents_notes (workspace_id);
