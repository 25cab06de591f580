-- People whose accounts are gone, so that no project becomes theirs any more.
CREATE TABLE projects_gone_people (
    user_id BLOB PRIMARY KEY NOT NULL,
    gone_at TEXT NOT NULL
) STRICT;
