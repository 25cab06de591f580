-- The members of a workspace, in the order of the list and from any place of it on.
CREATE INDEX identity_members_joined ON identity_members (workspace_id, joined_at, user_id);
