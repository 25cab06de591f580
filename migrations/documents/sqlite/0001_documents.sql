-- What the members of workspaces write. Those that are pinned come first in every list, then those that were changed last.
CREATE TABLE documents_documents (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL,
    project_id BLOB,
    owner_id BLOB NOT NULL,
    created_by BLOB NOT NULL,
    title TEXT NOT NULL,
    slug TEXT NOT NULL,
    is_public INTEGER NOT NULL,
    is_pinned INTEGER NOT NULL,
    trashed_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX documents_documents_slug ON documents_documents (workspace_id, slug);
CREATE INDEX documents_documents_first ON documents_documents (workspace_id, is_pinned, updated_at, id);
CREATE INDEX documents_documents_project ON documents_documents (project_id, is_pinned, updated_at, id);
CREATE INDEX documents_documents_owner ON documents_documents (owner_id, id);
CREATE INDEX documents_documents_trashed ON documents_documents (trashed_at, id) WHERE trashed_at IS NOT NULL;

-- What documents consist of, in order; so far of one note each.
CREATE TABLE documents_components (
    document_id BLOB NOT NULL REFERENCES documents_documents (id) ON DELETE CASCADE,
    component_type TEXT NOT NULL,
    component_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (document_id, component_type, component_id)
) STRICT;

-- Workspaces that are gone, so that nothing begins there any more.
CREATE TABLE documents_gone_workspaces (
    workspace_id BLOB PRIMARY KEY NOT NULL,
    gone_at TEXT NOT NULL
) STRICT;
