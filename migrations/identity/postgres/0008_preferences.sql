-- What a member prefers in a workspace, once something was chosen. It ends with the membership.
CREATE TABLE identity_preferences (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    selected_agent_id uuid,
    version bigint NOT NULL,
    PRIMARY KEY (workspace_id, user_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES identity_members (workspace_id, user_id) ON DELETE CASCADE
);

CREATE INDEX identity_preferences_user_id ON identity_preferences (user_id);
