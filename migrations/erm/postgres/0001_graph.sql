-- What kinds of entities and edges a workspace knows, and every schema that it had. `definition` is JSON.
-- `written_through` is the part of the system that wrote one for a person who may not.
CREATE TABLE erm_schemas (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    definition text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL
);

CREATE UNIQUE INDEX erm_schemas_workspace ON erm_schemas (workspace_id);

CREATE TABLE erm_schema_versions (
    workspace_id uuid NOT NULL,
    version bigint NOT NULL,
    definition text NOT NULL,
    written_by uuid,
    written_through text,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, version)
);

-- The nodes. `properties` is a JSON object; `external_key` is what they are called elsewhere.
CREATE TABLE erm_entities (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    entity_type text COLLATE "C" NOT NULL,
    external_key text COLLATE "C",
    properties text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    version bigint NOT NULL
);

CREATE UNIQUE INDEX erm_entities_key ON erm_entities (workspace_id, entity_type, external_key)
    WHERE external_key IS NOT NULL AND deleted_at IS NULL;
-- Lists go along these; `deleted_at` is in them so that who counts reads nothing else.
CREATE INDEX erm_entities_newest ON erm_entities (workspace_id, created_at, id, deleted_at);
CREATE INDEX erm_entities_of_type ON erm_entities (workspace_id, entity_type, created_at, id, deleted_at);
CREATE INDEX erm_entities_deleted ON erm_entities (deleted_at, id) WHERE deleted_at IS NOT NULL;

-- From one entity to another. `deleted_with` is the entity with which an edge went, so that it comes back with it.
CREATE TABLE erm_edges (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    edge_type text COLLATE "C" NOT NULL,
    source_id uuid NOT NULL,
    target_id uuid NOT NULL,
    properties text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    deleted_with uuid,
    version bigint NOT NULL
);

-- Walks read these two alone: `deleted_at` is in them because SQLite looks at it again.
CREATE INDEX erm_edges_out ON erm_edges (workspace_id, source_id, edge_type, target_id, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX erm_edges_in ON erm_edges (workspace_id, target_id, edge_type, source_id, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX erm_edges_newest ON erm_edges (workspace_id, created_at, id, deleted_at);
CREATE INDEX erm_edges_of_type ON erm_edges (workspace_id, edge_type, created_at, id, deleted_at);
CREATE INDEX erm_edges_deleted ON erm_edges (deleted_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX erm_edges_deleted_with ON erm_edges (deleted_with, id) WHERE deleted_with IS NOT NULL;

-- The values of what is there: `key` orders as the values do. `holder` is `entity` or `edge`.
CREATE TABLE erm_values (
    workspace_id uuid NOT NULL,
    holder text COLLATE "C" NOT NULL,
    item_type text COLLATE "C" NOT NULL,
    property text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    item_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, holder, item_type, property, key, item_id)
);

CREATE INDEX erm_values_item ON erm_values (item_id, property);

-- How much of its quota a workspace uses.
CREATE TABLE erm_usage (
    workspace_id uuid PRIMARY KEY,
    entities bigint NOT NULL,
    edges bigint NOT NULL
);

-- Workspaces that are gone, so that nothing begins there any more.
CREATE TABLE erm_gone_workspaces (
    workspace_id uuid PRIMARY KEY,
    gone_at timestamptz NOT NULL
);
