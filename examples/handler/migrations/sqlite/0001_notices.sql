-- Notices on the boards of workspaces, numbered on each of them. Nothing here keeps a project from being told of twice: that
-- each event is handled once is what the event core promises.
CREATE TABLE noticeboard_notices (
    workspace_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    project_id BLOB NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (workspace_id, number)
) STRICT, WITHOUT ROWID;
