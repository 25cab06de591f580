-- People whose accounts are gone, so that no project becomes theirs any more.
CREATE TABLE projects_gone_people (
    user_id uuid PRIMARY KEY,
    gone_at timestamptz NOT NULL
);
