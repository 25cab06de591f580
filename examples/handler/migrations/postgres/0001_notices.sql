-- Notices on the boards of workspaces, numbered on each of them. Nothing here keeps a project from being told of twice: that
-- each event is handled once is what the event core promises.
CREATE TABLE noticeboard_notices (
    workspace_id uuid NOT NULL,
    number bigint NOT NULL,
    project_id uuid NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (workspace_id, number)
);
