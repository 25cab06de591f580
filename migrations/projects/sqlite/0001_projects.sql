-- What the members of workspaces work on. `searched` is name and description as searches compare them.
CREATE TABLE projects_projects (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL,
    owner_id BLOB NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    description TEXT,
    color TEXT,
    searched TEXT NOT NULL,
    created_at TEXT NOT NULL,
    archived_at TEXT,
    version INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX projects_projects_slug ON projects_projects (workspace_id, slug);
CREATE INDEX projects_projects_newest ON projects_projects (workspace_id, created_at, id);
CREATE INDEX projects_projects_owner ON projects_projects (owner_id, id);

-- Workspaces that are gone, so that nothing begins there any more.
CREATE TABLE projects_gone_workspaces (
    workspace_id BLOB PRIMARY KEY NOT NULL,
    gone_at TEXT NOT NULL
) STRICT;
