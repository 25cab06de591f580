-- What the members of workspaces work on. `searched` is name and description as searches compare them.
CREATE TABLE projects_projects (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    name text NOT NULL,
    slug text COLLATE "C" NOT NULL,
    description text,
    color text,
    searched text NOT NULL,
    created_at timestamptz NOT NULL,
    archived_at timestamptz,
    version bigint NOT NULL
);

CREATE UNIQUE INDEX projects_projects_slug ON projects_projects (workspace_id, slug);
CREATE INDEX projects_projects_newest ON projects_projects (workspace_id, created_at, id);
CREATE INDEX projects_projects_owner ON projects_projects (owner_id, id);

-- Workspaces that are gone, so that nothing begins there any more.
CREATE TABLE projects_gone_workspaces (
    workspace_id uuid PRIMARY KEY,
    gone_at timestamptz NOT NULL
);
