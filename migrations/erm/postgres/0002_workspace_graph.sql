-- The graph of the things of a workspace that other contexts keep, as their events tell it, in the generations of a read model.
-- Workspaces whose things are followed, since they began; when they are gone nothing is followed any more, and their rows go bit
-- by bit.
CREATE TABLE erm_graph_workspaces (
    generation bigint NOT NULL,
    workspace_id uuid NOT NULL,
    is_gone boolean NOT NULL,
    PRIMARY KEY (generation, workspace_id)
);

CREATE INDEX erm_graph_workspaces_gone ON erm_graph_workspaces (generation, workspace_id) WHERE is_gone;

-- Its nodes: `project`, `document` and `member`. Whatever is somebody's alone at this moment is `private_to` that person. What
-- documents and people are called stands nowhere here: it is asked when somebody looks.
CREATE TABLE erm_graph_nodes (
    generation bigint NOT NULL,
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    node_type text COLLATE "C" NOT NULL,
    private_to uuid,
    is_trashed boolean NOT NULL,
    is_archived boolean NOT NULL,
    name text,
    slug text,
    role text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (id, generation, workspace_id)
);

CREATE INDEX erm_graph_nodes_newest ON erm_graph_nodes (generation, workspace_id, created_at, id);

-- Its edges: `belongs_to` from a document to its project, `authored` from a member to what is theirs. They are seen by whoever
-- sees both of their ends.
CREATE TABLE erm_graph_edges (
    generation bigint NOT NULL,
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    edge_type text COLLATE "C" NOT NULL,
    source_id uuid NOT NULL,
    target_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id, generation, workspace_id)
);

CREATE INDEX erm_graph_edges_out ON erm_graph_edges (generation, workspace_id, source_id, edge_type, target_id, id);
CREATE INDEX erm_graph_edges_in ON erm_graph_edges (generation, workspace_id, target_id, edge_type, source_id, id);
CREATE INDEX erm_graph_edges_newest ON erm_graph_edges (generation, workspace_id, created_at, id);
