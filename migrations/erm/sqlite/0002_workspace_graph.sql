-- The graph of the things of a workspace that other contexts keep, as their events tell it, in the generations of a read model.
-- Workspaces whose things are followed, since they began; when they are gone nothing is followed any more, and their rows go bit
-- by bit.
CREATE TABLE erm_graph_workspaces (
    generation INTEGER NOT NULL,
    workspace_id BLOB NOT NULL,
    is_gone INTEGER NOT NULL,
    PRIMARY KEY (generation, workspace_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX erm_graph_workspaces_gone ON erm_graph_workspaces (generation, workspace_id) WHERE is_gone;

-- Its nodes: `project`, `document` and `member`. Whatever is somebody's alone at this moment is `private_to` that person. What
-- documents and people are called stands nowhere here: it is asked when somebody looks.
CREATE TABLE erm_graph_nodes (
    generation INTEGER NOT NULL,
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    node_type TEXT NOT NULL,
    private_to BLOB,
    is_trashed INTEGER NOT NULL,
    is_archived INTEGER NOT NULL,
    name TEXT,
    slug TEXT,
    role TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (id, generation, workspace_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX erm_graph_nodes_newest ON erm_graph_nodes (generation, workspace_id, created_at, id);

-- Its edges: `belongs_to` from a document to its project, `authored` from a member to what is theirs. They are seen by whoever
-- sees both of their ends.
CREATE TABLE erm_graph_edges (
    generation INTEGER NOT NULL,
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    edge_type TEXT NOT NULL,
    source_id BLOB NOT NULL,
    target_id BLOB NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (id, generation, workspace_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX erm_graph_edges_out ON erm_graph_edges (generation, workspace_id, source_id, edge_type, target_id, id);
CREATE INDEX erm_graph_edges_in ON erm_graph_edges (generation, workspace_id, target_id, edge_type, source_id, id);
CREATE INDEX erm_graph_edges_newest ON erm_graph_edges (generation, workspace_id, created_at, id);
