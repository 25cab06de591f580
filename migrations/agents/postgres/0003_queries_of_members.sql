-- What somebody asked in a workspace goes with the membership, and with the workspace.
CREATE INDEX agents_queries_member ON agents_queries (user_id, workspace_id, started_at) WHERE workspace_id IS NOT NULL;
CREATE INDEX agents_queries_workspace ON agents_queries (workspace_id, id) WHERE workspace_id IS NOT NULL;
