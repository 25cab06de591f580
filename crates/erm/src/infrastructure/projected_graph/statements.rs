//! The texts that the statements of the projected graph are put together from.
//!
//! In each of them `$1` is the generation, `$2` the workspace and `$3` who looks. A node is looked up by its id, with which the
//! key begins: PostgreSQL is made to do so one by one (`LATERAL`, `OFFSET 0`), since it would rather read all nodes of the
//! workspace for each as long as it does not know how many there are.

/// Whether a node is one of those that the viewer sees as far as events have told.
macro_rules! seen {
    ($node:literal) => {
        concat!(
            $node,
            ".workspace_id = $2 AND NOT ",
            $node,
            ".is_trashed AND (",
            $node,
            ".private_to IS NULL OR ",
            $node,
            ".private_to = $3)"
        )
    };
}

/// Joins the node that has this id.
macro_rules! node_sqlite {
    ($node:literal, $id:literal) => {
        concat!(
            " CROSS JOIN erm_graph_nodes AS ",
            $node,
            " ON ",
            $node,
            ".generation = $1 AND ",
            $node,
            ".id = ",
            $id
        )
    };
}

/// The same, as PostgreSQL reads it.
macro_rules! node_postgres {
    ($node:literal, $id:literal) => {
        concat!(
            " CROSS JOIN LATERAL
               (SELECT * FROM erm_graph_nodes AS row WHERE row.generation = $1 AND row.id = ",
            $id,
            " OFFSET 0) AS ",
            $node
        )
    };
}

/// The columns of `NodeRow`.
macro_rules! select_nodes {
    ($from:expr) => {
        concat!(
            "SELECT node.id, node.workspace_id, node.node_type, node.is_archived, node.name, node.slug, node.role,
                    node.created_at, node.updated_at, node.version FROM ",
            $from
        )
    };
}

/// The nodes with the ids in `$4` that the viewer sees.
macro_rules! these_nodes_sqlite {
    () => {
        concat!(
            "(SELECT unhex(value, '-') AS id FROM json_each($4)) AS these",
            node_sqlite!("node", "these.id"),
            " WHERE ",
            seen!("node")
        )
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! these_nodes_postgres {
    () => {
        concat!(
            "(SELECT value::uuid AS id FROM jsonb_array_elements_text($4::jsonb)) AS these",
            node_postgres!("node", "these.id"),
            " WHERE ",
            seen!("node")
        )
    };
}

/// The nodes of a type, if one is given in `$4`, that the viewer sees.
macro_rules! listed_nodes {
    () => {
        concat!(
            "erm_graph_nodes AS node
             WHERE node.generation = $1 AND node.node_type = coalesce($4, node.node_type) AND ",
            seen!("node")
        )
    };
}

/// A page of them, the newest first.
macro_rules! page_of_nodes {
    () => {
        concat!(
            select_nodes!(listed_nodes!()),
            " ORDER BY node.created_at DESC, node.id DESC LIMIT $5 OFFSET $6"
        )
    };
}

/// The columns of `EdgeRow`.
macro_rules! select_edges {
    ($from:expr) => {
        concat!(
            "SELECT edge.id, edge.workspace_id, edge.edge_type, edge.source_id, edge.target_id, edge.created_at,
                    source.node_type AS source_type, target.node_type AS target_type FROM ",
            $from
        )
    };
}

/// Some edges with both of their ends, which the viewer sees.
macro_rules! between_seen_sqlite {
    ($edges:expr) => {
        concat!(
            $edges,
            node_sqlite!("source", "edge.source_id"),
            node_sqlite!("target", "edge.target_id"),
            " WHERE edge.generation = $1 AND edge.workspace_id = $2 AND ",
            seen!("source"),
            " AND ",
            seen!("target")
        )
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! between_seen_postgres {
    ($edges:expr) => {
        concat!(
            $edges,
            node_postgres!("source", "edge.source_id"),
            node_postgres!("target", "edge.target_id"),
            " WHERE edge.generation = $1 AND edge.workspace_id = $2 AND ",
            seen!("source"),
            " AND ",
            seen!("target")
        )
    };
}

/// The edges of a type, if one is given in `$4`, that the viewer sees.
macro_rules! listed_edges_sqlite {
    () => {
        concat!(
            between_seen_sqlite!("erm_graph_edges AS edge"),
            " AND edge.edge_type = coalesce($4, edge.edge_type)"
        )
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! listed_edges_postgres {
    () => {
        concat!(
            between_seen_postgres!("erm_graph_edges AS edge"),
            " AND edge.edge_type = coalesce($4, edge.edge_type)"
        )
    };
}

/// A page of edges, the newest first.
macro_rules! page_of_edges {
    ($from:expr) => {
        concat!(
            select_edges!($from),
            " ORDER BY edge.created_at DESC, edge.id DESC LIMIT $5 OFFSET $6"
        )
    };
}

/// The edges with the ids in `$4` that the viewer sees.
macro_rules! these_edges_sqlite {
    () => {
        concat!(
            select_edges!(between_seen_sqlite!("erm_graph_edges AS edge")),
            " AND edge.id IN (SELECT unhex(value, '-') FROM json_each($4)) ORDER BY edge.id"
        )
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! these_edges_postgres {
    () => {
        concat!(
            select_edges!(between_seen_postgres!(
                "(SELECT value::uuid AS id FROM jsonb_array_elements_text($4::jsonb)) AS these
                 CROSS JOIN LATERAL
                   (SELECT * FROM erm_graph_edges AS row
                    WHERE row.generation = $1 AND row.id = these.id OFFSET 0) AS edge"
            )),
            " ORDER BY edge.id"
        )
    };
}

/// The edges among the nodes in `$4` that the viewer sees.
macro_rules! among_seen_sqlite {
    () => {
        concat!(
            select_edges!(between_seen_sqlite!(
                "(SELECT unhex(value, '-') AS id FROM json_each($4)) AS near
                 CROSS JOIN erm_graph_edges AS edge ON edge.source_id = near.id"
            )),
            " AND +edge.target_id IN (SELECT unhex(value, '-') FROM json_each($4))
              AND (json_array_length($5) = 0 OR edge.edge_type IN (SELECT value FROM json_each($5)))
             ORDER BY edge.id LIMIT $6"
        )
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! among_seen_postgres {
    () => {
        concat!(
            "WITH near AS MATERIALIZED (SELECT value::uuid AS id FROM jsonb_array_elements_text($4::jsonb)) ",
            select_edges!(between_seen_postgres!(
                "near CROSS JOIN LATERAL
                   (SELECT * FROM erm_graph_edges AS row
                    WHERE row.generation = $1 AND row.workspace_id = $2
                      AND row.source_id = near.id AND row.source_id BETWEEN near.id AND near.id
                      AND (jsonb_array_length($5::jsonb) = 0
                           OR row.edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($5::jsonb))))
                    ORDER BY row.edge_type, row.target_id, row.id OFFSET 0) AS edge"
            )),
            " AND edge.target_id IN (SELECT id FROM near) ORDER BY edge.id LIMIT $6"
        )
    };
}

/// Whom edges join with the node `$4`, as far as the viewer sees them, and what they are; along edges that lead from it if `$5`,
/// to it if `$6`. There are no more than `$9`.
macro_rules! beside_seen_sqlite {
    () => {
        concat!(
            "WITH beside (id) AS (
               SELECT target_id FROM erm_graph_edges
               WHERE $5 AND generation = $1 AND workspace_id = $2 AND source_id = $4
                 AND (json_array_length($7) = 0 OR edge_type IN (SELECT value FROM json_each($7)))
               UNION
               SELECT source_id FROM erm_graph_edges
               WHERE $6 AND generation = $1 AND workspace_id = $2 AND target_id = $4
                 AND (json_array_length($7) = 0 OR edge_type IN (SELECT value FROM json_each($7))))
             SELECT node.id, node.node_type FROM beside",
            node_sqlite!("node", "beside.id"),
            " WHERE ",
            seen!("node"),
            " AND (json_array_length($8) = 0 OR node.node_type IN (SELECT value FROM json_each($8)))
             ORDER BY node.id LIMIT $9"
        )
    };
}

/// The same, as PostgreSQL reads it: the order makes it take the index of that end.
macro_rules! beside_seen_postgres {
    () => {
        concat!(
            "WITH beside (id) AS (
               (SELECT target_id FROM erm_graph_edges
                WHERE $5::boolean AND generation = $1 AND workspace_id = $2 AND source_id = $4
                  AND (jsonb_array_length($7::jsonb) = 0
                       OR edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($7::jsonb))))
                ORDER BY edge_type, target_id, id)
               UNION
               (SELECT source_id FROM erm_graph_edges
                WHERE $6::boolean AND generation = $1 AND workspace_id = $2 AND target_id = $4
                  AND (jsonb_array_length($7::jsonb) = 0
                       OR edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($7::jsonb))))
                ORDER BY edge_type, source_id, id))
             SELECT node.id, node.node_type FROM beside",
            node_postgres!("node", "beside.id"),
            " WHERE ",
            seen!("node"),
            " AND (jsonb_array_length($8::jsonb) = 0
                   OR node.node_type = ANY (ARRAY(SELECT jsonb_array_elements_text($8::jsonb))))
             ORDER BY node.id LIMIT $9"
        )
    };
}

/// The edges of one hop, from the index of this end, each leading to a node that the viewer sees.
///
/// As in the graph that the workspace wrote, each node is looked up by itself and nothing is sorted.
macro_rules! seen_hop_sqlite {
    ($near:literal, $far:literal, $joined:expr) => {
        concat!(
            "SELECT edge.id, edge.edge_type, edge.source_id, edge.target_id, far.node_type AS far_type
             FROM erm_graph_edges AS edge",
            $joined,
            " WHERE edge.generation = $1 AND edge.workspace_id = $2
               AND edge.",
            $near,
            " IN (SELECT unhex(value, '-') FROM json_each($4))
               AND (edge.edge_type, edge.",
            $far,
            ", edge.id) > ($5, $6, $7) AND ",
            seen!("far"),
            " AND (json_array_length($9) = 0 OR edge.edge_type IN (SELECT value FROM json_each($9)))
             ORDER BY edge.",
            $near,
            ", edge.edge_type, edge.",
            $far,
            ", edge.id LIMIT $8"
        )
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! seen_hop_postgres {
    ($near:literal, $far:literal, $joined:expr) => {
        concat!(
            "SELECT link.id, link.edge_type, link.source_id, link.target_id, link.far_type
             FROM (SELECT node::uuid AS id FROM jsonb_array_elements_text($4::jsonb) AS node ORDER BY 1) AS near
             CROSS JOIN LATERAL
               (SELECT edge.id, edge.edge_type, edge.source_id, edge.target_id, far.node_type AS far_type
                FROM erm_graph_edges AS edge",
            $joined,
            "   WHERE edge.generation = $1 AND edge.workspace_id = $2 AND edge.",
            $near,
            " = near.id
                  AND (edge.edge_type, edge.",
            $far,
            ", edge.id) > ($5, $6, $7) AND ",
            seen!("far"),
            "     AND (jsonb_array_length($9::jsonb) = 0
                       OR edge.edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($9::jsonb))))
                ORDER BY edge.edge_type, edge.",
            $far,
            ", edge.id LIMIT $8) AS link
             ORDER BY near.id, link.edge_type, link.",
            $far,
            ", link.id LIMIT $8"
        )
    };
}
