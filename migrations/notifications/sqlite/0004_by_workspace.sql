-- What points into a workspace is found by the workspace first: of everybody when it is deleted, of one who has left otherwise.
DROP INDEX notifications_notifications_workspace;
CREATE INDEX notifications_notifications_workspace ON notifications_notifications (workspace_id, user_id)
    WHERE workspace_id IS NOT NULL;
