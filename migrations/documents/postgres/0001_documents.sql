-- What the members of workspaces write. Those that are pinned come first in every list, then those that were changed last.
CREATE TABLE documents_documents (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    project_id uuid,
    owner_id uuid NOT NULL,
    created_by uuid NOT NULL,
    title text NOT NULL,
    slug text COLLATE "C" NOT NULL,
    is_public boolean NOT NULL,
    is_pinned boolean NOT NULL,
    trashed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL
);

CREATE UNIQUE INDEX documents_documents_slug ON documents_documents (workspace_id, slug);
CREATE INDEX documents_documents_first ON documents_documents (workspace_id, is_pinned, updated_at, id);
CREATE INDEX documents_documents_project ON documents_documents (project_id, is_pinned, updated_at, id);
CREATE INDEX documents_documents_owner ON documents_documents (owner_id, id);
CREATE INDEX documents_documents_trashed ON documents_documents (trashed_at, id) WHERE trashed_at IS NOT NULL;

-- What documents consist of, in order; so far of one note each.
CREATE TABLE documents_components (
    document_id uuid NOT NULL REFERENCES documents_documents (id) ON DELETE CASCADE,
    component_type text COLLATE "C" NOT NULL,
    component_id uuid NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (document_id, component_type, component_id)
);

-- Workspaces that are gone, so that nothing begins there any more.
CREATE TABLE documents_gone_workspaces (
    workspace_id uuid PRIMARY KEY,
    gone_at timestamptz NOT NULL
);
